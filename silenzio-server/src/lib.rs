//! The server, which trains on encrypted data and runs encrypted models.
//!
//! [`train()`] and [`infer()`] read and write files. They check everything that can be checked before any work starts,
//! hold one batch of samples in memory at a time, and write a file as a whole or not at all. A training writes
//! checkpoints ([`CheckpointPolicy`]), from which it resumes after a stop, a crash or a power failure, and on request
//! also models after some of the steps ([`SnapshotPolicy`]). A resumed training ends with the same bytes as one that
//! was never interrupted.
//!
//! [`train_on_ranks`] and [`infer_on_ranks`] do the same on many processes, over any
//! [`Communicator`](silenzio_nn::communicator::Communicator).
//!
//! # No secret keys
//!
//! No type that this crate can name holds a secret key. It depends on the TFHE backend without the feature `client`,
//! which contains the secret keys and everything that takes one. A test (`tests/all/no_secrets.rs`) checks all enabled
//! features of this crate's dependencies, and `.ci/run` builds the crate alone, so that no other crate can enable one.

#![deny(clippy::indexing_slicing)]

mod agreement;
mod checkpoint;
mod data_sets;
mod error;
mod infer;
mod initial;
mod ranks;
mod samples;
mod snapshots;
mod train;

pub use checkpoint::CheckpointPolicy;
pub use error::ServerError;
pub use infer::{InferFollower, InferJob, InferRequest, Inferred, infer, infer_on_ranks};
pub use ranks::{FollowerJob, train_on_ranks};
pub use silenzio_nn::counted::Traffic;
pub use silenzio_nn::snapshots::SnapshotPolicy;
pub use train::{InMemory, Outcome, Report, TrainJob, TrainRequest, TrainSources, train, train_with};
