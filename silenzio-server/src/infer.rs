//! Inference, from encrypted inputs and an encrypted model to encrypted logits.

use crate::ServerError;
use crate::agreement::Fingerprint;
use crate::error::encode_error;
use crate::samples::Samples;
use crate::train::check_same;
use silenzio_core::{Mode, StoredEngine};
use silenzio_files::{
    Contents, Destination, Digest, FileError, FileReader, FileWriter, Kind, Layout, Lock, Overwrite, Source,
    require_distinct,
};
use silenzio_nn::communicator::{CommunicationError, Communicator};
use silenzio_nn::data_parallel::{DataParallel, ParallelError, share};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer;
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{
    KeyName, Network, Opened, Predicted, PublicPlan, ServerKey, ServerWork, Trained, open, open_key,
};
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::info;

/// The files of an inference.
#[derive(Clone, Debug)]
pub struct InferRequest {
    /// The encrypted model.
    pub model: PathBuf,
    /// The encrypted inputs, with or without labels.
    pub inputs: PathBuf,
    /// The file to which the encrypted logits are written.
    pub logits: PathBuf,
    /// Whether an existing file of logits may be replaced.
    pub force: bool,
}

impl InferRequest {
    /// Locks the file of logits, and refuses a file in two roles.
    fn lock(&self, server_key: &Path) -> Result<Lock, FileError> {
        require_distinct(&[server_key, &self.model, &self.inputs, &self.logits])?;
        Lock::take(&self.logits)
    }

    /// The model and the inputs.
    fn sources(&self) -> (Source, Source) {
        (self.model.as_path().into(), self.inputs.as_path().into())
    }
}

/// How an inference ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inferred {
    /// The logits are written.
    Finished {
        /// The number of inputs.
        samples: u64,
        /// The digest of the file of logits.
        logits: Digest,
    },
    /// The inference was stopped, and nothing was written.
    Stopped,
}

/// Runs an encrypted model on encrypted inputs, with the server key in a file.
///
/// `report` is called with the number of inputs done and their total; `stop` is checked before each batch.
///
/// # Errors
/// [`ServerError::File`] if a file is missing or damaged, has the wrong kind or key, or cannot be written;
/// [`ServerError::OtherPlan`] if the inputs were encrypted for another plan than the model's; [`ServerError::Engine`]
/// if an operation fails. Files are checked before any work starts, and an error leaves existing files unchanged.
pub fn infer(
    server_key: &Path,
    request: &InferRequest,
    report: &mut dyn FnMut(u64, u64),
    stop: &AtomicBool,
) -> Result<Inferred, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    let _lock = request.lock(server_key)?;
    let (job, network) = InferJob::open(request, &key)?;
    struct Inference<'a> {
        job: InferJob,
        report: &'a mut dyn FnMut(u64, u64),
        stop: &'a AtomicBool,
    }
    impl ServerWork for Inference<'_> {
        type Output = Result<Inferred, ServerError>;

        fn run<E: StoredEngine>(self, engine: &E) -> Result<Inferred, ServerError> {
            self.job.run(engine, self.report, self.stop)
        }
    }
    ServerKey::read(&mut file)?.run(&network, Inference { job, report, stop })?
}

/// Infers like [`infer`], as one of many processes, all of which must be given the same files. `program` is the digest
/// of the running program.
///
/// Every process computes the logits of a part of the inputs, and reads only that part. Rank 0 checks all inputs, and
/// it alone writes, reports, can be stopped, and returns an outcome. Before they begin, all ranks make sure that they
/// have the same program, plan, model, inputs and keys, and compute the same bits.
///
/// # Errors
/// Those of [`infer`]; [`ServerError::OtherRank`] if a rank differs from rank 0; [`ServerError::Parallel`] if a rank
/// has ended or does not respond in time.
pub fn infer_on_ranks<C: Communicator + Sync>(
    server_key: &Path,
    request: &InferRequest,
    communicator: &C,
    program: Digest,
    report: &mut dyn FnMut(u64, u64),
    stop: &AtomicBool,
) -> Result<Option<Inferred>, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    let leads = communicator.rank() == 0;
    let _lock = leads.then(|| request.lock(server_key)).transpose()?;
    let (job, network) = if leads {
        let (job, network) = InferJob::open(request, &key)?;
        (Part::Lead(job, report, stop), network)
    } else {
        let (job, network) = InferFollower::open(request, &key)?;
        (Part::Follow(job), network)
    };
    let server_key = ServerKey::read(&mut file)?;
    let Predicted { plan, model, inputs, .. } = job.origin();
    let files = [("model", *model), ("data set", *inputs)];
    Fingerprint::new(program, (&file, &server_key), plan, &files)?.agree(communicator)?;
    server_key.run(&network, OnRank(job, communicator))?
}

