//! Evaluations of models on the same samples.

use super::ResultsError;
use super::run::{accuracies, check_confusion};
use serde::Deserialize;
use silenzio::Confusion;

/// An evaluation of models on the same samples.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Printed")]
pub struct Evaluation {
    /// The number of samples.
    pub samples: u64,
    /// The name of the best model.
    pub best: String,
    /// The accuracy of the best model.
    pub accuracy: f64,
    /// The confusion matrix of the best model.
    pub confusion: Confusion,
    /// The models, ordered by their steps.
    pub models: Vec<EvaluatedModel>,
    /// The average of all models, if they are of one training.
    pub average: Option<EvaluatedModel>,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
pub struct EvaluatedModel {
    /// Its name.
    pub model: String,
    /// The number of steps for which it was trained.
    pub steps: u64,
    /// The fraction of the samples that it classifies correctly.
    pub accuracy: f64,
    /// The mean cross entropy, in nats.
    pub cross_entropy: f64,
}

/// The JSON that the program prints.
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
