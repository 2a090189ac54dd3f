//! What scores are: the one place that knows which number judges which kind of model.

use crate::{Course, Score};
use serde::Serialize;
use silenzio_core::plan::Loss;

/// A number that judges a model on samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The fraction of the samples that are classified correctly, 0 to 1.
    #[default]
    Accuracy,
    /// The coefficient of determination of a regression, at most 1; the mean over the targets.
    R2,
    /// The root mean squared error of a regression, in the unit of the targets; the mean over them.
    Rmse,
}

impl Measure {
    /// Those by which models are compared, of which the larger number is the better one: one for each loss.
    pub const RANKING: [Self; 2] = [Self::Accuracy, Self::R2];

    /// The one by which models that are trained with this loss are compared.
    pub const fn of(loss: Loss) -> Self {
        match loss {
            Loss::CrossEntropy => Self::Accuracy,
            Loss::Squared => Self::R2,
        }
    }

    /// The name for people, such as "accuracy" or "R²".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::R2 => "R²",
            Self::Rmse => "RMSE",
        }
    }

    /// The name of one number in files, such as "accuracy" in `float_accuracy`.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::R2 => "r2",
            Self::Rmse => "rmse",
        }
    }

    /// The name of a list in files, such as "accuracies" in `float_accuracies`.
    pub const fn list_field(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracies",
            Self::R2 => "r2_by_epoch",
            Self::Rmse => "rmse_by_epoch",
        }
    }

    /// Checks that models can have these numbers.
    ///
    /// # Errors
    /// The first that is impossible, and why.
    pub fn check(self, numbers: &[f64]) -> Result<(), String> {
        let (possible, is): (fn(f64) -> bool, _) = match self {
            Self::Accuracy => (|number| (0.0..=1.0).contains(&number), "an accuracy between 0 and 1"),
            Self::R2 => (|number| number.is_finite() && number <= 1.0, "an R² of at most 1"),
            Self::Rmse => (|number| number.is_finite() && number >= 0.0, "an RMSE of at least 0"),
        };
        match numbers.iter().find(|&&number| !possible(number)) {
            Some(number) => Err(format!("{number} is not {is}")),
            None => Ok(()),
        }
    }

    /// This number of a score; `None` if the score is of the other kind of model.
    pub fn in_score(self, score: Score) -> Option<f64> {
        match self {
            Self::Accuracy => score.accuracy(),
            Self::R2 => score.regression().map(|scores| scores.r2),
            Self::Rmse => score.regression().map(|scores| scores.rmse),
        }
    }

    /// This number of all models of a course; nothing if the course is of the other kind of model.
    pub fn in_course(self, course: &Course) -> Vec<f64> {
        match self {
            Self::Accuracy => course.accuracies.clone(),
            Self::R2 => course.scores.iter().map(|scores| scores.r2).collect(),
            Self::Rmse => course.scores.iter().map(|scores| scores.rmse).collect(),
        }
    }
}
