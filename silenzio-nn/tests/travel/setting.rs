//! Properties of both engines, as seen by client and server.

use ndarray::{Array2, Axis};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::storage::{StoredClient, StoredEngine};
use silenzio_core::{EngineError, Mode, StepContext, Target};
use silenzio_nn::communicator::Communicator;
use silenzio_nn::data_parallel::{DataParallel, ParallelError};
use silenzio_nn::reference::Mlp;
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::threads::ThreadCommunicator;
use silenzio_nn::trainer::{self, Progress, Schedule};
use std::io;
use std::ops::{ControlFlow, Range};
use std::time::Duration;

/// An engine and its client, with random samples of separable classes.
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

    /// The samples for training, sent from client to server.
    pub fn samples(&self, labelled: bool) -> Vec<E::Sample> {
        self.samples_for(Mode::Train, labelled)
    }

    fn samples_for(&self, mode: Mode, labelled: bool) -> Vec<E::Sample> {
        let rows = self.inputs.axis_iter(Axis(0)).enumerate();
        rows.map(|(i, row)| {
            let target = labelled.then_some(Target::Class(i % self.classes()));
            let upload = self.client.encrypt_sample(&row.to_vec(), target).unwrap();
            let sent = crossed(
                |to| self.client.write_upload(to, &upload),
                |from| self.engine.read_upload(from, labelled),
            );
            self.engine.expand(&sent, mode).unwrap()
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

    /// The model, sent from server to client and decrypted.
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

    /// Trains along a schedule, and returns the number of steps done that was reported after each step.
    pub fn train(&self, samples: &[E::Sample], weights: &mut [E::Weights], schedule: &Schedule) -> Vec<u64> {
        let mut steps = vec![];
        let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
        let observe = |progress: Progress, _: &[E::Weights]| {
            steps.push(progress.steps_done);
            Ok::<_, EngineError>(ControlFlow::Continue(()))
        };
        trainer::train(&self.engine, &SingleProcess, weights, schedule, fetch, observe).unwrap();
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
        let prepared = trainer::prepare(&self.engine, &SingleProcess, weights, Mode::Infer).unwrap();
        let logits = |samples: &[E::Sample]| {
            trainer::logits(&self.engine, &prepared, &samples.iter().collect::<Vec<_>>(), 0).unwrap()
        };
        let samples = self.samples_for(Mode::Infer, true);
        let by_training_samples = self.client.decrypt_logits(&logits(&self.samples(false))).unwrap();
        let logits = logits(&samples);
        let sent = crossed(
            |to| self.engine.write_logits(to, &logits),
            |from| self.client.read_logits(from, samples.len()),
        );
        let decrypted = self.client.decrypt_logits(&sent).unwrap();
        assert_eq!(decrypted, self.client.decrypt_logits(&logits).unwrap());
        assert_eq!(decrypted, by_training_samples);
        assert_eq!(decrypted.dim(), (samples.len(), self.classes()));
        decrypted
    }

    pub fn samples_weights_and_logits_come_back(&self) {
        let weights = self.trained();
        let stored = self.stored(&weights);
        assert_eq!(self.model(&stored), self.model(&weights));
        self.logits(&stored);
    }

    /// Requires a training of nine steps.
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

    /// Any division of a batch into shares, and any order of their sum, gives the same bytes, also if gradients are
    /// sent.
    pub fn gradients_of_shares_add_up_in_any_order(&self) {
        let (samples, weights) = (self.samples(true), self.trained());
        let batch: Vec<_> = samples.iter().take(self.training.batch).collect();
        let prepared = trainer::prepare(&self.engine, &SingleProcess, &weights, Mode::Train).unwrap();
        let at = StepContext::whole(3, 0.5, batch.len());
        let gradients = |share: Range<usize>| {
            trainer::gradients(&self.engine, &prepared, &batch[share.clone()], at.from(share.start)).unwrap()
        };
        let write = |gradient: &E::Gradient| written(|to| self.engine.write_gradient(to, gradient));
        let whole: Vec<_> = gradients(0..batch.len()).iter().map(write).collect();
        let mut stream = Seed(8).stream(Purpose::Tests, 0, 0);
        for _ in 0..12 {
            // A share can be empty.
            let cut = |_| stream.below(batch.len() as u32 + 1) as usize;
            let mut cuts: Vec<usize> = (0..3).map(cut).chain([0, batch.len()]).collect();
            cuts.sort_unstable();
            let mut shares: Vec<_> = cuts.windows(2).map(|pair| gradients(pair[0]..pair[1])).collect();
            stream.shuffle(&mut shares);
            let mut sums = shares.pop().unwrap();
            for share in shares {
                let layers = share.iter().enumerate();
                let sent = layers.map(|(layer, gradient)| {
                    crossed(
                        |to| self.engine.write_gradient(to, gradient),
                        |from| self.engine.read_gradient(from, layer),
                    )
                });
                trainer::add_gradients(&self.engine, &mut sums, &sent.collect::<Vec<_>>()).unwrap();
            }
            assert!(sums.iter().map(write).eq(whole.iter().cloned()), "cut at {cuts:?}");
        }
        let mut alone = gradients(0..1);
        assert!(trainer::add_gradients(&self.engine, &mut alone, &[]).is_err(), "layers are missing");
        assert_eq!(alone.iter().map(write).eq(whole), batch.len() == 1);
    }

    pub fn threads_do_not_change_weights(&self) {
        let train = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let write = |weights: &_| written(|to| self.engine.write_weights(to, weights));
            let samples = self.samples(true);
            let mut weights = self.initial_weights();
            let (engine, training, schedule) = (&self.engine, &self.training, self.schedule());
            let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
            let observe = |_, _: &[E::Weights]| Ok::<_, EngineError>(ControlFlow::Continue(()));
            pool.install(|| trainer::train(engine, &SingleProcess, &mut weights, &schedule, fetch, observe))
                .unwrap();
            assert!(schedule.steps() > training.epochs as u64, "several steps");
            weights.iter().map(write).collect::<Vec<_>>()
        };
        assert!(train(1) == train(2));
    }

    /// All ranks get the same bytes as a single process, even if some ranks have no samples.
    pub fn ranks_do_not_change_weights(&self) {
        let (engine, schedule, samples) = (&self.engine, self.schedule(), self.samples(true));
        let write = |weights: &[E::Weights]| {
            written(|to| weights.iter().try_for_each(|layer| engine.write_weights(to, layer)))
        };
        let initial = self.initial_weights();
        let alone = write(&self.trained());
        let train = |rank: ThreadCommunicator| {
            let mut weights = initial.clone();
            let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
            // Only rank 0 ends the training.
            let observe = |progress: Progress, _: &[E::Weights]| {
                let end = rank.rank() == 0 && progress.steps_done == progress.steps;
                Ok::<_, ParallelError>(if end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            };
            let strategy = DataParallel(&rank);
            trainer::train(engine, &strategy, &mut weights, &schedule, fetch, observe).unwrap();
            write(&weights)
        };
        let train = &train;
        for size in [1, 2, 3, 4, 7] {
            let ranks = ThreadCommunicator::ranks(size, Duration::from_secs(60));
            std::thread::scope(|scope| {
                let started: Vec<_> =
                    ranks.into_iter().map(|rank| scope.spawn(move || train(rank))).collect();
                for rank in started {
                    assert!(rank.join().unwrap() == alone, "{size} ranks");
                }
            });
        }
    }

    /// Requires a network with three inputs and two classes.
    pub fn what_does_not_fit_the_network_is_refused(&self) {
        for (inputs, class) in [(&[0.5; 4][..], None), (&[0.5; 3], Some(2)), (&[0.5, 1.5, 0.5], None)] {
            assert!(self.client.encrypt_sample(inputs, class.map(Target::Class)).is_err());
        }
        let unlabelled = self.samples(false);
        let batch: Vec<_> = unlabelled.iter().collect();
        let error =
            trainer::train_step(&self.engine, &mut self.initial_weights(), &batch, 0, 1.0).unwrap_err();
        assert!(error.to_string().contains("label"), "{error}");
        let for_inference = self.samples_for(Mode::Infer, true);
        let batch: Vec<_> = for_inference.iter().collect();
        let mut weights = self.initial_weights();
        assert!(trainer::train_step(&self.engine, &mut weights, &batch, 0, 1.0).is_err(), "no labels");
        assert!(trainer::prepare(&self.engine, &SingleProcess, &[], Mode::Infer).is_err(), "no weights");
        assert!(trainer::logits(&self.engine, &[], &batch, 0).is_err(), "no prepared weights");

        let labelled = self.client.encrypt_sample(&[0.5; 3], Some(Target::Class(0))).unwrap();
        let bytes = written(|to| self.client.write_upload(to, &labelled));
        assert!(
            read_whole(&bytes, |from| self.engine.read_upload(from, false)).is_none(),
            "a label is left over"
        );
    }
}

/// Reads what was written, and checks that truncated bytes cannot be read.
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

/// Reads a value that consists of all these bytes; `None` if they are not such a value.
fn read_whole<T>(mut bytes: &[u8], read: impl Fn(&mut dyn io::Read) -> io::Result<T>) -> Option<T> {
    let value = read(&mut bytes).ok()?;
    bytes.is_empty().then_some(value)
}

/// Checks that decrypted logits differ from those of the decrypted model by at most the error of each class.
pub fn assert_close(found: &Array2<f32>, expected: &Array2<f32>, error: &Array2<f32>) {
    assert!(expected.iter().any(|logit| logit.abs() > 1.0), "a trained model: {expected}");
    for (index, found) in found.indexed_iter() {
        let (expected, error) = (expected[index], error[(0, index.1)] + 1e-4);
        println!("{index:?}: {found} for {expected} +- {error}");
        assert!((found - expected).abs() <= error, "{index:?}: {found} for {expected} +- {error}");
    }
}
