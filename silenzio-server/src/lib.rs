//! The server: it trains on encrypted data, and runs encrypted models, from files to files.
//!
//! [`train()`] and [`infer()`] check everything that can be checked before any work starts, hold one batch of samples in
//! memory at a time, and write a file as a whole or not at all. A training saves itself on the way
//! ([`CheckpointPolicy`]), keeps models on the way if it is asked to ([`SnapshotPolicy`]), and goes on from there after a stop, a crash or a loss of power; in the end it comes to the
//! same bytes as one that was never disturbed.
//!
//! [`train_on_ranks`] and [`infer_on_ranks`] do the same on many processes, over any
//! [`Communicator`](silenzio_nn::communicator::Communicator).
//!
//! # No secret keys
//!
//! No type that this crate can name holds a secret key: it depends on the TFHE backend without its feature `client`, in
//! which the secret keys and everything that takes one are. A test (`tests/all/no_secrets.rs`) looks at all features that
//! are on in this crate's dependencies, and `.ci/run` builds it alone, so that no other crate can turn one on.

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
