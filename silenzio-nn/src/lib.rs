//! Encrypted training of multilayer perceptrons, over any engine, and the data it works on.

#![deny(clippy::indexing_slicing)]

pub mod batches;
#[allow(clippy::indexing_slicing, reason = "rows and columns are those of tables whose shapes were checked")]
pub mod data;
pub mod init;
pub mod metrics;
pub mod reference;
#[allow(clippy::indexing_slicing, reason = "there are activations and prepared weights for every layer")]
pub mod trainer;
