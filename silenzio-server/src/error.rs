//! The errors of the server.

use silenzio_core::EngineError;
use silenzio_files::{Destination, FileError, Problem};
use silenzio_nn::communicator::CommunicationError;
use silenzio_nn::data_parallel::ParallelError;
use std::io;
use std::path::PathBuf;

/// What went wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file cannot be read, written or used.
    #[error(transparent)]
    File(#[from] FileError),
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The ranks of a training cannot work together.
    #[error(transparent)]
    Parallel(#[from] ParallelError),
    /// A rank has a different program, file or processor than rank 0.
    #[error(
        "rank {rank} has a different {difference} than rank 0: start all ranks with the same program and the same files"
    )]
    OtherRank {
        /// The rank.
        rank: usize,
        /// What differs.
        difference: String,
    },
    /// Samples to train on have no labels.
    #[error("{}: its samples have no labels, which training needs: encrypt a data set with labels", path.display())]
    Unlabelled {
        /// The data set.
        path: PathBuf,
    },
    /// A file has more or fewer samples than its plan.
    #[error(
        "{}: has {found} samples, but its plan trains on {planned}: give the data set that the plan is for",
        path.display()
    )]
    Samples {
        /// The data set.
        path: PathBuf,
        /// The number of samples in the file.
        found: u64,
        /// The number of samples in the plan.
        planned: usize,
    },
    /// There is no data set to train on.
    #[error("there is no data set to train on: give one or more")]
    NoData,
    /// A data set is given twice, possibly under two names.
    #[error("{}: is given twice: give every data set once", path.display())]
    DataTwice {
        /// One of the files.
        path: PathBuf,
    },
    /// More noise would accumulate in the weights than the plan allows.
    #[error("{}: {problem}", path.display())]
    Noise {
        /// The data set with the plan.
        path: PathBuf,
        /// How much noise it would be, and what to do.
        problem: String,
    },
    /// A file was made for another plan.
    #[error("{}: was made for a plan with another {difference}: use files of one plan", path.display())]
    OtherPlan {
        /// The file.
        path: PathBuf,
        /// The first part that differs.
        difference: &'static str,
    },
    /// A checkpoint exists, and the request does not say whether to resume from it or to replace it.
    #[error("{}: is the checkpoint of a training: resume from it, or start over without it", path.display())]
    CheckpointExists {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A training cannot begin with a model.
    #[error("{}: {problem}", path.display())]
    Initial {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A checkpoint belongs to another training.
    #[error(
        "{}: is the checkpoint of a training {difference}: give the files of that training, or another path for the \
         checkpoint",
        path.display()
    )]
    OtherTraining {
        /// The checkpoint.
        path: PathBuf,
        /// How they differ.
        difference: &'static str,
    },
    /// A checkpoint or snapshot that is no longer needed cannot be removed.
    #[error("{}: is no longer needed, but cannot be removed: {error}; the model is not affected", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

impl From<CommunicationError> for ServerError {
    fn from(error: CommunicationError) -> Self {
        Self::Parallel(error.into())
    }
}

/// The error that a result cannot be encoded for its file.
pub(crate) fn encode_error(destination: &Destination, error: io::Error) -> ServerError {
    FileError { path: destination.path().into(), problem: Problem::Encode(error) }.into()
}
