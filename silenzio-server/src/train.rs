//! Training, from encrypted data sets to an encrypted model.

use crate::ServerError;
use crate::checkpoint::{Checkpoint, CheckpointPolicy, Identity, Timer};
use crate::data_sets::{OpenedSets, TrainingSets};
use crate::initial::{Initial, InitialModel, check_noise};
use crate::ranks::{self, Started};
use crate::snapshots::{KeptSnapshots, MemorySnapshots};
use silenzio_core::{StoredEngine, Task};
use silenzio_files::{
    Contents, Destination, Digest, FileError, FileReader, Kind, Lock, Overwrite, Problem, Source,
    require_distinct,
};
use silenzio_nn::communicator::Communicator;
use silenzio_nn::counted::{Counted, Traffic};
use silenzio_nn::data_parallel::{DataParallel, most_ranks};
use silenzio_nn::snapshots::SnapshotPolicy;
use silenzio_nn::strategy::{SingleProcess, Strategy};
use silenzio_nn::trainer::{self, Progress, Schedule};
use silenzio_suite::{KeyName, Network, PublicPlan, ServerKey, ServerWork, Trained, open_key, read_plan};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::info;

/// The files and options of a training.
#[derive(Clone, Debug)]
pub struct TrainRequest {
    /// The encrypted data sets, whose samples are shuffled together. Their plans may differ only in the number of
    /// samples.
    pub data: Vec<PathBuf>,
    /// The file of the public plan that was agreed on, with which that of the first data set is compared if it is
    /// given.
    pub plan: Option<PathBuf>,
    /// The model to begin with, instead of random weights: a public one, which is a safetensors file, or an encrypted
    /// one of the same key, whose training is continued.
    pub initial: Option<PathBuf>,
    /// The file to which the encrypted model is written.
    pub model: PathBuf,
    /// The file of the checkpoint; see [`checkpoint_path`](Self::checkpoint_path) for the default.
    pub checkpoint: Option<PathBuf>,
    /// When checkpoints are written.
    pub policy: CheckpointPolicy,
    /// Which snapshots are kept beside the model, with `.snapshot-` and their steps appended to its name.
    pub snapshots: Option<SnapshotPolicy>,
    /// Whether the training resumes from the checkpoint, if there is one.
    pub resume: bool,
    /// Whether an existing model, existing snapshots, and the checkpoint of another training may be replaced.
    pub force: bool,
}

impl TrainRequest {
    /// A training on one data set with default options.
    pub fn new(data: impl Into<PathBuf>, model: impl Into<PathBuf>) -> Self {
        Self {
            data: vec![data.into()],
            plan: None,
            initial: None,
            model: model.into(),
            checkpoint: None,
            policy: CheckpointPolicy::default(),
            snapshots: None,
            resume: false,
            force: false,
        }
    }

    /// Refuses a file in two roles.
    pub(crate) fn require_distinct(&self, server_key: Option<&Path>) -> Result<(), FileError> {
        let checkpoint = self.checkpoint_path();
        let others = [server_key, self.initial.as_deref(), Some(&self.model), Some(&checkpoint)];
        let data = self.data.iter().map(PathBuf::as_path);
        require_distinct(&data.chain(others.into_iter().flatten()).collect::<Vec<_>>())
    }

    /// The file of the checkpoint. By default, it is the name of the model with `.checkpoint` appended.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.checkpoint.clone().unwrap_or_else(|| beside(&self.model, ".checkpoint"))
    }
}

/// The inputs of a training in memory, which are containers in memory or in files.
#[derive(Clone, Debug)]
pub struct TrainSources {
    /// The encrypted data sets, whose samples are shuffled together. Their plans may differ only in the number of
    /// samples.
    pub data: Vec<Source>,
    /// The model to begin with, instead of random weights: a public one, which is a safetensors file, or an encrypted
    /// one of the same key, whose training is continued.
    pub initial: Option<Source>,
    /// The checkpoint from which the training resumes.
    pub checkpoint: Option<Source>,
    /// Which snapshots are kept.
    pub snapshots: Option<SnapshotPolicy>,
}

