//! Estimates of what an encrypted training takes.

use crate::training::OneStep;
use crate::{Context, Error, Operations, Run};
use serde::Serialize;
use silenzio_suite::{StepCost, estimate};

/// An estimate of the cost of a whole training.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// The widths of the layers.
    pub network: String,
    /// The number of steps.
    pub steps: u64,
    /// The number of samples in all epochs together.
    pub samples: usize,
    /// The operations of a step with a full batch.
    pub operations_per_step: Operations,
    /// The size of the file of the server key.
    pub key_file_bytes: usize,
    /// The size of the server key in memory.
    pub server_key_bytes: usize,
    /// The size of the file of the encrypted samples.
    pub upload_bytes: usize,
    /// The memory that the server needs.
    pub server_memory_bytes: usize,
    /// The number of threads of the times.
    pub threads: usize,
    /// The time of a step on this machine, in seconds.
    pub seconds_per_step: f64,
    /// The time of the training on this machine, in seconds.
    pub seconds: f64,
    /// The number of samples of a full batch.
    #[serde(skip)]
    pub batch: usize,
    /// The parts of a step.
    #[serde(skip)]
    pub step: StepCost,
}

impl Run {
    /// Estimates what an encrypted training takes, from one simulated step and a short calibration on this machine.
    ///
    /// # Errors
    /// If an operation of the engine fails.
    pub fn estimate(&self, context: &Context) -> Result<Estimate, Error> {
        let batch = self.full_batch();
        let engine = context.install(|| estimate(&self.network, batch, OneStep(self)))?;
        let threads = context.threads();
        let steps = self.schedule(None).steps();
        let seconds_per_step = engine.core_seconds_per_step / threads as f64;
        let train = self.train.len();
        Ok(Estimate {
            network: self.shape(),
            steps,
            samples: self.plan.task.training.epochs * train,
            operations_per_step: engine.operations_per_step,
            key_file_bytes: engine.key_file_bytes,
            server_key_bytes: engine.server_key_bytes,
            upload_bytes: train * engine.bytes_per_sample,
            server_memory_bytes: engine.server_key_bytes + engine.held_bytes,
            threads,
            seconds_per_step,
            seconds: seconds_per_step * steps as f64,
            batch,
            step: engine.step,
        })
    }

    /// The number of samples of a full batch.
    pub(crate) fn full_batch(&self) -> usize {
        self.plan.task.training.batch.min(self.train.len())
    }
}