/// The part of a rank in the job.
enum Part<'a> {
    Lead(InferJob, &'a mut dyn FnMut(u64, u64), &'a AtomicBool),
    Follow(InferFollower),
}

impl Part<'_> {
    const fn origin(&self) -> &Predicted {
        match self {
            Self::Lead(InferJob { files, .. }, ..) | Self::Follow(InferFollower(files)) => &files.origin,
        }
    }
}

struct OnRank<'a, C>(Part<'a>, &'a C);

impl<C: Communicator> ServerWork for OnRank<'_, C> {
    type Output = Result<Option<Inferred>, ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        let Self(part, communicator) = self;
        match part {
            Part::Lead(job, report, stop) => job.lead(engine, communicator, report, stop).map(Some),
            Part::Follow(job) => job.run(engine, communicator).map(|()| None),
        }
    }
}

/// An inference whose files have been checked, and that can run on any engine.
pub struct InferJob {
    files: Files,
    logits: Destination,
}

impl InferJob {
    /// Checks all files against each other and the key. The job must run on an engine for this key and the returned
    /// network.
    ///
    /// # Errors
    /// [`ServerError::File`] if a file is missing, has the wrong kind or key, or the logits cannot be written;
    /// [`ServerError::OtherPlan`] if the inputs were encrypted for another plan than the model's.
    pub fn open(request: &InferRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let overwrite = if request.force { Overwrite::Replace } else { Overwrite::Refuse };
        let (model, inputs) = request.sources();
        Self::between(&model, &inputs, key, || Destination::new(&request.logits, overwrite))
    }

    /// Checks an inference between files or memory. `logits` is called after all other checks have succeeded.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), and that of `logits`.
    pub fn between(
        model: &Source,
        inputs: &Source,
        key: &KeyName,
        logits: impl FnOnce() -> Result<Destination, FileError>,
    ) -> Result<(Self, Network), ServerError> {
        let (files, network) = Files::open(model, inputs, key)?;
        Ok((Self { files, logits: logits()? }, network))
    }

    /// Infers like [`infer`].
    ///
    /// # Errors
    /// [`ServerError::File`] if the model or the inputs are damaged, or the logits cannot be written;
    /// [`ServerError::Engine`] if an operation fails.
    pub fn run<E: StoredEngine>(
        self,
        engine: &E,
        report: &mut dyn FnMut(u64, u64),
        stop: &AtomicBool,
    ) -> Result<Inferred, ServerError> {
        self.lead(engine, &SingleProcess, report, stop)
    }

    /// Infers as rank 0, which decides whether to continue, and alone writes. The other ranks
    /// [follow](InferFollower::run).
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and [`ServerError::Parallel`] if another rank has ended or does not respond in
    /// time.
    pub fn lead<E: StoredEngine, C: Communicator + ?Sized>(
        self,
        engine: &E,
        communicator: &C,
        report: &mut dyn FnMut(u64, u64),
        stop: &AtomicBool,
    ) -> Result<Inferred, ServerError> {
        let Self { mut files, logits: destination } = self;
        files.inputs.verify(|_, _| ())?;
        let prepared = files.prepare(engine, communicator)?;
        let samples = files.inputs.count();
        info!(samples, model = %files.origin.model, inputs = %files.origin.inputs, "inference begins");
        let encode = |error| encode_error(&destination, error);
        let bytes = engine.logits_len(samples as usize).map_err(encode)?;
        let mut file = create(&destination, &files.key, &files.origin, samples, bytes)?;
        for window in files.windows(communicator) {
            if communicator.broadcast(vec![stop.load(Ordering::Relaxed).into()])? != GO_ON {
                return Ok(Inferred::Stopped);
            }
            let own = files.logits(engine, &prepared, window.share(0))?;
            for (rank, logits) in communicator.gather(own)?.iter().enumerate() {
                let expected = engine.logits_len(window.share(rank).count()).map_err(encode)?;
                if logits.len() as u64 != expected {
                    let problem = format!("{} bytes of logits instead of {expected}", logits.len());
                    return Err(CommunicationError::Message { rank, problem }.into());
                }
                file.encode(|to| to.write_all(logits))?;
            }
            report(window.inputs.end, samples);
        }
        let logits = file.finish()?;
        info!(path = %destination.path().display(), %logits, "logits written");
        Ok(Inferred::Finished { samples, logits })
    }
}

/// An inference that another process [leads](InferJob::lead).
pub struct InferFollower(Files);

impl InferFollower {
    /// Checks the model and the inputs against each other and the key. The job must run on an engine for this key and
    /// the returned network.
    ///
    /// # Errors
    /// [`ServerError::File`] if a file is missing, or has the wrong kind or key; [`ServerError::OtherPlan`] if the
    /// inputs were encrypted for another plan than the model's.
    pub fn open(request: &InferRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let (model, inputs) = request.sources();
        let (files, network) = Files::open(&model, &inputs, key)?;
        Ok((Self(files), network))
    }

