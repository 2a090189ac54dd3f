//! The ranks of an MPI job as a [`Communicator`](silenzio_nn::communicator::Communicator).
//!
//! One thread makes all calls to MPI (`MPI_THREAD_FUNNELED`); the workers of a rank are Rayon's. Nothing blocks inside
//! MPI: messages are sent in chunks that are started and then polled, so that a peer that is stopped or unreachable is
//! detected by a timeout. A job in which that has happened can only be ended, by `MpiCommunicator::abort`.
//!
//! Without the feature `mpi`, the crate is empty.

#![cfg(feature = "mpi")]
#![deny(clippy::indexing_slicing)]

mod communicator;
mod job;

pub use communicator::MpiCommunicator;