impl TrainSources {
    /// A training on one data set with default options.
    pub fn new(data: impl Into<Source>) -> Self {
        Self { data: vec![data.into()], initial: None, checkpoint: None, snapshots: None }
    }
}

/// The results of a training in memory. Clones share them.
#[derive(Clone)]
pub struct InMemory {
    model: Destination,
    checkpoint: Destination,
    snapshots: MemorySnapshots,
}

impl InMemory {
    fn new() -> Self {
        Self {
            model: Destination::memory("model"),
            checkpoint: Destination::memory("checkpoint"),
            snapshots: MemorySnapshots::default(),
        }
    }

    /// Takes the container of the model, if all steps are done.
    pub fn take_model(&self) -> Option<Vec<u8>> {
        take(&self.model)
    }

    /// Takes the container of the checkpoint, if the training was stopped.
    pub fn take_checkpoint(&self) -> Option<Vec<u8>> {
        take(&self.checkpoint)
    }

    /// Takes the containers of the snapshots, by their steps.
    pub fn take_snapshots(&self) -> BTreeMap<u64, Vec<u8>> {
        self.snapshots.take()
    }
}

impl std::fmt::Debug for InMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemory").finish_non_exhaustive()
    }
}

fn take(destination: &Destination) -> Option<Vec<u8>> {
    destination.take().map(|mut bytes| std::mem::take(&mut *bytes))
}

/// The path with `suffix` appended to its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// The progress of a training.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// A part of the data sets was checked.
    Checked {
        /// The number of bytes checked so far.
        bytes: u64,
        /// The number of bytes in total.
        total: u64,
    },
    /// A batch has fewer shares than there are ranks.
    Idle {
        /// The number of ranks without work.
        ranks: usize,
        /// The number of ranks with work.
        most: usize,
    },
    /// The training begins or resumes.
    Begun {
        /// The number of steps done before.
        steps_done: u64,
        /// The number of steps in total.
        steps: u64,
    },
    /// A step was done.
    Step {
        /// The number of steps done.
        steps_done: u64,
        /// The number of steps in total.
        steps: u64,
    },
    /// A checkpoint was written.
    Saved {
        /// The number of steps done.
        steps_done: u64,
    },
    /// A checkpoint could not be written. After the next step, it is tried again.
    NotSaved {
        /// The number of steps done.
        steps_done: u64,
        /// The error.
        problem: String,
    },
    /// A snapshot could not be written. It is not tried again.
    NoSnapshot {
        /// The number of steps done.
        steps_done: u64,
        /// The error.
        problem: String,
    },
}

/// How a training ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The model is written.
    Finished {
        /// The number of steps in total.
        steps: u64,
        /// The number of steps done before this run.
        steps_before: u64,
        /// The digest of the model.
        model: Digest,
        /// The snapshots that are kept beside the model, the earliest first.
        snapshots: Vec<PathBuf>,
    },
    /// The training was stopped, and can be resumed from its checkpoint.
    Stopped {
        /// The number of steps done.
        steps_done: u64,
        /// The number of steps in total.
        steps: u64,
        /// The number of steps done before this run.
        steps_before: u64,
    },
}

/// Trains with the server key in a file. After a step in which `stop` was set, the training writes a checkpoint and
/// ends.
///
/// # Errors
/// [`ServerError::File`] if a file is missing or damaged, has the wrong kind or key, or cannot be written;
/// [`ServerError::Engine`] if an operation fails; other [`ServerError`]s if the files do not fit each other or the
/// request. Files are checked before any work starts, and an error found then leaves existing files unchanged.
pub fn train(
    server_key: &Path,
    request: &TrainRequest,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Outcome, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    request.require_distinct(Some(server_key))?;
    // All files are checked before the keys are expanded, which takes a while.
    let locked = LockedTraining::open(request, &key)?;
    locked.run(&ServerKey::read(&mut file)?, report, stop)
}

