//! Files of a client without secrets, and a server on the simulator.

use ndarray::Array2;
use safetensors::tensor::{Dtype, TensorView};
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{EngineClient, StoredClient, StoredEngine, Target, Task};
use silenzio_files::{Contents, Destination, FileReader, KeyId, Layout, Overwrite};
use silenzio_nn::pretrained::{bias_name, to_linear, weight_name};
use silenzio_server::{
    InferJob, InferRequest, Inferred, Outcome, Report, ServerError, TrainJob, TrainRequest,
};
use silenzio_suite::{KeyName, LocalWork, Network, PublicPlan, Simulator, Watch};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A small task: three steps an epoch, two epochs.
pub fn task(kind: EngineKind) -> Task {
    Task {
        widths: vec![3, 2, 2],
        samples: 8,
        training: TrainingPlan { epochs: 2, batch: 3, learning_rate: 1.0, ..TrainingPlan::default() },
        engine: EnginePlan::of(kind),
    }
}

/// The plan of the small task.
pub fn plan(kind: EngineKind) -> PublicPlan {
    PublicPlan::new(task(kind)).unwrap()
}

/// Does `work` on the simulator without noise: what files have to do with each other does not depend on noise.
pub fn simulate<W: LocalWork>(network: &Network, work: W) -> W::Output {
    let noise = network.is_exact();
    Simulator { noise, ..Simulator::new(1) }.run(network, work).unwrap().0
}

/// A folder with what a client sent for a plan.
pub struct Setting {
    pub folder: TempDir,
    pub plan: PublicPlan,
    /// Those of the network, whatever a test makes of the plan.
    pub widths: Vec<usize>,
    pub network: Network,
    pub key: KeyName,
}

impl Setting {
    pub fn new(plan: PublicPlan) -> Self {
        let network = plan.network().unwrap();
        let key = KeyName { parameters: network.parameters().unwrap(), id: KeyId(7) };
        let widths = plan.task.widths.clone();
        let setting = Self { folder: tempfile::tempdir().unwrap(), plan, widths, network, key };
        setting.write_data("data", setting.plan.task.samples, true);
        setting
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Encrypts so many samples.
    pub fn write_data(&self, name: &str, samples: usize, labelled: bool) {
        self.write_drawn(name, samples, labelled, Seed(5));
    }

    /// Encrypts other training samples.
    pub fn write_other_data(&self, name: &str) {
        self.write_drawn(name, self.plan.task.samples, true, Seed(6));
    }

    /// Writes a public model.
    pub fn write_public(&self, name: &str, layers: &[Array2<f32>]) {
        let bytes = |numbers: Vec<f32>| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let mut tensors = Vec::new();
        for (number, layer) in layers.iter().enumerate() {
            let (weights, bias) = to_linear(layer);
            let shape = weights.shape().to_vec();
            tensors.push((weight_name(number), shape, bytes(weights.iter().copied().collect())));
            tensors.push((bias_name(number), vec![bias.len()], bytes(bias.to_vec())));
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        });
        std::fs::write(self.path(name), safetensors::serialize(views, None).unwrap()).unwrap();
    }

    /// A data set of some samples of another, for this plan.
    pub fn write_part(&self, name: &str, of: &Path, samples: std::ops::Range<u64>) {
        let mut whole = FileReader::open_any(of).unwrap();
        let count = samples.end - samples.start;
        let layout = Layout::items(count, whole.header().payload.chunk_bytes);
        let contents = Contents::Data { samples: count, labelled: true };
        let header = self.key.header(contents, layout).with_plan(&self.plan).unwrap();
        let destination = Destination::new(self.path(name), Overwrite::Replace).unwrap();
        let mut file = destination.create(&header).unwrap();
        for number in samples {
            let bytes = whole.read_chunk(number).unwrap();
            file.encode(|to| to.write_all(&bytes)).unwrap();
        }
        file.finish().unwrap();
    }

    fn write_drawn(&self, name: &str, samples: usize, labelled: bool, seed: Seed) {
        struct Writing<'a> {
            setting: &'a Setting,
            name: &'a str,
            samples: usize,
            labelled: bool,
            seed: Seed,
        }
        impl LocalWork for Writing<'_> {
            type Output = ();

