//! Encrypted training of multilayer perceptrons, over any engine.

#![deny(clippy::indexing_slicing)]

pub mod batches;
pub mod communicator;
pub mod counted;
pub mod data_parallel;
pub mod init;
pub mod metrics;
pub mod pretrained;
pub mod reference;
pub mod snapshots;
pub mod strategy;
pub mod threads;
#[allow(clippy::indexing_slicing, reason = "there are activations and prepared weights for every layer")]
pub mod trainer;
