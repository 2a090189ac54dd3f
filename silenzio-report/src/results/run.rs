//! The parts of simulations and rehearsals that a page shows.

use super::ResultsError;
use serde::Deserialize;
use serde_json::Value;
use silenzio::nn::metrics::RegressionScores;
use silenzio::{Confusion, Course, Measure, Operations, Score};

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
    /// Of a classification, as are the next two: test accuracy of the float reference after each epoch.
    #[serde(default)]
    pub float_accuracies: Vec<f64>,
    /// Test accuracy after each epoch.
    #[serde(default)]
    pub simulated_accuracies: Vec<f64>,
    /// Test accuracy of the average of the snapshots, if there are any.
    pub averaged_accuracy: Option<f64>,
    /// Of a regression, as are the next two: test scores of the float reference after each epoch.
    #[serde(default)]
    pub float_scores: Vec<RegressionScores>,
    /// Test scores after each epoch.
    #[serde(default)]
    pub simulated_scores: Vec<RegressionScores>,
    /// Test scores of the average of the snapshots, if there are any.
    pub averaged_scores: Option<RegressionScores>,
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
    /// Of a classification, as is the next one: test accuracy of the final model.
    pub test_accuracy: Option<f64>,
    /// Test accuracy of the decrypted model after each epoch, and after the last step.
    #[serde(default)]
    pub accuracies: Vec<f64>,
    /// Of a regression, as is the next one: test scores of the final model.
    pub test_scores: Option<RegressionScores>,
    /// Test scores of the decrypted model after each epoch, and after the last step.
    #[serde(default)]
    pub scores: Vec<RegressionScores>,
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

impl SimulatedSeed {
    /// How good the float reference is after each epoch.
    pub fn float(&self) -> Course {
        Course { accuracies: self.float_accuracies.clone(), scores: self.float_scores.clone() }
    }

    /// How good the model is after each epoch, and after the last step.
    pub fn simulated(&self) -> Course {
        Course { accuracies: self.simulated_accuracies.clone(), scores: self.simulated_scores.clone() }
    }

    /// How good the average of the snapshots is, if there are any.
    pub fn averaged(&self) -> Option<Score> {
        self.averaged_accuracy.map(Score::Accuracy).or(self.averaged_scores.map(Score::Regression))
    }
}

impl Rehearsal {
    /// How good the decrypted model is after each epoch, and after the last step.
    pub fn course(&self) -> Course {
        Course { accuracies: self.accuracies.clone(), scores: self.scores.clone() }
    }

    /// How good the final model is; there is no rehearsal without.
    pub fn score(&self) -> Option<Score> {
        self.test_accuracy.map(Score::Accuracy).or(self.test_scores.map(Score::Regression))
    }
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
            scores("float_scores", &seed.float_scores)?;
            scores("simulated_scores", &seed.simulated_scores)?;
            scores("averaged_scores", seed.averaged_scores.as_slice())?;
            if seed.simulated_accuracies.is_empty() && seed.simulated_scores.is_empty() {
                return Err(ResultsError::new("seeds: neither simulated_accuracies nor simulated_scores"));
            }
            seconds("simulated_seconds", seed.simulated_seconds)?;
            seed.confusion.iter().try_for_each(check_confusion)?;
        }
        Ok(())
    }
}

impl Rehearsal {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        if self.score().is_none() {
            return Err(ResultsError::new("neither test_accuracy nor test_scores"));
        }
        accuracies("test_accuracy", self.test_accuracy.as_slice())?;
        accuracies("accuracies", &self.accuracies)?;
        scores("test_scores", self.test_scores.as_slice())?;
        scores("scores", &self.scores)?;
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
    let checked = Measure::Accuracy.check(accuracies);
    checked.map_err(|problem| ResultsError::new(format!("{field}: {problem}")))
}

fn scores(field: &str, scores: &[RegressionScores]) -> Result<(), ResultsError> {
    let course = Course { scores: scores.to_vec(), ..Course::default() };
    [Measure::R2, Measure::Rmse].into_iter().try_for_each(|measure| {
        let checked = measure.check(&measure.in_course(&course));
        checked.map_err(|problem| ResultsError::new(format!("{field}: {problem}")))
    })
}

fn seconds(field: &str, seconds: f64) -> Result<(), ResultsError> {
    if (0.0..1e12).contains(&seconds) {
        Ok(())
    } else {
        Err(ResultsError::new(format!("{field}: {seconds} is not a time in seconds")))
    }
}
