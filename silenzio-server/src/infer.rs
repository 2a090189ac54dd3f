//! Inference, from encrypted inputs and an encrypted model to encrypted logits.

use crate::ServerError;
use crate::error::encode_error;
use crate::samples::Samples;
use crate::train::check_same;
use silenzio_core::{Mode, StoredEngine};
use silenzio_files::{
    Contents, Destination, Digest, FileError, FileReader, FileWriter, Kind, Layout, Lock, Overwrite, Source,
    require_distinct,
};
use silenzio_nn::trainer;
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{
    KeyName, Network, Opened, Predicted, PublicPlan, ServerKey, ServerWork, Trained, open, open_key,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::info;

/// What is to be computed, and where the result goes.
#[derive(Clone, Debug)]
pub struct InferRequest {
    /// The encrypted model.
    pub model: PathBuf,
    /// The encrypted inputs, with or without labels.
    pub inputs: PathBuf,
    /// The logits.
    pub logits: PathBuf,
    /// Replace existing logits.
    pub force: bool,
}

/// How an inference ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inferred {
    /// The logits are written.
    Finished {
        /// The number of inputs.
        samples: u64,
        /// The identity of the file of logits.
        logits: Digest,
    },
    /// It was stopped. Nothing is written.
    Stopped,
}

/// Infers with the server key in a file. `report` is told the inputs that are done, and all of them; `stop` is looked
/// at after each batch.
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts; and as the engine's operations.
/// Files that exist stay as they are.
pub fn infer(
    server_key: &Path,
    request: &InferRequest,
    report: &mut dyn FnMut(u64, u64),
    stop: &AtomicBool,
) -> Result<Inferred, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    require_distinct(&[server_key, &request.model, &request.inputs, &request.logits])?;
    let _lock = Lock::take(&request.logits)?;
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

/// An inference whose files have been checked, and that any engine can do.
pub struct InferJob {
    key: KeyName,
    model: FileReader,
    inputs: Samples,
    origin: Predicted,
    logits: Destination,
}

impl InferJob {
    /// Checks all files against each other and the key. The job is for an engine of this key on the network.
    ///
    /// # Errors
    /// If a file is missing, of the wrong kind, key or plan, or the result cannot be written.
    pub fn open(request: &InferRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let overwrite = if request.force { Overwrite::Replace } else { Overwrite::Refuse };
        let model = request.model.as_path().into();
        let inputs = request.inputs.as_path().into();
        Self::between(&model, &inputs, key, || Destination::new(&request.logits, overwrite))
    }

    /// An inference from anywhere to anywhere. `logits` is asked for when everything else is found to be right.
    ///
    /// # Errors
    /// If the model or the inputs are of the wrong kind, key or plan, or `logits` fails.
    pub fn between(
        model: &Source,
        inputs: &Source,
        key: &KeyName,
        logits: impl FnOnce() -> Result<Destination, FileError>,
    ) -> Result<(Self, Network), ServerError> {
        let Opened { file: model, origin: Trained { plan, data, .. }, key: model_key, network } =
            open(model, Kind::Model)?;
        key.require(&model)?;
        let found = open::<PublicPlan>(inputs, Kind::Data)?;
        key.require(&found.file)?;
        // A model may have been trained on several data sets, of which the inputs are encrypted like one.
        check_same(inputs.path(), &found.origin.for_samples(plan.task.samples), &plan)?;
        let job = Self {
            origin: Predicted { plan, data, model: model.digest(), inputs: found.file.digest() },
            key: model_key,
            model,
            inputs: Samples::new(found.file),
            logits: logits()?,
        };
        Ok((job, network))
    }

    /// Infers, as [`infer`].
    ///
    /// # Errors
    /// If the model or the inputs are damaged, the result cannot be written, or an operation of the engine fails.
    pub fn run<E: StoredEngine>(
        mut self,
        engine: &E,
        report: &mut dyn FnMut(u64, u64),
        stop: &AtomicBool,
    ) -> Result<Inferred, ServerError> {
        self.inputs.verify(|_, _| ())?;
        let weights =
            decode_layers(&mut self.model, engine.layers(), |from, layer| engine.read_weights(from, layer))?;
        let prepared = trainer::prepare(engine, &weights, Mode::Infer)?;
        drop(weights);
        let samples = self.inputs.count();
        let batch = self.origin.plan.task.training.batch;
        info!(samples, model = %self.origin.model, inputs = %self.origin.inputs, "inference begins");
        let bytes = engine.logits_len(samples as usize);
        let bytes = bytes.map_err(|error| encode_error(&self.logits, error))?;
        let mut file = create(&self.logits, &self.key, &self.origin, samples, bytes)?;
        for first in (0..samples).step_by(batch) {
            if stop.load(Ordering::Relaxed) {
                return Ok(Inferred::Stopped);
            }
            let end = samples.min(first + batch as u64);
            let inputs = self.inputs.fetch(engine, first..end, Mode::Infer)?;
            let logits = trainer::logits(engine, &prepared, &inputs.iter().collect::<Vec<_>>())?;
            file.encode(|to| engine.write_logits(to, &logits))?;
            report(end, samples);
        }
        let logits = file.finish()?;
        info!(path = %self.logits.path().display(), %logits, "logits written");
        Ok(Inferred::Finished { samples, logits })
    }
}

/// Begins the file of the logits of `samples` inputs, which have so many bytes.
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
