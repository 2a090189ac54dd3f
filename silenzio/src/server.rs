//! The server: training and inference on encrypted data. Nothing here can hold a secret key.
//!
//! [`train`] and [`infer`] go from files to files, and survive crashes. A [`Server`] holds its keys, and goes from memory to
//! memory, or from files to files as well.

pub use silenzio_server::{
    CheckpointPolicy, InferRequest, Inferred, Outcome, ServerError, SnapshotPolicy, Traffic, TrainRequest,
    TrainSources,
};

use crate::{Context, Error, Event, PublicPlan, Stage};
use silenzio_core::StoredEngine;
use silenzio_files::{Destination, Digest, FileReader, Kind, Source};
use silenzio_nn::communicator::Communicator;
use silenzio_server::{InferJob, Report, TrainJob};
use silenzio_suite::{KeyName, ServerKey, ServerWork};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Evaluation keys that are ready for any number of trainings and inferences.
#[derive(Debug)]
pub struct Server {
    key: ServerKey,
}

/// How a training from memory ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TrainedModel {
    /// All steps are done.
    Finished {
        /// The encrypted model, a container.
        model: Vec<u8>,
        /// Steps in all.
        steps: u64,
        /// The encrypted models on the way that are kept, containers, by the steps done. The model in the end is not
        /// among them, and neither are those from before a checkpoint that the training resumed from.
        snapshots: BTreeMap<u64, Vec<u8>>,
    },
    /// It was cancelled.
    Stopped {
        /// What another training can resume from, a container; nothing if no step was done.
        checkpoint: Option<Vec<u8>>,
        /// Steps done.
        steps_done: u64,
        /// Steps in all.
        steps: u64,
        /// The encrypted models on the way that are kept so far, containers, by the steps done.
        snapshots: BTreeMap<u64, Vec<u8>>,
    },
}

impl Server {
    /// Reads the keys that a client sent, and expands them, which takes several times their memory.
    ///
    /// # Errors
    /// If they are no evaluation keys, are damaged, or are for parameters that this version does not have.
    pub fn open(key: impl Into<Source>, context: &Context) -> Result<Self, Error> {
        let mut file = FileReader::open(key, Kind::ServerKey)?;
        Ok(Self { key: context.install(|| ServerKey::read(&mut file))? })
    }

    /// What files that are made with the key say of it.
    pub fn key(&self) -> &KeyName {
        self.key.name()
    }

    /// Trains to memory, from the beginning or from a checkpoint. Observers are told the bytes of the data sets that are
    /// checked, then the steps done.
    ///
    /// # Errors
    /// If a data set, the initial model or the checkpoint is damaged or does not fit the key or the others, or an
    /// operation of the engine fails.
    pub fn train(&self, sources: &TrainSources, context: &Context) -> Result<TrainedModel, Error> {
        let (job, network, results) = TrainJob::in_memory(sources, self.key.name())?;
        let outcome = context.install(|| {
            let mut report = progress(context);
            let stop = context.cancel_token().flag();
            self.key.run(&network, Training { job, report: &mut report, stop })
        })??;
        let snapshots = results.take_snapshots();
        Ok(match outcome {
            Outcome::Finished { steps, .. } => {
                let model = results.take_model().unwrap_or_default();
                TrainedModel::Finished { model, steps, snapshots }
            }
            Outcome::Stopped { steps_done, steps, .. } => {
                let checkpoint = results.take_checkpoint();
                TrainedModel::Stopped { checkpoint, steps_done, steps, snapshots }
            }
        })
    }

    /// Trains from files to files, and survives crashes, as [`train`] does.
    ///
    /// # Errors
    /// As [`train`].
    pub fn train_files(&self, request: &TrainRequest, context: &Context) -> Result<Outcome, Error> {
        let stop = context.cancel_token().flag();
        let train = || silenzio_server::train_with(&self.key, request, &mut progress(context), stop);
        Ok(context.install(train)?)
    }

    /// The encrypted logits of an encrypted model on encrypted inputs, a container. Observers are told the inputs done.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. If the model or the inputs are damaged or do not fit the key or each other, or an operation
    /// of the engine fails.
    pub fn infer(
        &self,
        model: impl Into<Source>,
        inputs: impl Into<Source>,
        context: &Context,
    ) -> Result<Vec<u8>, Error> {
        let logits = Destination::memory("logits");
        self.infer_to(model, inputs, &logits, context)?;
        taken(&logits).ok_or(Error::Cancelled)
    }

    /// Writes the encrypted logits of an encrypted model on encrypted inputs; how many inputs these are. Observers are told
    /// the inputs done.
    ///
    /// # Errors
    /// As [`infer`](Self::infer), and if the logits cannot be written.
    pub fn infer_to(
        &self,
        model: impl Into<Source>,
        inputs: impl Into<Source>,
        logits: &Destination,
        context: &Context,
    ) -> Result<u64, Error> {
        let place = || Ok(logits.clone());
        let (job, network) = InferJob::between(&model.into(), &inputs.into(), self.key.name(), place)?;
        let inferred = context.install(|| {
            let mut report = |done, total| context.progress(Stage::Inference, done, total);
            let stop = context.cancel_token().flag();
            self.key.run(&network, Inference { job, report: &mut report, stop })
        })??;
        match inferred {
            Inferred::Finished { samples, .. } => Ok(samples),
            Inferred::Stopped => Err(Error::Cancelled),
        }
    }
}

