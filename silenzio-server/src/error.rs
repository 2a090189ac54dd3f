//! What can go wrong on the server.

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
    /// A rank has something else than rank 0.
    #[error(
        "rank {rank} has another {difference} than rank 0: start all ranks with the same program and the same files"
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
    #[error("{}: has {found} samples, but its plan trains on {planned}: give the data set that the plan is for", path.display())]
    Samples {
        /// The data set.
        path: PathBuf,
        /// How many there are.
        found: u64,
        /// How many the plan has.
        planned: usize,
    },
    /// There is no data set to train on.
    #[error("there is no data set to train on: give one or more")]
    NoData,
    /// A data set is given twice, maybe under two names.
    #[error("{}: is given twice: give every data set once", path.display())]
    DataTwice {
        /// One of the files.
        path: PathBuf,
    },
    /// The weights would gather more noise than the plan allows.
    #[error("{}: {problem}", path.display())]
    Noise {
        /// The data set, whose plan it is.
        path: PathBuf,
        /// How much, and what to do.
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
    /// There is a checkpoint, but it was not said what to do with it.
    #[error("{}: is the checkpoint of a training: resume from it, or start over without it", path.display())]
    CheckpointExists {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A model cannot be what a training begins with.
    #[error("{}: {problem}", path.display())]
    Initial {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A checkpoint is of another training.
    #[error(
        "{}: is the checkpoint of a training {difference}: give that training's files, or another path for the checkpoint",
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
        /// Why.
        error: io::Error,
    },
}

impl From<CommunicationError> for ServerError {
    fn from(error: CommunicationError) -> Self {
        Self::Parallel(error.into())
    }
}

/// What is to be written has no binary form.
pub(crate) fn encode_error(destination: &Destination, error: io::Error) -> ServerError {
    FileError { path: destination.path().into(), problem: Problem::Encode(error) }.into()
}
