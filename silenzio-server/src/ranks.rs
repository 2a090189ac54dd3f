//! Training on many processes, of which rank 0 leads and writes files, and the others follow.

use crate::agreement::Fingerprint;
use crate::data_sets::TrainingSets;
use crate::train::{Checked, LockedTraining};
use crate::{Outcome, Report, ServerError, TrainJob, TrainRequest};
use silenzio_core::StoredEngine;
use silenzio_core::wire::write_u64s;
use silenzio_files::{Digest, FileReader, Kind};
use silenzio_nn::communicator::{CommunicationError, Communicator};
use silenzio_nn::counted::{Counted, Traffic};
use silenzio_nn::data_parallel::{DataParallel, ParallelError};
use silenzio_nn::trainer::{self, Schedule};
use silenzio_suite::payload::write_layers;
use silenzio_suite::{KeyName, Network, ServerKey, ServerWork, Trained, open_key};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tracing::info;

/// Trains like [`train`](crate::train()), as one of many processes, all of which must be given the same files.
/// `program` is the digest of the running program.
///
/// Rank 0 locks and writes the outputs. It alone reports, can be stopped, reads a checkpoint, and returns an outcome,
/// along with the bytes of its messages in the steps of this run. It checks whole data sets; the other ranks check the
/// samples that they read. Before the first step, all ranks make sure that they have the same program, plan, data set
/// and keys, and compute the same bits.
///
/// # Errors
/// Those of [`train`](crate::train()); [`ServerError::OtherRank`] if a rank differs from rank 0;
/// [`ServerError::Parallel`] if a rank has ended or does not respond in time.
pub fn train_on_ranks<C: Communicator + Sync>(
    server_key: &Path,
    request: &TrainRequest,
    communicator: &C,
    program: Digest,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Option<(Outcome, Traffic)>, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    if communicator.rank() == 0 {
        request.require_distinct(Some(server_key))?;
        let LockedTraining { job, network, _locks } = LockedTraining::open(request, &key)?;
        let server_key = ServerKey::read(&mut file)?;
        agree(program, (&file, &server_key), job.trained(), communicator)?;
        let leading = Leading { job, communicator, report, stop };
        return server_key.run(&network, leading)?.map(Some);
    }
    let (job, network) = FollowerJob::open(request, &key)?;
    let server_key = ServerKey::read(&mut file)?;
    agree(program, (&file, &server_key), &job.trained, communicator)?;
    server_key.run(&network, Following { job, communicator })??;
    Ok(None)
}

fn agree<C: Communicator>(
    program: Digest,
    key: (&FileReader, &ServerKey),
    trained: &Trained,
    communicator: &C,
) -> Result<(), ServerError> {
    let files = [
        ("data set", Digest::of(trained.data.to_string().as_bytes())),
        ("model to begin with", trained.initial.unwrap_or(Digest::of(&[]))),
    ];
    Fingerprint::new(program, key, &trained.plan, &files)?.agree(communicator)
}

struct Leading<'a, C> {
    job: TrainJob,
    communicator: &'a C,
    report: &'a mut dyn FnMut(Report),
    stop: &'a AtomicBool,
}

impl<C: Communicator> ServerWork for Leading<'_, C> {
    type Output = Result<(Outcome, Traffic), ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.lead(engine, self.communicator, self.report, self.stop)
    }
}

struct Following<'a, C> {
    job: FollowerJob,
    communicator: &'a C,
}

impl<C: Communicator> ServerWork for Following<'_, C> {
    type Output = Result<(), ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.run(engine, self.communicator)
    }
}

/// The state in which a training starts.
pub(crate) struct Started<'a, E: StoredEngine> {
    pub(crate) steps_done: u64,
    pub(crate) weights: &'a [E::Weights],
}

/// Sends the followers the state in which the training starts, or an empty message if there is nothing to do.
pub(crate) fn announce<E: StoredEngine, C: Communicator + ?Sized>(
    engine: &E,
    communicator: &C,
    start: Option<Started<'_, E>>,
) -> Result<(), ServerError> {
    let mut message = Vec::new();
    if let Some(Started { steps_done, weights }) = start {
        let written = write_u64s(&mut message, &[steps_done])
            .and_then(|()| write_layers(engine, &mut message, weights));
        written.map_err(ParallelError::Encode)?;
    }
    communicator.broadcast(message)?;
    Ok(())
}

/// Decodes the steps done and the weights that [`announce`] sent.
fn announced<E: StoredEngine>(
    engine: &E,
    mut message: &[u8],
) -> Result<(u64, Vec<E::Weights>), CommunicationError> {
    let mut read = || -> io::Result<_> {
        let mut steps_done = [0; size_of::<u64>()];
        message.read_exact(&mut steps_done)?;
        let weights = (0..engine.layers()).map(|layer| engine.read_weights(&mut message, layer));
        Ok((u64::from_le_bytes(steps_done), weights.collect::<io::Result<Vec<_>>>()?))
    };
    read().map_err(|error| CommunicationError::Message { rank: 0, problem: error.to_string() })
}

/// A training that another process [leads](TrainJob::lead).
pub struct FollowerJob {
    samples: TrainingSets,
    schedule: Schedule,
    trained: Trained,
}

impl FollowerJob {
    /// Checks the data sets against each other and the key. The job must run on an engine for this key and the returned
    /// network.
    ///
    /// # Errors
    /// Those of [`TrainJob::open`] that concern the data sets, the plan and the initial model.
    pub fn open(request: &TrainRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let Checked { samples, identity, schedule, network, .. } = Checked::agreed(request, key)?;
        Ok((Self { samples, schedule, trained: identity.trained }, network))
    }

    /// Computes this rank's shares until rank 0 ends the training.
    ///
    /// # Errors
    /// [`ServerError::File`] if a data set is damaged; [`ServerError::Engine`] if an operation fails;
    /// [`ServerError::Parallel`] if a rank has ended or does not respond in time.
    pub fn run<E: StoredEngine, C: Communicator + ?Sized>(
        mut self,
        engine: &E,
        communicator: &C,
    ) -> Result<(), ServerError> {
        let start = communicator.broadcast(vec![])?;
        if start.is_empty() {
            return Ok(());
        }
        let (steps_done, mut weights) = announced(engine, &start)?;
        info!(rank = communicator.rank(), steps_done, "follows");
        let counted = Counted::new(communicator);
        trainer::train(
            engine,
            &DataParallel(&counted),
            &mut weights,
            &self.schedule.after(steps_done),
            |numbers| self.samples.fetch(engine, numbers),
            |_, _| Ok::<_, ServerError>(ControlFlow::Continue(())),
        )?;
        let Traffic { sent, received } = counted.traffic();
        info!(rank = communicator.rank(), sent, received, "bytes of messages in steps");
        Ok(())
    }
}
