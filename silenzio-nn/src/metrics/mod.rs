//! Metrics of predictions.

mod confusion;
mod regression;
mod scores;

pub use confusion::ConfusionMatrix;
pub use regression::{RegressionScores, TargetScores};
pub use scores::{accuracy, cross_entropy, predictions};
