//! Encrypted training of multilayer perceptrons, over any engine, and the data it works on.

pub mod batches;
pub mod data;
pub mod init;
pub mod metrics;
pub mod reference;
pub mod trainer;