/// The public plan of an encrypted data set, to be compared with the one that was agreed on.
///
/// # Errors
/// If it is no data set, or its header is damaged or not valid.
pub fn plan_of(data: impl Into<Source>) -> Result<PublicPlan, Error> {
    Ok(silenzio_suite::open::<PublicPlan>(data, Kind::Data)?.origin)
}

/// Trains with the server key in a file. Observers are told the bytes of the data set that are checked, then the steps
/// done. When the work is cancelled, it saves itself after the step at hand, and is [stopped](Outcome::Stopped).
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts, or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn train(server_key: &Path, request: &TrainRequest, context: &Context) -> Result<Outcome, Error> {
    let stop = context.cancel_token().flag();
    let train = || silenzio_server::train(server_key, request, &mut progress(context), stop);
    Ok(context.install(train)?)
}

/// Trains as one rank of several, all of which are given the same files, as [`train`]. `program` is the digest of the program
/// that runs. Rank 0 alone writes files, tells observers, can be cancelled, and has an outcome, with the bytes of its
/// messages in the steps of this run.
///
/// # Errors
/// As [`train`]; if a rank has another program, plan, data set or key than rank 0, or a processor that computes
/// differently; and if a rank is gone or gives no sign for too long. The whole job has to be ended then.
pub fn train_on_ranks<C: Communicator + Sync>(
    server_key: &Path,
    request: &TrainRequest,
    communicator: &C,
    program: Digest,
    context: &Context,
) -> Result<Option<(Outcome, Traffic)>, Error> {
    let stop = context.cancel_token().flag();
    let train = || {
        let mut report = progress(context);
        silenzio_server::train_on_ranks(server_key, request, communicator, program, &mut report, stop)
    };
    Ok(context.install(train)?)
}

/// Infers with the server key in a file. Observers are told the inputs done. When the work is cancelled, nothing is
/// written.
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts, or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn infer(server_key: &Path, request: &InferRequest, context: &Context) -> Result<Inferred, Error> {
    let mut report = |done, total| context.progress(Stage::Inference, done, total);
    let stop = context.cancel_token().flag();
    Ok(context.install(|| silenzio_server::infer(server_key, request, &mut report, stop))?)
}

/// Infers as one rank of several, all of which are given the same files, as [`infer`]. `program` is the digest of the program
/// that runs. Rank 0 alone writes the logits, tells observers, can be cancelled, and has an outcome.
///
/// # Errors
/// As [`infer`]; if a rank has another program, plan, model, inputs or key than rank 0, or a processor that computes
/// differently; and if a rank is gone or gives no sign for too long. The whole job has to be ended then.
pub fn infer_on_ranks<C: Communicator + Sync>(
    server_key: &Path,
    request: &InferRequest,
    communicator: &C,
    program: Digest,
    context: &Context,
) -> Result<Option<Inferred>, Error> {
    let mut report = |done, total| context.progress(Stage::Inference, done, total);
    let stop = context.cancel_token().flag();
    let infer =
        || silenzio_server::infer_on_ranks(server_key, request, communicator, program, &mut report, stop);
    Ok(context.install(infer)?)
}

/// Tells a context what a training reports.
fn progress(context: &Context) -> impl FnMut(Report) {
    let (mut steps_before, mut failing) = (0, false);
    let step = move |done, total, before| {
        context.tell(&Event::Progress { what: Stage::Training, done, total, before });
    };
    move |report| match report {
        Report::Checked { bytes, total } => context.progress(Stage::Check, bytes, total),
        Report::Begun { steps_done, steps } => {
            steps_before = steps_done;
            step(steps_done, steps, steps_before);
        }
        Report::Step { steps_done, steps } => step(steps_done, steps, steps_before),
        Report::Idle { ranks, most } => {
            let text = format!(
                "ranks without samples: {ranks}. A batch has samples for {most}: start no more, or raise training.batch"
            );
            context.tell(&Event::Warning { text });
        }
        Report::Saved { .. } => failing = false,
        Report::NotSaved { problem, .. } => {
            // Once for a row of failures.
            if !failing {
                let text = format!("the checkpoint is not written, which will be tried again: {problem}");
                context.tell(&Event::Warning { text });
            }
            failing = true;
        }
        Report::NoSnapshot { steps_done, problem } => {
            let text = format!("the model after {steps_done} steps is not kept: {problem}");
            context.tell(&Event::Warning { text });
        }
    }
}

struct Training<'a> {
    job: TrainJob,
    report: &'a mut dyn FnMut(Report),
    stop: &'a AtomicBool,
}

impl ServerWork for Training<'_> {
    type Output = Result<Outcome, ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.run(engine, self.report, self.stop)
    }
}

struct Inference<'a> {
    job: InferJob,
    report: &'a mut dyn FnMut(u64, u64),
    stop: &'a AtomicBool,
}

impl ServerWork for Inference<'_> {
    type Output = Result<Inferred, ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.run(engine, self.report, self.stop)
    }
}

fn taken(destination: &Destination) -> Option<Vec<u8>> {
    destination.take().map(|mut bytes| std::mem::take(&mut *bytes))
}