/// Trains like [`train`], with a server key that has already been read.
///
/// # Errors
/// Those of [`train`].
pub fn train_with(
    server_key: &ServerKey,
    request: &TrainRequest,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Outcome, ServerError> {
    request.require_distinct(None)?;
    LockedTraining::open(request, server_key.name())?.run(server_key, report, stop)
}

/// A training whose outputs are locked, so that no other program writes them.
pub(crate) struct LockedTraining {
    pub(crate) job: TrainJob,
    pub(crate) network: Network,
    pub(crate) _locks: [Lock; 2],
}

impl LockedTraining {
    pub(crate) fn open(request: &TrainRequest, key: &KeyName) -> Result<Self, ServerError> {
        let locks = [Lock::take(&request.model)?, Lock::take(request.checkpoint_path())?];
        let (job, network) = TrainJob::open(request, key)?;
        Ok(Self { job, network, _locks: locks })
    }

    fn run(
        self,
        server_key: &ServerKey,
        report: &mut dyn FnMut(Report),
        stop: &AtomicBool,
    ) -> Result<Outcome, ServerError> {
        struct Training<'a> {
            job: TrainJob,
            report: &'a mut dyn FnMut(Report),
            stop: &'a AtomicBool,
        }
        impl ServerWork for Training<'_> {
            type Output = Result<Outcome, ServerError>;

            fn run<E: StoredEngine>(self, engine: &E) -> Result<Outcome, ServerError> {
                self.job.run(engine, self.report, self.stop)
            }
        }
        server_key.run(&self.network, Training { job: self.job, report, stop })?
    }
}

/// A training whose files have been checked, and that can run on any engine.
pub struct TrainJob {
    samples: TrainingSets,
    identity: Identity,
    schedule: Schedule,
    initial: Initial,
    model: Destination,
    checkpoint: Destination,
    policy: CheckpointPolicy,
    snapshots: Option<KeptSnapshots>,
    start: Start,
}

/// Where a training starts.
enum Start {
    Beginning,
    Checkpoint(Box<Checkpoint>),
    /// The model exists, because the last run was interrupted after writing it.
    End(Digest),
}

impl Start {
    fn find(
        request: &TrainRequest,
        checkpoint: &Path,
        identity: &Identity,
        steps: u64,
    ) -> Result<Self, ServerError> {
        let exists = checkpoint.exists();
        if exists {
            require_replaceable(checkpoint, Kind::Checkpoint)?;
        }
        if !request.resume {
            return match exists && !request.force {
                true => Err(ServerError::CheckpointExists { path: checkpoint.into() }),
                false => Ok(Self::Beginning),
            };
        }
        match identity.result(&request.model, steps) {
            Some(model) if !request.force => Ok(Self::End(model)),
            _ if exists => {
                Ok(Self::Checkpoint(Box::new(Checkpoint::open(&checkpoint.into(), identity, steps)?)))
            }
            _ => Ok(Self::Beginning),
        }
    }
}

/// Checks that a file may be replaced by one of a kind: it must be of this kind, or damaged.
pub(crate) fn require_replaceable(path: &Path, expected: Kind) -> Result<(), FileError> {
    match FileReader::open_any(path) {
        Ok(file) => match file.header().contents.kind() {
            found if found == expected => Ok(()),
            found => Err(FileError { path: path.into(), problem: Problem::WrongKind { found, expected } }),
        },
        Err(error) if matches!(error.problem, Problem::NotSilenzio | Problem::NotAFile) => Err(error),
        Err(_) => Ok(()),
    }
}

