//! The processes that train or infer together: the ranks of an MPI job in a build with the feature `mpi`, otherwise one.

#[cfg(not(feature = "mpi"))]
pub use alone::Ranks;
#[cfg(feature = "mpi")]
pub use job::Ranks;

/// Builds without MPI, which know only one process.
#[cfg(not(feature = "mpi"))]
mod alone {
    use crate::error::CliError;
    use crate::server_arguments::RankOptions;
    use silenzio::Context;
    use silenzio::server::{InferRequest, Inferred, Outcome, Traffic, TrainRequest, infer, train};
    use std::path::Path;

    /// The environment variables in which launchers tell the number of processes: those of Open MPI, and of MPICH and its
    /// relatives.
    const SIZES: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];

    /// The single process.
    pub struct Ranks;

    impl Ranks {
        /// Refuses to run as one of several processes.
        pub fn join(_: &RankOptions) -> Result<Self, CliError> {
            if SIZES.iter().any(|name| std::env::var(name).is_ok_and(|size| size != "1")) {
                let problem = "this program was built without MPI, and each process would do the whole work on its own: build it \
                               with `cargo build --release --features mpi`";
                return Err(CliError::Ranks(problem.into()));
            }
            Ok(Self)
        }

        pub const fn leads(&self) -> bool {
            true
        }

        pub const fn count(&self) -> usize {
            1
        }

        pub fn train(
            &self,
            server_key: &Path,
            request: &TrainRequest,
            context: &Context,
        ) -> Result<Option<(Outcome, Traffic)>, CliError> {
            Ok(Some((train(server_key, request, context)?, Traffic::default())))
        }

        pub fn infer(
            &self,
            server_key: &Path,
            request: &InferRequest,
            context: &Context,
        ) -> Result<Option<Inferred>, CliError> {
            Ok(Some(infer(server_key, request, context)?))
        }

        #[expect(clippy::unused_self, reason = "a job has to end the other ranks")]
        pub fn conclude(&self, result: Result<(), CliError>) -> Result<(), CliError> {
            result
        }
    }
}

/// Builds with MPI.
#[cfg(feature = "mpi")]
mod job {
    use crate::error::CliError;
    use crate::progress;
    use crate::server_arguments::RankOptions;
    use silenzio::Context;
    use silenzio::files::Digest;
    use silenzio::nn::communicator::Communicator;
    use silenzio::server::{
        InferRequest, Inferred, Outcome, Traffic, TrainRequest, infer, infer_on_ranks, train, train_on_ranks,
    };
    use silenzio_mpi::MpiCommunicator;
    use std::path::Path;

    /// The ranks of the job in which this process was started.
    pub struct Ranks(MpiCommunicator);

    impl Ranks {
        /// Joins the job.
        pub fn join(options: &RankOptions) -> Result<Self, CliError> {
            let joined = MpiCommunicator::join(options.peer_timeout);
            joined.map(Self).map_err(|error| CliError::Ranks(error.to_string()))
        }

        /// Whether this is rank 0, the only one that writes.
        pub fn leads(&self) -> bool {
            self.0.rank() == 0
        }

        /// The number of ranks.
        pub fn count(&self) -> usize {
            self.0.size()
        }

        /// Trains. Only rank 0 has an outcome, and the number of bytes in its messages.
        pub fn train(
            &self,
            server_key: &Path,
            request: &TrainRequest,
            context: &Context,
        ) -> Result<Option<(Outcome, Traffic)>, CliError> {
            if self.count() == 1 {
                return Ok(Some((train(server_key, request, context)?, Traffic::default())));
            }
            Ok(train_on_ranks(server_key, request, &self.0, program()?, context)?)
        }

        /// Infers. Only rank 0 has an outcome.
        pub fn infer(
            &self,
            server_key: &Path,
            request: &InferRequest,
            context: &Context,
        ) -> Result<Option<Inferred>, CliError> {
            if self.count() == 1 {
                return Ok(Some(infer(server_key, request, context)?));
            }
            Ok(infer_on_ranks(server_key, request, &self.0, program()?, context)?)
        }

        /// If this rank has failed, prints the error and ends the whole job.
        pub fn conclude(&self, result: Result<(), CliError>) -> Result<(), CliError> {
            match result {
                Err(error) if self.count() > 1 && !error.is_interruption() => {
                    progress::error(&format!("rank {}: {error}", self.0.rank()));
                    self.0.abort(1)
                }
                result => result,
            }
        }
    }

    /// The digest of the program's own file.
    fn program() -> Result<Digest, CliError> {
        let path = std::env::current_exe().unwrap_or_default();
        let bytes = std::fs::read(&path).map_err(|error| CliError::Read { path, error })?;
        Ok(Digest::of(&bytes))
    }
}