    /// Computes the logits of this rank's parts until all inputs are done or rank 0 stops.
    ///
    /// # Errors
    /// [`ServerError::File`] if the model or the inputs are damaged; [`ServerError::Engine`] if an operation fails;
    /// [`ServerError::Parallel`] if a rank has ended or does not respond in time.
    pub fn run<E: StoredEngine, C: Communicator + ?Sized>(
        self,
        engine: &E,
        communicator: &C,
    ) -> Result<(), ServerError> {
        let Self(mut files) = self;
        let prepared = files.prepare(engine, communicator)?;
        for window in files.windows(communicator) {
            if communicator.broadcast(vec![])? != GO_ON {
                break;
            }
            let own = files.logits(engine, &prepared, window.share(communicator.rank()))?;
            communicator.gather(own)?;
        }
        Ok(())
    }
}

/// The message that rank 0 broadcasts before each window unless it is stopped.
const GO_ON: [u8; 1] = [0];

/// A model, and inputs for it.
struct Files {
    key: KeyName,
    model: FileReader,
    inputs: Samples,
    origin: Predicted,
}

/// The inputs that are computed at a time: a batch for each rank, or the rest.
struct Window {
    inputs: Range<u64>,
    ranks: usize,
}

impl Window {
    /// The inputs of a rank. Shares differ by at most one input, and the first ranks have the larger ones.
    fn share(&self, rank: usize) -> Range<u64> {
        let Range { start, end } = self.inputs;
        let share = share((end - start) as usize, 1, rank, self.ranks);
        start + share.start as u64..start + share.end as u64
    }
}

impl Files {
    fn open(model: &Source, inputs: &Source, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let Opened { file: model, origin: Trained { plan, data, .. }, key: model_key, network } =
            open(model, Kind::Model)?;
        key.require(&model)?;
        let found = open::<PublicPlan>(inputs, Kind::Data)?;
        key.require(&found.file)?;
        // Of a model that was trained on several data sets, the plan counts all samples together.
        check_same(inputs.path(), &found.origin.for_samples(plan.task.samples), &plan)?;
        let files = Self {
            origin: Predicted { plan, data, model: model.digest(), inputs: found.file.digest() },
            key: model_key,
            model,
            inputs: Samples::new(found.file),
        };
        Ok((files, network))
    }

    fn batch(&self) -> u64 {
        self.origin.plan.task.training.batch as u64
    }

    /// Reads the weights of the model, and prepares them for products.
    fn prepare<E: StoredEngine, C: Communicator + ?Sized>(
        &mut self,
        engine: &E,
        communicator: &C,
    ) -> Result<Vec<E::Prepared>, ServerError> {
        let read = |from: &mut dyn Read, layer| engine.read_weights(from, layer);
        let weights = decode_layers(&mut self.model, engine.layers(), read)?;
        Ok(trainer::prepare(engine, &DataParallel(communicator), &weights, Mode::Infer)?)
    }

    fn windows<C: Communicator + ?Sized>(&self, communicator: &C) -> impl Iterator<Item = Window> + use<C> {
        let (samples, ranks) = (self.inputs.count(), communicator.size());
        let length = self.batch() * ranks as u64;
        let starts = (0..samples).step_by(length as usize);
        starts.map(move |first| Window { inputs: first..samples.min(first + length), ranks })
    }

    /// Computes the logits of consecutive inputs, in their binary form. The inputs of one batch are computed together,
    /// and each keeps its place in the batch.
    fn logits<E: StoredEngine>(
        &mut self,
        engine: &E,
        prepared: &[E::Prepared],
        inputs: Range<u64>,
    ) -> Result<Vec<u8>, ServerError> {
        let (mut bytes, mut first) = (Vec::new(), inputs.start);
        while first < inputs.end {
            let place = first % self.batch();
            let end = inputs.end.min(first - place + self.batch());
            let samples = self.inputs.fetch(engine, first..end, Mode::Infer)?;
            let samples: Vec<_> = samples.iter().collect();
            let logits = trainer::logits(engine, prepared, &samples, place as usize)?;
            engine.write_logits(&mut bytes, &logits).map_err(ParallelError::Encode)?;
            first = end;
        }
        Ok(bytes)
    }
}

/// Creates the file of the logits of `samples` inputs, whose payload has `bytes` bytes.
fn create<'a>(
    destination: &'a Destination,
    key: &KeyName,
    origin: &Predicted,
    samples: u64,
    bytes: u64,
) -> Result<FileWriter<'a>, ServerError> {
    let header = key.header(Contents::Logits { samples }, Layout::stream(bytes)).with_plan(origin);
    Ok(destination.create(&header.map_err(|error| encode_error(destination, error.into()))?)?)
}
