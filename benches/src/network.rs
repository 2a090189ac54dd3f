//! Networks and batches to train a step on.

use crate::{Failure, random};
use silenzio_core::plan::{EnginePlan, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{Backend, Client, Engine, EngineClient, EngineError};
use silenzio_nn::trainer;
use silenzio_rns::engine::Sample;
use silenzio_rns::weights::WeightDigits;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

/// A network with its widths, in the default formats.
pub struct Network {
    widths: Vec<usize>,
    batch: usize,
    /// The formats.
    pub format: ExactNetwork,
}

/// A batch of random samples and the initial weights, on one backend.
pub struct Start<V> {
    samples: Vec<Sample<V>>,
    weights: Vec<WeightDigits<V>>,
}

impl Network {
    /// A network for batches of `batch` samples, made for the look-up costs of `backend`.
    ///
    /// # Errors
    /// As [`ExactNetwork::new`].
    pub fn new<B: Backend>(widths: &[usize], batch: usize, backend: &B) -> Result<Self, EngineError> {
        let training = TrainingPlan { batch, ..TrainingPlan::default() };
        let format = ExactNetwork::new(widths, &training, &EnginePlan::default(), |m| backend.lut_cost(m))?;
        Ok(Self { widths: widths.to_vec(), batch, format })
    }

    /// The start of a training.
    ///
    /// # Errors
    /// As the operations of client and engine.
    pub fn start<C, B>(&self, client: &C, backend: &B) -> Result<Start<C::Value>, EngineError>
    where
        C: Client,
        B: Backend<Value = C::Value, Seeded = C::Seeded>,
    {
        let mut stream = random(1);
        let client = ExactClient::new(client, &self.format);
        let engine = ExactEngine::new(backend, &self.format);
        let (inputs, classes) =
            (self.widths[0], self.format.layers().last().map_or(1, |layer| layer.outputs));
        let sample = |number: usize| {
            let inputs: Vec<f32> = (0..inputs).map(|_| stream.unit() as f32).collect();
            engine.expand(&client.encrypt_sample(&inputs, Some(number % classes))?)
        };
        let samples = (0..self.batch).map(sample).collect::<Result<_, _>>()?;
        Ok(Start { samples, weights: trainer::initial_weights(&engine, Seed(1), &self.widths)? })
    }

    /// One training step.
    ///
    /// # Errors
    /// As [`trainer::train_step`].
    pub fn step<B: Backend>(&self, backend: &B, start: &Start<B::Value>) -> Result<(), Failure> {
        let (batch, mut weights) = (start.samples.iter().collect::<Vec<_>>(), start.weights.clone());
        Ok(trainer::train_step(&ExactEngine::new(backend, &self.format), &mut weights, &batch, 0, 1.0)?)
    }
}
