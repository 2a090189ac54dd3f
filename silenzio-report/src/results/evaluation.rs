//! Models that were judged on the same samples.

use super::ResultsError;
use super::run::{accuracies, check_confusion};
use serde::Deserialize;
use silenzio::Confusion;

/// Models that were judged on the same samples.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Printed")]
pub struct Evaluation {
    /// How many samples.
    pub samples: u64,
    /// The name of the best model.
    pub best: String,
    /// Its accuracy.
    pub accuracy: f64,
    /// Which class it takes for which.
    pub confusion: Confusion,
    /// The models, by their steps.
    pub models: Vec<EvaluatedModel>,
    /// The average of all models, if they are of one training.
    pub average: Option<EvaluatedModel>,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
pub struct EvaluatedModel {
    /// Its name.
    pub model: String,
    /// The steps that it was trained for.
    pub steps: u64,
    /// The part of the samples that it recognises.
    pub accuracy: f64,
    /// The mean cross entropy, in nats.
    pub cross_entropy: f64,
}

/// What the program prints.
#[derive(Deserialize)]
struct Printed {
    samples: u64,
    best: String,
    accuracy: f64,
    classes: Vec<String>,
    confusion: Vec<Vec<u64>>,
    models: Vec<EvaluatedModel>,
    average: Option<EvaluatedModel>,
}

impl From<Printed> for Evaluation {
    fn from(printed: Printed) -> Self {
        let Printed { samples, best, accuracy, classes, confusion, models, average } = printed;
        Self { samples, best, accuracy, confusion: Confusion { classes, counts: confusion }, models, average }
    }
}

impl Evaluation {
    pub(super) fn check(&self) -> Result<(), ResultsError> {
        if self.models.is_empty() {
            return Err(ResultsError::new("models: there is none"));
        }
        accuracies("accuracy", &[self.accuracy])?;
        for model in self.models.iter().chain(&self.average) {
            accuracies("models: accuracy", &[model.accuracy])?;
        }
        check_confusion(&self.confusion)
    }
}
