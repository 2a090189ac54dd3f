//! What both engines have to do, as client and server see it.

use ndarray::{Array2, Axis};
use silenzio_core::EngineError;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::storage::{StoredClient, StoredEngine};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Progress, Schedule};
use std::io;
use std::ops::ControlFlow;

/// An engine and its client, with random samples of classes that can be told apart.
pub struct Setting<E, C> {
    pub engine: E,
    pub client: C,
    widths: Vec<usize>,
    training: TrainingPlan,
    pub inputs: Array2<f32>,
}

impl<E, C> Setting<E, C>
where
    E: StoredEngine,
    C: StoredClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
{
    pub fn new(engine: E, client: C, widths: &[usize], samples: usize, training: TrainingPlan) -> Self {
        let mut stream = Seed(training.seed).stream(Purpose::Tests, 0, 0);
        let classes = widths[widths.len() - 1];
        let inputs = Array2::from_shape_fn((samples, widths[0]), |(sample, input)| {
            let of_class = if sample % classes == input % classes { 0.5 } else { 0.0 };
            of_class + 0.5 * stream.unit() as f32
        });
        Self { engine, client, widths: widths.to_vec(), training, inputs }
    }

    fn classes(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// The samples, sent from client to server.
    pub fn samples(&self, labelled: bool) -> Vec<E::Sample> {
        let rows = self.inputs.axis_iter(Axis(0)).enumerate();
        rows.map(|(i, row)| {
            let class = labelled.then_some(i % self.classes());
            let upload = self.client.encrypt_sample(&row.to_vec(), class).unwrap();
            let sent = crossed(
                |to| self.client.write_upload(to, &upload),
                |from| self.engine.read_upload(from, labelled),
            );
            self.engine.expand(&sent).unwrap()
        })
        .collect()
    }

    pub fn initial_weights(&self) -> Vec<E::Weights> {
        trainer::initial_weights(&self.engine, Seed(self.training.seed), &self.widths).unwrap()
    }

    /// The weights, from the server to a file and back.
    fn stored(&self, weights: &[E::Weights]) -> Vec<E::Weights> {
        let layers = weights.iter().enumerate();
        let stored = |(layer, weights)| {
            crossed(|to| self.engine.write_weights(to, weights), |from| self.engine.read_weights(from, layer))
        };
        layers.map(stored).collect()
    }

    /// The decrypted model, sent from server to client, for plain use.
    pub fn model(&self, weights: &[E::Weights]) -> Mlp {
        let layers = weights.iter().enumerate();
        let decrypted = |(layer, weights)| {
            let sent = crossed(
                |to| self.engine.write_weights(to, weights),
                |from| self.client.read_weights(from, layer),
            );
            self.client.decrypt_weights(layer, &sent).unwrap()
        };
        Mlp { weights: layers.map(decrypted).collect(), activation_limits: self.client.activation_limits() }
    }

    pub fn schedule(&self) -> Schedule {
        Schedule::new(&self.training, self.inputs.nrows())
    }

    /// Trains along a schedule; gives the steps done after each step. On one thread: the order of additions matters
    /// to the last bit of the approximate simulator.
    pub fn train(&self, samples: &[E::Sample], weights: &mut [E::Weights], schedule: &Schedule) -> Vec<u64> {
        let mut steps = vec![];
        let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
        let observe = |progress: Progress, _: &[E::Weights]| {
            steps.push(progress.steps_done);
            Ok::<_, EngineError>(ControlFlow::Continue(()))
        };
        let thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let engine = &self.engine;
        thread.install(|| trainer::train(engine, weights, schedule, fetch, observe)).unwrap();
        steps
    }

    /// The weights after the whole training.
    pub fn trained(&self) -> Vec<E::Weights> {
        let mut weights = self.initial_weights();
        self.train(&self.samples(true), &mut weights, &self.schedule());
        weights
    }

    /// The logits of all samples, sent from server to client and decrypted.
    pub fn logits(&self, weights: &[E::Weights]) -> Array2<f32> {
        let samples = self.samples(false);
        let logits = trainer::logits(&self.engine, weights, &samples.iter().collect::<Vec<_>>()).unwrap();
        let sent = crossed(
            |to| self.engine.write_logits(to, &logits),
            |from| self.client.read_logits(from, samples.len()),
        );
        let decrypted = self.client.decrypt_logits(&sent).unwrap();
        assert_eq!(decrypted, self.client.decrypt_logits(&logits).unwrap());
        assert_eq!(decrypted.dim(), (samples.len(), self.classes()));
        decrypted
    }

    pub fn samples_weights_and_logits_come_back(&self) {
        let weights = self.trained();
        let stored = self.stored(&weights);
        assert_eq!(self.model(&stored), self.model(&weights));
        self.logits(&stored);
    }

    /// For nine steps.
    pub fn a_resumed_training_equals_the_undisturbed_one(&self) {
        let samples = self.samples(true);
        let mut undisturbed = self.initial_weights();
        let steps = self.train(&samples, &mut undisturbed, &self.schedule());
        assert_eq!(steps, (1..=9).collect::<Vec<_>>());
        assert_ne!(self.model(&undisturbed), self.model(&self.initial_weights()));

        for steps_done in [0, 1, 3, 4, 8, 9] {
            let mut weights = self.initial_weights();
            self.train(&samples, &mut weights, &self.schedule().at_most(steps_done));
            let mut weights = self.stored(&weights);
            let steps = self.train(&samples, &mut weights, &self.schedule().after(steps_done));
            assert_eq!(steps, (steps_done + 1..=9).collect::<Vec<_>>());
            assert_eq!(self.model(&weights), self.model(&undisturbed), "resumed after {steps_done} steps");
        }
    }

    /// For three inputs and two classes.
    pub fn what_does_not_fit_the_network_is_refused(&self) {
        for (inputs, class) in [(&[0.5; 4][..], None), (&[0.5; 3], Some(2)), (&[0.5, 1.5, 0.5], None)] {
            assert!(self.client.encrypt_sample(inputs, class).is_err());
        }
        let unlabelled = self.samples(false);
        let batch: Vec<_> = unlabelled.iter().collect();
        let error =
            trainer::train_step(&self.engine, &mut self.initial_weights(), &batch, 0, 1.0).unwrap_err();
        assert!(error.to_string().contains("label"), "{error}");
        assert!(trainer::logits(&self.engine, &[], &batch).is_err(), "no weights");

        let labelled = self.client.encrypt_sample(&[0.5; 3], Some(0)).unwrap();
        let bytes = written(|to| self.client.write_upload(to, &labelled));
        assert!(
            read_whole(&bytes, |from| self.engine.read_upload(from, false)).is_none(),
            "a label is left over"
        );
    }
}

/// What is read where something was written. Shorter, it cannot be read.
fn crossed<T>(
    write: impl Fn(&mut dyn io::Write) -> io::Result<()>,
    read: impl Fn(&mut dyn io::Read) -> io::Result<T>,
) -> T {
    let bytes = written(write);
    for length in [0, bytes.len() / 2, bytes.len() - 1] {
        assert!(read_whole(&bytes[..length], &read).is_none(), "truncated to {length} bytes");
    }
    read_whole(&bytes, read).unwrap()
}

fn written(write: impl Fn(&mut dyn io::Write) -> io::Result<()>) -> Vec<u8> {
    let mut bytes = vec![];
    write(&mut bytes).unwrap();
    bytes
}

/// What the bytes are, if that is all that they are.
fn read_whole<T>(mut bytes: &[u8], read: impl Fn(&mut dyn io::Read) -> io::Result<T>) -> Option<T> {
    let value = read(&mut bytes).ok()?;
    bytes.is_empty().then_some(value)
}

/// Decrypted logits differ from those of the decrypted model by no more than an error per class.
pub fn assert_close(found: &Array2<f32>, expected: &Array2<f32>, error: &Array2<f32>) {
    assert!(expected.iter().any(|logit| logit.abs() > 1.0), "a trained model: {expected}");
    for (index, found) in found.indexed_iter() {
        let (expected, error) = (expected[index], error[(0, index.1)] + 1e-4);
        println!("{index:?}: {found} for {expected} +- {error}");
        assert!((found - expected).abs() <= error, "{index:?}: {found} for {expected} +- {error}");
    }
}
