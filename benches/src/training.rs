//! A training step, on either engine.

use crate::operands::random;
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineClient, EngineError, Mode, Target};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer;

/// A batch of random samples, and weights to train.
pub struct Training<E: Engine> {
    engine: E,
    samples: Vec<E::Sample>,
    weights: Vec<E::Weights>,
}

impl<E: Engine> Training<E> {
    /// A training with batches of `samples`, after its first step, since initial weights are public, which makes the
    /// bootstraps of the first step cheaper than those of all others.
    ///
    /// # Errors
    /// If an operation of the client or the engine fails.
    pub fn new(
        engine: E,
        client: &impl EngineClient<Upload = E::Upload>,
        widths: &[usize],
        samples: usize,
    ) -> Result<Self, EngineError> {
        let weights = trainer::initial_weights(&engine, Seed(1), widths)?;
        let (mut stream, classes) = (random(1), widths.last().copied().unwrap_or(1));
        let sample = |number: usize| {
            let inputs: Vec<f32> = (0..widths[0]).map(|_| stream.unit() as f32).collect();
            engine
                .expand(&client.encrypt_sample(&inputs, Some(Target::Class(number % classes)))?, Mode::Train)
        };
        let samples = (0..samples).map(sample).collect::<Result<_, _>>()?;
        let mut training = Self { engine, samples, weights };
        training.weights = training.step()?;
        Ok(training)
    }

    /// Prepares the weights for the products of a step.
    ///
    /// # Errors
    /// If an operation of the engine fails.
    pub fn prepare(&self) -> Result<Vec<E::Prepared>, EngineError> {
        trainer::prepare(&self.engine, &SingleProcess, &self.weights, Mode::Train)
    }

    /// Takes one more step, and returns the weights after it.
    ///
    /// # Errors
    /// If an operation of the engine fails.
    pub fn step(&self) -> Result<Vec<E::Weights>, EngineError> {
        let mut weights = self.weights.clone();
        trainer::train_step(&self.engine, &mut weights, &self.samples.iter().collect::<Vec<_>>(), 1, 1.0)?;
        Ok(weights)
    }
}

/// The widths, as in "4-8-3".
pub fn shape(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}
