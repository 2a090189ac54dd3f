//! A training on the simulator.

use crate::error::CliError;
use crate::experiment::{Run, lut_cost};
use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_core::random::Seed;
use silenzio_core::{Backend, Client, EngineClient, LutCounts};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Progress, Schedule};
use silenzio_rns::weights::WeightDigits;
use silenzio_rns::{ExactClient, ExactEngine};
use std::ops::ControlFlow;

/// The simulator with the look-up costs of TFHE.
pub fn simulator() -> PlainBackend {
    PlainBackend::default().with_costs_of(lut_cost)
}

/// What a simulated training came to.
pub struct Simulated {
    /// Test accuracy after each epoch; after the last step if no epoch was completed.
    pub accuracies: Vec<f64>,
    /// The weights, layer by layer, as the integers that they are.
    pub integers: Vec<Array2<i64>>,
    /// The trained model.
    pub model: Mlp,
    /// All look-ups.
    pub luts: LutCounts,
    /// The look-ups of the first step.
    pub luts_of_first_step: LutCounts,
    /// The number of steps.
    pub steps: u64,
}

/// Trains on `backend` for the whole plan, or for at most `steps` steps. `after_step` sees the progress.
///
/// # Errors
/// As the engine's operations.
pub fn simulate(
    run: &Run,
    backend: &PlainBackend,
    steps: Option<u64>,
    mut after_step: impl FnMut(Progress),
) -> Result<Simulated, CliError> {
    let (engine, client) =
        (ExactEngine::new(backend, &run.network), ExactClient::new(&PlainClient, &run.network));
    let schedule = run.schedule(steps);
    let mut weights = trainer::initial_weights(&engine, Seed(run.plan.training.seed), &run.widths)?;
    let before = backend.lut_counts();
    let mut accuracies = Vec::new();
    let mut luts_of_first_step = None;
    trainer::train(
        &engine,
        &mut weights,
        &schedule,
        |numbers| run.encrypt(&client, numbers),
        |progress, weights| {
            luts_of_first_step.get_or_insert_with(|| backend.lut_counts() - before);
            let last = progress.steps_done == progress.steps;
            if progress.completed_epoch.is_some() || last {
                accuracies.push(run.test_accuracy(&run.decrypt(&client, weights)?));
            }
            after_step(progress);
            Ok::<_, CliError>(ControlFlow::Continue(()))
        },
    )?;
    let integers = decrypt_integers(&client, &weights)?;
    Ok(Simulated {
        accuracies,
        integers,
        model: run.decrypt(&client, &weights)?,
        luts: backend.lut_counts() - before,
        luts_of_first_step: luts_of_first_step.unwrap_or_default(),
        steps: schedule.steps(),
    })
}

impl Run {
    /// The steps of this run, at most `steps`.
    pub fn schedule(&self, steps: Option<u64>) -> Schedule {
        let schedule = Schedule::new(&self.plan.training, self.split.train.len());
        match steps {
            Some(steps) => schedule.at_most(steps),
            None => schedule,
        }
    }

    /// Encrypts training samples by their numbers.
    ///
    /// # Errors
    /// As [`EngineClient::encrypt_sample`].
    pub fn encrypt<C: EngineClient>(
        &self,
        client: &C,
        numbers: &[usize],
    ) -> Result<Vec<C::Sample>, CliError> {
        let train = &self.split.train;
        let encrypt = |&number: &usize| {
            let inputs = train.inputs.row(number).to_vec();
            Ok(client.encrypt_sample(&inputs, train.labels[number])?)
        };
        numbers.iter().map(encrypt).collect()
    }

    /// Decrypts a model for plain use.
    ///
    /// # Errors
    /// As [`EngineClient::decrypt_weights`].
    pub fn decrypt<C: EngineClient>(&self, client: &C, weights: &[C::Weights]) -> Result<Mlp, CliError> {
        let decrypted = weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w));
        Ok(Mlp {
            weights: decrypted.collect::<Result<_, _>>()?,
            activation_limits: self.network.activation_limits(),
        })
    }
}

/// Decrypts weights to the integers that they are, layer by layer.
///
/// # Errors
/// If the weights do not belong to this client.
pub fn decrypt_integers<C: Client>(
    client: &ExactClient<'_, C>,
    weights: &[WeightDigits<C::Value>],
) -> Result<Vec<Array2<i64>>, CliError> {
    let decrypted = weights.iter().enumerate().map(|(layer, w)| Ok(client.decrypt_integers(layer, w)?));
    decrypted.collect()
}