            fn run<E, C>(self, _: &E, client: &C, _: Watch<'_>)
            where
                E: StoredEngine,
                C: StoredClient
                    + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
            {
                let Self { setting, name, samples, labelled, seed } = self;
                setting.write_samples(client, name, samples, labelled, seed);
            }
        }
        simulate(&self.network, Writing { setting: self, name, samples, labelled, seed });
    }

    fn write_samples<C: StoredClient>(
        &self,
        client: &C,
        name: &str,
        samples: usize,
        labelled: bool,
        seed: Seed,
    ) {
        let widths = &self.widths;
        let (inputs, classes) = (widths[0], widths[widths.len() - 1]);
        let mut stream = seed.stream(Purpose::Tests, 0, 0);
        let mut upload = |number: usize| {
            let class = number % classes;
            let inputs: Vec<f32> = (0..inputs)
                .map(|input| 0.5 * stream.unit() as f32 + if input % classes == class { 0.5 } else { 0.0 })
                .collect();
            let upload = client.encrypt_sample(&inputs, labelled.then_some(Target::Class(class))).unwrap();
            let mut bytes = vec![];
            client.write_upload(&mut bytes, &upload).unwrap();
            bytes
        };
        let first = upload(0);
        let layout = Layout::items(samples as u64, first.len() as u64);
        let contents = Contents::Data { samples: samples as u64, labelled };
        let header = self.key.header(contents, layout).with_plan(&self.plan).unwrap();
        let destination = Destination::new(self.path(name), Overwrite::Replace).unwrap();
        let mut file = destination.create(&header).unwrap();
        let mut first = Some(first);
        for number in 0..samples {
            let bytes = first.take().unwrap_or_else(|| upload(number));
            file.encode(|to| to.write_all(&bytes)).unwrap();
        }
        file.finish().unwrap();
    }

    /// Training on the data set to "model".
    pub fn request(&self) -> TrainRequest {
        TrainRequest::new(self.path("data"), self.path("model"))
    }

    /// The same, going on from the checkpoint.
    pub fn resumed(&self) -> TrainRequest {
        TrainRequest { resume: true, ..self.request() }
    }

    /// Trains. After `steps` steps of this run the server is told to stop. Gives the reports, too.
    pub fn train(
        &self,
        request: &TrainRequest,
        steps: Option<u64>,
    ) -> Result<(Outcome, Vec<Report>), ServerError> {
        let stop = AtomicBool::new(steps == Some(0));
        let (mut reports, mut steps_done) = (vec![], 0);
        let mut report = |report| {
            steps_done += u64::from(matches!(report, Report::Step { .. }));
            stop.store(steps.is_some_and(|steps| steps_done >= steps), Ordering::Relaxed);
            reports.push(report);
        };
        let outcome = self.train_until(request, &mut report, &stop)?;
        Ok((outcome, reports))
    }

    /// Trains to the end, and hands on the reports.
    pub fn train_watched(
        &self,
        request: &TrainRequest,
        report: &mut dyn FnMut(Report),
    ) -> Result<Outcome, ServerError> {
        self.train_until(request, report, &AtomicBool::new(false))
    }

    fn train_until(
        &self,
        request: &TrainRequest,
        report: &mut dyn FnMut(Report),
        stop: &AtomicBool,
    ) -> Result<Outcome, ServerError> {
        let (job, network) = TrainJob::open(request, &self.key)?;
        struct Training<'a> {
            job: TrainJob,
            report: &'a mut dyn FnMut(Report),
            stop: &'a AtomicBool,
        }
        impl LocalWork for Training<'_> {
            type Output = Result<Outcome, ServerError>;

            fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> Self::Output
            where
                E: StoredEngine,
                C: StoredClient
                    + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
            {
                self.job.run(engine, self.report, self.stop)
            }
        }
        simulate(&network, Training { job, report, stop })
    }

    /// Infers from "model" and `inputs` to "logits".
    pub fn infer(&self, inputs: &str, force: bool) -> Result<Inferred, ServerError> {
        let request = InferRequest {
            model: self.path("model"),
            inputs: self.path(inputs),
            logits: self.path("logits"),
            force,
        };
        let (job, network) = InferJob::open(&request, &self.key)?;
        struct Inference(InferJob);
        impl LocalWork for Inference {
            type Output = Result<Inferred, ServerError>;

            fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> Self::Output
            where
                E: StoredEngine,
                C: StoredClient
                    + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
            {
                self.0.run(engine, &mut |_, _| (), &AtomicBool::new(false))
            }
        }
        simulate(&network, Inference(job))
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// All files with their bytes.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        self.snapshot().keys().map(|path| name(path)).collect()
    }
}
