//! The parts of simulations and rehearsals that a page shows.

use super::ResultsError;
use serde::Deserialize;
use serde_json::Value;
use silenzio::{Confusion, Operations};

/// A simulation with some seeds.
#[derive(Clone, Debug, Deserialize)]
pub struct Simulation {
    /// The plan.
    pub plan: Value,
    /// The widths of the layers.
    pub network: String,
    /// The results, by seed.
    pub seeds: Vec<SimulatedSeed>,
}

/// One seed of a simulation.
#[derive(Clone, Debug, Deserialize)]
pub struct SimulatedSeed {
    /// The seed of the plan.
    pub seed: u64,
    /// Test accuracy of the float reference after each epoch.
    pub float_accuracies: Vec<f64>,
    /// Test accuracy after each epoch.
    pub simulated_accuracies: Vec<f64>,
    /// Test accuracy of the average of the snapshots, if there are any.
    pub averaged_accuracy: Option<f64>,
    /// Training steps.
    pub steps: u64,
    /// The time of the simulation, in seconds.
    pub simulated_seconds: f64,
    /// The operations that the whole training would take on ciphertexts.
    pub operations: Operations,
    /// Which class was taken for which.
    pub confusion: Option<Confusion>,
}

/// A training on ciphertexts.
#[derive(Clone, Debug, Deserialize)]
pub struct Rehearsal {
    /// The plan.
    pub plan: Value,
    /// The widths of the layers.
    pub network: String,
    /// Test accuracy of the final model.
    pub test_accuracy: f64,
    /// Test accuracy of the decrypted model after each epoch, and after the last step.
    #[serde(default)]
    pub accuracies: Vec<f64>,
    /// The number of steps of an epoch.
    pub steps_per_epoch: Option<u64>,
    /// Which class was taken for which.
    pub confusion: Option<Confusion>,
    /// The cost of the training.
    pub cost: Cost,
}

/// The cost of a training on ciphertexts.
#[derive(Clone, Debug, Deserialize)]
pub struct Cost {
    /// The number of threads.
    pub threads: u64,
    /// Steps done.
    pub steps: u64,
    /// Samples in these steps.
    pub samples: u64,
    /// The time of key generation.
    pub key_seconds: f64,
    /// The size of the keys in memory.
    pub key_bytes: u64,
    /// The time for encrypting the samples.
    pub encryption_seconds: f64,
    /// The wall-clock time of the training.
    pub training_seconds: f64,
    /// Operations done.
    pub operations: Operations,
    /// The core-seconds of the training, divided by those of the bare operations.
    pub overhead: Option<f64>,
}

impl Simulation {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        if self.seeds.is_empty() {
            return Err(ResultsError::new("seeds: there is none"));
        }
        for seed in &self.seeds {
            accuracies("float_accuracies", &seed.float_accuracies)?;
            accuracies("simulated_accuracies", &seed.simulated_accuracies)?;
            accuracies("averaged_accuracy", seed.averaged_accuracy.as_slice())?;
            seconds("simulated_seconds", seed.simulated_seconds)?;
            seed.confusion.iter().try_for_each(check_confusion)?;
        }
        Ok(())
    }
}

impl Rehearsal {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        accuracies("test_accuracy", &[self.test_accuracy])?;
        accuracies("accuracies", &self.accuracies)?;
        seconds("cost.key_seconds", self.cost.key_seconds)?;
        seconds("cost.encryption_seconds", self.cost.encryption_seconds)?;
        seconds("cost.training_seconds", self.cost.training_seconds)?;
        self.confusion.iter().try_for_each(check_confusion)
    }
}

pub(super) fn check_confusion(confusion: &Confusion) -> Result<(), ResultsError> {
    let classes = confusion.classes.len();
    if confusion.counts.len() == classes && confusion.counts.iter().all(|row| row.len() == classes) {
        Ok(())
    } else {
        Err(ResultsError::new(format!("confusion.counts: needs {classes} rows of {classes} numbers")))
    }
}

pub(super) fn accuracies(field: &str, accuracies: &[f64]) -> Result<(), ResultsError> {
    match accuracies.iter().find(|accuracy| !(0.0..=1.0).contains(*accuracy)) {
        Some(accuracy) => {
            Err(ResultsError::new(format!("{field}: {accuracy} is not an accuracy between 0 and 1")))
        }
        None => Ok(()),
    }
}

fn seconds(field: &str, seconds: f64) -> Result<(), ResultsError> {
    if (0.0..1e12).contains(&seconds) {
        Ok(())
    } else {
        Err(ResultsError::new(format!("{field}: {seconds} is not a time in seconds")))
    }
}
