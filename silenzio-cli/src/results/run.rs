//! What `simulate --json` and `train --json` print.

use super::ResultsError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use silenzio_core::LutCounts;
use silenzio_nn::metrics::ConfusionMatrix;

/// A simulation with some seeds.
#[derive(Debug, Deserialize)]
pub struct Simulation {
    pub plan: Value,
    pub network: String,
    pub seeds: Vec<SimulatedSeed>,
}

/// One seed of a simulation.
#[derive(Debug, Deserialize)]
pub struct SimulatedSeed {
    pub seed: u64,
    /// Test accuracy of the float reference after each epoch.
    pub float_accuracies: Vec<f64>,
    /// Test accuracy after each epoch.
    pub simulated_accuracies: Vec<f64>,
    pub steps: u64,
    pub simulated_seconds: f64,
    luts: Option<LutCounts>,
    operations: Option<ApproximateBootstraps>,
    pub confusion: Option<Confusion>,
}

/// A training on ciphertexts.
#[derive(Debug, Deserialize)]
pub struct Training {
    pub plan: Value,
    pub network: String,
    pub test_accuracy: f64,
    /// Test accuracy of the decrypted model after each epoch, and after the last step.
    #[serde(default)]
    pub accuracies: Vec<f64>,
    pub steps_per_epoch: Option<u64>,
    pub confusion: Option<Confusion>,
    pub cost: Cost,
}

/// What a training on ciphertexts took.
#[derive(Debug, Deserialize)]
pub struct Cost {
    pub threads: u64,
    pub steps: u64,
    pub samples: u64,
    pub key_seconds: f64,
    pub key_bytes: u64,
    pub encryption_seconds: f64,
    pub training_seconds: f64,
    bootstraps: Option<LutCounts>,
    counts: Option<ApproximateBootstraps>,
    pub overhead: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct ApproximateBootstraps {
    coarse_bootstraps: u64,
    fine_bootstraps: u64,
}

/// Which class was taken for which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    pub classes: Vec<String>,
    /// Samples: a row per true class, a column per predicted class.
    pub counts: Vec<Vec<u64>>,
}

impl From<ConfusionMatrix> for Confusion {
    fn from(matrix: ConfusionMatrix) -> Self {
        let row = |row: ndarray::ArrayView1<'_, usize>| row.iter().map(|&count| count as u64).collect();
        Self { counts: matrix.counts.rows().into_iter().map(row).collect(), classes: matrix.classes }
    }
}

impl SimulatedSeed {
    /// The bootstraps that encrypted training would take, by kind.
    pub fn bootstraps(&self) -> Vec<(String, u64)> {
        by_kind(self.luts.as_ref(), self.operations.as_ref())
    }
}

impl Cost {
    /// The bootstraps done, by kind.
    pub fn bootstraps(&self) -> Vec<(String, u64)> {
        by_kind(self.bootstraps.as_ref(), self.counts.as_ref())
    }
}

fn by_kind(luts: Option<&LutCounts>, approximate: Option<&ApproximateBootstraps>) -> Vec<(String, u64)> {
    let exact = luts.into_iter().flat_map(|luts| luts.classes().map(|(bits, n)| (format!("{bits}-bit"), n)));
    let approximate = approximate.into_iter().flat_map(|counts| {
        [("coarse".to_owned(), counts.coarse_bootstraps), ("fine".to_owned(), counts.fine_bootstraps)]
    });
    exact.chain(approximate).collect()
}

impl Simulation {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        if self.seeds.is_empty() {
            return Err(ResultsError::new("seeds: there is none"));
        }
        for seed in &self.seeds {
            accuracies("float_accuracies", &seed.float_accuracies)?;
            accuracies("simulated_accuracies", &seed.simulated_accuracies)?;
            seconds("simulated_seconds", seed.simulated_seconds)?;
            seed.confusion.iter().try_for_each(Confusion::check)?;
        }
        Ok(())
    }
}

impl Training {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        accuracies("test_accuracy", &[self.test_accuracy])?;
        accuracies("accuracies", &self.accuracies)?;
        seconds("cost.key_seconds", self.cost.key_seconds)?;
        seconds("cost.encryption_seconds", self.cost.encryption_seconds)?;
        seconds("cost.training_seconds", self.cost.training_seconds)?;
        self.confusion.iter().try_for_each(Confusion::check)
    }
}

impl Confusion {
    fn check(&self) -> Result<(), ResultsError> {
        let classes = self.classes.len();
        if self.counts.len() == classes && self.counts.iter().all(|row| row.len() == classes) {
            Ok(())
        } else {
            Err(ResultsError::new(format!("confusion.counts: needs {classes} rows of {classes} numbers")))
        }
    }
}

fn accuracies(field: &str, accuracies: &[f64]) -> Result<(), ResultsError> {
    match accuracies.iter().find(|accuracy| !(0.0..=1.0).contains(*accuracy)) {
        Some(accuracy) => Err(ResultsError::new(format!("{field}: {accuracy} is no accuracy, 0 to 1"))),
        None => Ok(()),
    }
}

fn seconds(field: &str, seconds: f64) -> Result<(), ResultsError> {
    if (0.0..1e12).contains(&seconds) {
        Ok(())
    } else {
        Err(ResultsError::new(format!("{field}: {seconds} is no time")))
    }
}
