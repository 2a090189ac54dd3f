//! The ranks of an MPI job as a [`Communicator`](silenzio_nn::communicator::Communicator).
//!
//! One thread makes all calls to MPI (`MPI_THREAD_FUNNELED`), the workers of a rank are Rayon's. Nothing blocks inside
//! MPI: messages go in chunks that are started and then polled, so that a peer that is stopped or unreachable is found
//! after a time. A job in which that has happened can only be ended: see `MpiCommunicator::abort`.
//!
//! With the feature `mpi` off, the crate is empty.

#![cfg(feature = "mpi")]
#![deny(clippy::indexing_slicing)]

mod communicator;
mod job;

pub use communicator::MpiCommunicator;
