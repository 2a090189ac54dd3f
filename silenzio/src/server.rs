//! The server: training and inference on encrypted data. Nothing here can hold a secret key.
//!
//! [`train`] and [`infer`] read and write files, and survive crashes. A [`Server`] holds its keys, and works in memory or on
//! files.

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

/// A server with its evaluation keys, ready for any number of trainings and inferences.
#[derive(Debug)]
pub struct Server {
    key: ServerKey,
}

/// The result of a training in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TrainedModel {
    /// All steps are done.
    Finished {
        /// The container of the encrypted model.
        model: Vec<u8>,
        /// Steps in all.
        steps: u64,
        /// The containers of the snapshots, by the steps done. The final model is not among them, nor are snapshots from before a
        /// checkpoint from which the training resumed.
        snapshots: BTreeMap<u64, Vec<u8>>,
    },
    /// The training was cancelled.
    Stopped {
        /// The container of the checkpoint, from which another training can resume; `None` if no step was done.
        checkpoint: Option<Vec<u8>>,
        /// Steps done.
        steps_done: u64,
        /// Steps in all.
        steps: u64,
        /// The containers of the snapshots so far, by the steps done.
        snapshots: BTreeMap<u64, Vec<u8>>,
    },
}

impl Server {
    /// Reads the keys that a client sent, and expands them, which takes several times their memory.
    ///
    /// # Errors
    /// If the source does not hold evaluation keys, is damaged, or is for parameters that this version does not have.
    pub fn open(key: impl Into<Source>, context: &Context) -> Result<Self, Error> {
        let mut file = FileReader::open(key, Kind::ServerKey)?;
        Ok(Self { key: context.install(|| ServerKey::read(&mut file))? })
    }

    /// The name of the key.
    pub fn key(&self) -> &KeyName {
        self.key.name()
    }

    /// Trains in memory, from the beginning or from a checkpoint. Observers are told the bytes of the data sets that are
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
    /// The errors of [`train`], except those of the server key.
    pub fn train_files(&self, request: &TrainRequest, context: &Context) -> Result<Outcome, Error> {
        let stop = context.cancel_token().flag();
        let train = || silenzio_server::train_with(&self.key, request, &mut progress(context), stop);
        Ok(context.install(train)?)
    }

    /// Applies an encrypted model to encrypted inputs, and returns the container of the encrypted logits. Observers are told
    /// the inputs done.
    ///
    /// # Errors
    /// If the model or the inputs are damaged or do not fit the key or each other, or an operation of the engine fails;
    /// [`Error::Cancelled`].
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

    /// Applies an encrypted model to encrypted inputs, writes the encrypted logits, and returns the number of inputs. Observers
    /// are told the inputs done.
    ///
    /// # Errors
    /// The errors of [`infer`](Self::infer); also if the logits cannot be written.
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

/// Reads the public plan of an encrypted data set, which can be compared with the one that was agreed on.
///
/// # Errors
/// If the source is not a data set, or its header is damaged or not valid.
pub fn plan_of(data: impl Into<Source>) -> Result<PublicPlan, Error> {
    Ok(silenzio_suite::open::<PublicPlan>(data, Kind::Data)?.origin)
}

/// Trains with the server key in a file. Observers are told the bytes of the data sets that are checked, then the steps
/// done. If the work is cancelled, it writes a checkpoint after the current step, and is [stopped](Outcome::Stopped).
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts; or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn train(server_key: &Path, request: &TrainRequest, context: &Context) -> Result<Outcome, Error> {
    let stop = context.cancel_token().flag();
    let train = || silenzio_server::train(server_key, request, &mut progress(context), stop);
    Ok(context.install(train)?)
}

/// Trains as [`train`] does, as one of several ranks, which must all get the same files. `program` is the digest of the
/// running program. Only rank 0 writes files, tells observers, can be cancelled, and has an outcome, with the bytes of its
/// messages in the steps of this run.
///
/// # Errors
/// The errors of [`train`]; also if a rank has another program, plan, data set or key than rank 0, or a processor that
/// computes other bits, or if a rank is lost or does not respond in time. Then the whole job must be ended.
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

/// Infers with the server key in a file. Observers are told the inputs done. If the work is cancelled, nothing is written.
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts; or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn infer(server_key: &Path, request: &InferRequest, context: &Context) -> Result<Inferred, Error> {
    let mut report = |done, total| context.progress(Stage::Inference, done, total);
    let stop = context.cancel_token().flag();
    Ok(context.install(|| silenzio_server::infer(server_key, request, &mut report, stop))?)
}

/// Infers as [`infer`] does, as one of several ranks, which must all get the same files. `program` is the digest of the
/// running program. Only rank 0 writes the logits, tells observers, can be cancelled, and has an outcome.
///
/// # Errors
/// The errors of [`infer`]; also if a rank has another program, plan, model, inputs or key than rank 0, or a processor that
/// computes other bits, or if a rank is lost or does not respond in time. Then the whole job must be ended.
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

/// Passes the reports of a training to a context.
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
            // Only the first of several failures in a row is reported.
            if !failing {
                let text =
                    format!("the checkpoint could not be written, which will be tried again: {problem}");
                context.tell(&Event::Warning { text });
            }
            failing = true;
        }
        Report::NoSnapshot { steps_done, problem } => {
            let text = format!("the snapshot after {steps_done} steps could not be written: {problem}");
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
