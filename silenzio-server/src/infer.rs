//! Inference, from encrypted inputs and an encrypted model to encrypted logits.

use crate::engine::{Work, with_engine};
use crate::error::{check_distinct, encode_error};
use crate::samples::Samples;
use crate::{ServerError, plans};
use silenzio_core::{Mode, PublicPlan, StoredEngine};
use silenzio_files::{
    Contents, Destination, Digest, FileReader, FileWriter, Kind, Layout, Overwrite, encoded_len,
};
use silenzio_nn::trainer;
use silenzio_protocol::payload::decode_layers;
use silenzio_protocol::{KeyName, Network, Opened, Predicted, Trained, open, open_key};
use std::io::Write;
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
    let (file, key) = open_key(server_key, Kind::ServerKey)?;
    check_distinct(&[server_key, &request.model, &request.inputs, &request.logits])?;
    let (job, network) = InferJob::open(request, &key)?;
    struct Inference<'a> {
        job: InferJob,
        report: &'a mut dyn FnMut(u64, u64),
        stop: &'a AtomicBool,
    }
    impl Work for Inference<'_> {
        type Output = Inferred;

        fn run<E: StoredEngine>(self, engine: &E) -> Result<Inferred, ServerError> {
            self.job.run(engine, self.report, self.stop)
        }
    }
    with_engine(file, &network, Inference { job, report, stop })
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
        let Opened { file: model, origin: Trained { plan, .. }, key: model_key, network } =
            open(&request.model, Kind::Model)?;
        key.require(&model)?;
        let inputs = open::<PublicPlan>(&request.inputs, Kind::Data)?;
        key.require(&inputs.file)?;
        plans::check_same(&request.inputs, &inputs.origin, &plan)?;
        let overwrite = if request.force { Overwrite::Replace } else { Overwrite::Refuse };
        let job = Self {
            origin: Predicted { plan, model: model.digest(), inputs: inputs.file.digest() },
            key: model_key,
            model,
            inputs: Samples::new(inputs.file),
            logits: Destination::new(&request.logits, overwrite)?,
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
        let weights =
            decode_layers(&mut self.model, engine.layers(), |from, layer| engine.read_weights(from, layer))?;
        let prepared = trainer::prepare(engine, &weights, Mode::Infer)?;
        drop(weights);
        let samples = self.inputs.count();
        let batch = self.origin.plan.training.batch;
        info!(samples, model = %self.origin.model, inputs = %self.origin.inputs, "inference begins");
        let create = |bytes| create(&self.logits, &self.key, &self.origin, samples, bytes);
        let mut file: Option<FileWriter<'_>> = None;
        for first in (0..samples).step_by(batch) {
            if stop.load(Ordering::Relaxed) {
                return Ok(Inferred::Stopped);
            }
            let end = samples.min(first + batch as u64);
            let inputs = self.inputs.fetch(engine, first..end)?;
            let logits = trainer::logits(engine, &prepared, &inputs.iter().collect::<Vec<_>>())?;
            let encode = |to: &mut dyn Write| engine.write_logits(to, &logits);
            let file = match &mut file {
                Some(file) => file,
                None => {
                    let bytes = encoded_len(encode).map_err(|error| encode_error(&self.logits, error))?;
                    file.insert(create(bytes / (end - first) * samples)?)
                }
            };
            file.encode(encode)?;
            report(end, samples);
        }
        let file = file.map_or_else(|| create(0), Ok)?;
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
