//! A training on any engine in one process: with a client beside the server that encrypts the samples and looks at the
//! model after each epoch.

use crate::{Context, Error, Run};
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineClient};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Progress};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a training came to.
pub struct Trained<Weights> {
    /// The master weights, layer by layer.
    pub weights: Vec<Weights>,
    /// The decrypted model.
    pub model: Mlp,
    /// Test accuracy after each epoch, and after the last step.
    pub accuracies: Vec<f64>,
    /// Steps done.
    pub steps: u64,
    /// Samples in these steps.
    pub samples: usize,
    /// What the client spent on encrypting samples.
    pub encryption: Duration,
    /// What the server spent on training.
    pub training: Duration,
}

/// Trains for the whole plan, or for at most `steps` steps. `after_step` sees the progress.
///
/// # Errors
/// If an operation of the engine fails, or the work is cancelled.
pub fn train<E, C>(
    run: &Run,
    engine: &E,
    client: &C,
    steps: Option<u64>,
    context: &Context,
    mut after_step: impl FnMut(Progress),
) -> Result<Trained<E::Weights>, Error>
where
    E: Engine,
    C: EngineClient<Upload = E::Upload, Weights = E::Weights>,
{
    let mut samples_by_number: HashMap<usize, Arc<E::Sample>> = HashMap::new();
    let mut weights = trainer::initial_weights(engine, Seed(run.public.training.seed), &run.public.widths)?;
    let (mut accuracies, mut model) = (Vec::new(), None);
    let (mut steps_done, mut samples) = (0, 0);
    let (mut encryption, mut decryption) = (Duration::ZERO, Duration::ZERO);
    let start = Instant::now();
    trainer::train(
        engine,
        &mut weights,
        &run.schedule(steps),
        |numbers| {
            timed(&mut encryption, || run.encrypt_once(engine, client, numbers, &mut samples_by_number))
        },
        |progress, weights| {
            steps_done = progress.steps_done;
            samples += progress.samples;
            if progress.completed_epoch.is_some() || progress.steps_done == progress.steps {
                let decrypted = timed(&mut decryption, || run.decrypt(client, weights))?;
                accuracies.push(run.test_accuracy(&decrypted));
                model = Some(decrypted);
            }
            after_step(progress);
            context.check()?;
            Ok::<_, Error>(ControlFlow::Continue(()))
        },
    )?;
    let training = start.elapsed().saturating_sub(encryption + decryption);
    // The last step leaves its model behind; a training without steps has the initial one.
    let model = model.map_or_else(|| run.decrypt(client, &weights), Ok)?;
    Ok(Trained { weights, model, accuracies, steps: steps_done, samples, encryption, training })
}

#[cfg(feature = "client")]
impl<Weights> Trained<Weights> {
    /// The effort of this training, with keys of this size that were made in this time.
    pub fn effort(&self, key_seconds: f64, key_bytes: usize) -> crate::Effort {
        crate::Effort {
            threads: rayon::current_num_threads(),
            steps: self.steps,
            samples: self.samples,
            key_seconds,
            key_bytes,
            encryption_seconds: self.encryption.as_secs_f64(),
            training_seconds: self.training.as_secs_f64(),
        }
    }
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *total += start.elapsed();
    result
}

impl Run {
    /// Training samples by their numbers; those that are not yet encrypted are encrypted now.
    fn encrypt_once<E: Engine, C: EngineClient<Upload = E::Upload>>(
        &self,
        engine: &E,
        client: &C,
        numbers: &[usize],
        encrypted: &mut HashMap<usize, Arc<E::Sample>>,
    ) -> Result<Vec<Arc<E::Sample>>, Error> {
        let train = &self.split.train;
        let sample = |&number: &usize| match encrypted.entry(number) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(place) => {
                let inputs = train.inputs.row(number).to_vec();
                let upload = client.encrypt_sample(&inputs, Some(train.labels[number]))?;
                let sample = engine.expand(&upload)?;
                Ok(Arc::clone(place.insert(Arc::new(sample))))
            }
        };
        numbers.iter().map(sample).collect()
    }

    /// Decrypts a model for plain use.
    fn decrypt<C: EngineClient>(&self, client: &C, weights: &[C::Weights]) -> Result<Mlp, Error> {
        let decrypted = weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w));
        Ok(Mlp {
            weights: decrypted.collect::<Result<_, _>>()?,
            activation_limits: client.activation_limits(),
        })
    }
}