impl TrainJob {
    /// Checks all files against each other and the key. The job must run on an engine for this key and the returned
    /// network.
    ///
    /// # Errors
    /// [`ServerError::File`] if a file is missing, has the wrong kind or key, or cannot be written; other
    /// [`ServerError`]s if the files do not fit each other or the request.
    pub fn open(request: &TrainRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let Checked { samples, identity, schedule, network, initial } = Checked::agreed(request, key)?;
        let steps = schedule.steps();
        let path = request.checkpoint_path();
        let start = Start::find(request, &path, &identity, steps)?;
        let snapshots =
            request.snapshots.map(|policy| KeptSnapshots::beside(&request.model, policy, &schedule));
        if let Some(snapshots) = &snapshots {
            snapshots.check(request, &identity)?;
        }
        let replaced = request.force || matches!(start, Start::End(_));
        let overwrite = if replaced { Overwrite::Replace } else { Overwrite::Refuse };
        let job = Self {
            samples,
            identity,
            schedule,
            initial,
            model: Destination::new(&request.model, overwrite)?,
            checkpoint: Destination::new(path, Overwrite::Replace)?,
            policy: request.policy,
            snapshots,
            start,
        };
        Ok((job, network))
    }

    /// Checks a training to memory, from the beginning or from a checkpoint. It writes a checkpoint only when it is
    /// stopped.
    ///
    /// # Errors
    /// [`ServerError::File`] if a data set, the initial model or the checkpoint cannot be read, or has the wrong kind
    /// or key; other [`ServerError`]s if they do not fit each other.
    pub fn in_memory(
        sources: &TrainSources,
        key: &KeyName,
    ) -> Result<(Self, Network, InMemory), ServerError> {
        let TrainSources { data, initial, checkpoint, snapshots } = sources;
        let Checked { samples, identity, schedule, network, initial } =
            Checked::open(data, None, initial.as_ref(), key)?;
        let results = InMemory::new();
        let start = match checkpoint {
            Some(source) => {
                Start::Checkpoint(Box::new(Checkpoint::open(source, &identity, schedule.steps())?))
            }
            None => Start::Beginning,
        };
        let keep = |policy| KeptSnapshots::in_memory(results.snapshots.clone(), policy, &schedule);
        let snapshots = snapshots.map(keep);
        let job = Self {
            samples,
            identity,
            schedule,
            initial,
            model: results.model.clone(),
            checkpoint: results.checkpoint.clone(),
            // A checkpoint in memory would not survive a crash.
            policy: CheckpointPolicy { steps: None, interval: None },
            snapshots,
            start,
        };
        Ok((job, network, results))
    }

    /// The record of the training in its results.
    pub(crate) const fn trained(&self) -> &Trained {
        &self.identity.trained
    }

    /// The public plan, which counts the samples of all data sets together.
    pub fn plan(&self) -> &PublicPlan {
        &self.identity.trained.plan
    }

    /// Trains like [`train`].
    ///
    /// # Errors
    /// [`ServerError::File`] if a data set, the initial model or the checkpoint is damaged, or a result cannot be
    /// written; [`ServerError::Remove`] if the checkpoint or a snapshot cannot be removed; [`ServerError::Engine`] if
    /// an operation fails.
    pub fn run<E: StoredEngine>(
        self,
        engine: &E,
        report: &mut dyn FnMut(Report),
        stop: &AtomicBool,
    ) -> Result<Outcome, ServerError> {
        self.run_with(engine, &SingleProcess, |_| Ok(()), report, stop)
    }

    /// Trains as rank 0, which decides where the training starts and ends, and alone writes files. The other ranks
    /// [follow](crate::FollowerJob::run). Returns the outcome, and the bytes of this rank's messages in the steps of
    /// this run.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and [`ServerError::Parallel`] if another rank has ended or does not respond in
    /// time.
    pub fn lead<E: StoredEngine, C: Communicator + ?Sized>(
        self,
        engine: &E,
        communicator: &C,
        report: &mut dyn FnMut(Report),
        stop: &AtomicBool,
    ) -> Result<(Outcome, Traffic), ServerError> {
        let Task { training, samples, .. } = &self.identity.trained.plan.task;
        let batch = training.batch.min(*samples);
        let most = most_ranks(batch, engine.share_unit(batch)?);
        if communicator.size() > most {
            report(Report::Idle { ranks: communicator.size() - most, most });
        }
        let announce = |start: Option<Started<'_, E>>| ranks::announce(engine, communicator, start);
        let counted = Counted::new(communicator);
        let outcome = self.run_with(engine, &DataParallel(&counted), announce, report, stop)?;
        Ok((outcome, counted.traffic()))
    }

