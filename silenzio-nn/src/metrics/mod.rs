//! How good predictions are.

mod confusion;
mod scores;

pub use confusion::ConfusionMatrix;
pub use scores::{accuracy, cross_entropy, predictions};