    /// Trains. `announce` is called with the state in which the training starts, or with `None` if there is nothing to
    /// do.
    fn run_with<E, S>(
        mut self,
        engine: &E,
        strategy: &S,
        announce: impl FnOnce(Option<Started<'_, E>>) -> Result<(), ServerError>,
        report: &mut dyn FnMut(Report),
        stop: &AtomicBool,
    ) -> Result<Outcome, ServerError>
    where
        E: StoredEngine,
        S: Strategy<E>,
        ServerError: From<S::Error>,
    {
        let steps = self.schedule.steps();
        if !matches!(self.start, Start::End(_)) {
            // Every byte is checked first, because hours of work depend on it.
            self.samples.verify(|bytes, total| report(Report::Checked { bytes, total }))?;
            self.samples.fetch(engine, &[0])?;
            self.initial.verify()?;
        }
        let (mut weights, steps_before) = match self.start {
            Start::End(model) => {
                if Checkpoint::open(&self.checkpoint.path().into(), &self.identity, steps).is_ok() {
                    remove(&self.checkpoint)?;
                }
                announce(None)?;
                let snapshots = finished(self.snapshots.as_ref())?;
                return Ok(Outcome::Finished { steps, steps_before: steps, model, snapshots });
            }
            Start::Checkpoint(checkpoint) => {
                let steps_done = checkpoint.steps_done;
                (checkpoint.weights(engine)?, steps_done)
            }
            Start::Beginning => (self.initial.weights(engine, &self.identity.trained.plan)?, 0),
        };
        if stop.load(Ordering::Relaxed) {
            announce(None)?;
            return Ok(Outcome::Stopped { steps_done: steps_before, steps, steps_before });
        }
        announce(Some(Started { steps_done: steps_before, weights: &weights }))?;
        info!(steps_before, steps, data = %self.identity.trained.data, "training begins");
        report(Report::Begun { steps_done: steps_before, steps });

        let mut timer = Timer::new(self.policy, steps_before);
        let mut steps_done = steps_before;
        trainer::train(
            engine,
            strategy,
            &mut weights,
            &self.schedule.after(steps_before),
            |numbers| self.samples.fetch(engine, numbers),
            |Progress { steps_done: done, .. }, weights| {
                steps_done = done;
                report(Report::Step { steps_done, steps });
                if steps_done == steps {
                    return Ok(ControlFlow::Break(()));
                }
                // Snapshots are written before the checkpoint, so that a resumed training has all of them.
                if let Some(snapshots) =
                    self.snapshots.as_ref().filter(|snapshots| snapshots.is_due(steps_done))
                    && let Err(error) = snapshots.write(steps_done, &self.identity, engine, weights)
                {
                    report(Report::NoSnapshot { steps_done, problem: error.to_string() });
                }
                let stopped = stop.load(Ordering::Relaxed);
                if stopped || timer.is_due(steps_done) {
                    let contents = Contents::Checkpoint { steps: steps_done };
                    match self.identity.write(&self.checkpoint, contents, engine, weights) {
                        Ok(_) => {
                            info!(steps_done, path = %self.checkpoint.path().display(), "checkpoint written");
                            report(Report::Saved { steps_done });
                        }
                        // No later step could try again.
                        Err(error) if stopped => return Err(error),
                        Err(error) => {
                            timer.try_again();
                            report(Report::NotSaved { steps_done, problem: error.to_string() });
                        }
                    }
                }
                Ok(if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            },
        )?;
        if steps_done < steps {
            info!(steps_done, "training stopped");
            return Ok(Outcome::Stopped { steps_done, steps, steps_before });
        }
        let model = match self.identity.write(&self.model, Contents::Model { steps }, engine, &weights) {
            Ok(model) => model,
            Err(error) => {
                // A checkpoint in place of the model keeps the last steps if it can be written: a resumed training then
                // writes the model.
                let contents = Contents::Checkpoint { steps };
                match self.identity.write(&self.checkpoint, contents, engine, &weights) {
                    Ok(_) => report(Report::Saved { steps_done }),
                    Err(error) => report(Report::NotSaved { steps_done, problem: error.to_string() }),
                }
                return Err(error);
            }
        };
        info!(path = %self.model.path().display(), %model, "model written");
        let snapshots = finished(self.snapshots.as_ref())?;
        remove(&self.checkpoint)?;
        Ok(Outcome::Finished { steps, steps_before, model, snapshots })
    }
}

/// Finishes the snapshots, if any were requested. Returns the files that are kept.
fn finished(snapshots: Option<&KeptSnapshots>) -> Result<Vec<PathBuf>, ServerError> {
    snapshots.map_or(Ok(Vec::new()), KeptSnapshots::finish)
}

/// Data sets and an initial model that match a key and each other.
pub(crate) struct Checked {
    pub(crate) samples: TrainingSets,
    pub(crate) identity: Identity,
    pub(crate) schedule: Schedule,
    pub(crate) network: Network,
    pub(crate) initial: Initial,
}

impl Checked {
    /// Checks the data sets and the initial model of a request, and the plan that was agreed on.
    pub(crate) fn agreed(request: &TrainRequest, key: &KeyName) -> Result<Self, ServerError> {
        let data: Vec<Source> = request.data.iter().map(Source::from).collect();
        let initial = request.initial.as_ref().map(Source::from);
        Self::open(&data, request.plan.as_deref(), initial.as_ref(), key)
    }

    fn open(
        data: &[Source],
        agreed: Option<&Path>,
        initial: Option<&Source>,
        key: &KeyName,
    ) -> Result<Self, ServerError> {
        let OpenedSets { sets, digests, first, plan, key: data_key } = TrainingSets::open(data, key)?;
        let path = || data.first().map_or(Path::new(""), Source::path);
        if let Some(agreed) = agreed {
            check_same(path(), &first, &read_plan(agreed)?)?;
        }
        let of_plan = |problem: String| FileError { path: path().into(), problem: Problem::Plan(problem) };
        let network = plan.network().map_err(|problem| of_plan(problem.to_string()))?;
        let initial = initial.map(|source| InitialModel::open(source, &plan, key)).transpose()?;
        let (weights, initial, earlier) = match initial {
            Some(InitialModel { weights, digest, earlier }) => (weights, Some(digest), earlier),
            None => (Initial::Random, None, None),
        };
        let schedule = Schedule::new(&plan.task.training, plan.task.samples)
            .following(earlier.as_ref().map_or(0, |earlier| earlier.steps));
        let trained = Trained { plan, data: digests, initial, earlier };
        if data.len() > 1 || trained.earlier.is_some() {
            let noise = |problem| ServerError::Noise { path: path().into(), problem };
            check_noise(&trained, &network).map_err(noise)?;
        }
        Ok(Self {
            samples: sets,
            identity: Identity { key: data_key, trained },
            schedule,
            network,
            initial: weights,
        })
    }
}

/// Checks that a file has the expected plan.
///
/// # Errors
/// [`ServerError::OtherPlan`] with the first part of the plan that differs.
pub(crate) fn check_same(path: &Path, found: &PublicPlan, expected: &PublicPlan) -> Result<(), ServerError> {
    match found.difference(expected) {
        Some(difference) => Err(ServerError::OtherPlan { path: path.into(), difference }),
        None => Ok(()),
    }
}

/// Removes a checkpoint, if there is one.
fn remove(checkpoint: &Destination) -> Result<(), ServerError> {
    checkpoint.remove().map_err(|error| ServerError::Remove { path: checkpoint.path().into(), error })
}
