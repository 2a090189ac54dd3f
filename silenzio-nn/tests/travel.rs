//! The exact engine across a file: samples, weights and logits come back, a resumed training goes on as if it had
//! never stopped, and logits are those of the decrypted model.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView1, Axis};
use proptest::prelude::*;
use silenzio_backend_plain::{PlainBackend, PlainClient, PlainValue, PlainValues};
use silenzio_core::conformance::check_wire;
use silenzio_core::plan::{Bits, EnginePlan, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::storage::{LogitsFormat, UploadFormat, WeightsFormat};
use silenzio_core::{Backend, Engine, EngineClient, EngineError, wire};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Schedule};
use silenzio_rns::client::Upload;
use silenzio_rns::engine::Sample;
use silenzio_rns::weights::WeightDigits;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use std::ops::ControlFlow;

type Weights = WeightDigits<PlainValue>;

/// A network on the plain backend, with random samples of classes that can be told apart.
struct Setting {
    widths: Vec<usize>,
    training: TrainingPlan,
    network: ExactNetwork,
    backend: PlainBackend,
    inputs: Array2<f32>,
}

impl Setting {
    fn new(widths: &[usize], samples: usize, training: TrainingPlan, plan: &EnginePlan) -> Self {
        let backend = PlainBackend::default();
        let network = ExactNetwork::new(widths, &training, plan, |m| backend.lut_cost(m)).unwrap();
        let mut stream = Seed(training.seed).stream(Purpose::Tests, 0, 0);
        let classes = widths[widths.len() - 1];
        let inputs = Array2::from_shape_fn((samples, widths[0]), |(sample, input)| {
            let of_class = if sample % classes == input % classes { 0.5 } else { 0.0 };
            of_class + 0.5 * stream.unit() as f32
        });
        Self { widths: widths.to_vec(), training, network, backend, inputs }
    }

    fn engine(&self) -> ExactEngine<'_, PlainBackend> {
        ExactEngine::new(&self.backend, &self.network)
    }

    fn client(&self) -> ExactClient<'_, PlainClient> {
        ExactClient::new(&PlainClient, &self.network)
    }

    /// The samples, sent from client to server.
    fn samples(&self, labelled: bool) -> Vec<Sample<PlainValue>> {
        let format = UploadFormat { network: &self.network, labelled };
        let classes = self.widths[self.widths.len() - 1];
        let send = |(i, row): (usize, ArrayView1<'_, f32>)| {
            let upload =
                self.client().encrypt_sample(&row.to_vec(), labelled.then_some(i % classes)).unwrap();
            self.engine().expand(&check_wire(&upload, &format).unwrap()).unwrap()
        };
        self.inputs.axis_iter(Axis(0)).enumerate().map(send).collect()
    }

    fn initial_weights(&self) -> Vec<Weights> {
        trainer::initial_weights(&self.engine(), Seed(self.training.seed), &self.widths).unwrap()
    }

    /// The weights, sent from server to client or back.
    fn send_weights(&self, weights: &[Weights]) -> Vec<Weights> {
        let layers = weights.iter().enumerate();
        let send = |(layer, w)| check_wire(w, &WeightsFormat { network: &self.network, layer }).unwrap();
        layers.map(send).collect()
    }

    fn schedule(&self) -> Schedule {
        Schedule::new(&self.training, self.inputs.nrows())
    }

    /// Trains along a schedule; gives the steps done after each step.
    fn train(
        &self,
        samples: &[Sample<PlainValue>],
        weights: &mut [Weights],
        schedule: &Schedule,
    ) -> Vec<u64> {
        let mut steps = vec![];
        let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
        let observe = |progress: trainer::Progress, _: &[Weights]| {
            steps.push(progress.steps_done);
            Ok::<_, EngineError>(ControlFlow::Continue(()))
        };
        trainer::train(&self.engine(), weights, schedule, fetch, observe).unwrap();
        steps
    }

    fn decrypt(&self, weights: &[Weights]) -> Vec<Array2<i64>> {
        let layers = weights.iter().enumerate();
        layers.map(|(layer, w)| self.client().decrypt_integers(layer, w).unwrap()).collect()
    }

    /// The decrypted model, for plain use.
    fn model(&self, weights: &[Weights]) -> Mlp {
        let client = self.client();
        let layers = weights.iter().enumerate();
        Mlp {
            weights: layers.map(|(layer, w)| client.decrypt_weights(layer, w).unwrap()).collect(),
            activation_limits: client.activation_limits(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn samples_weights_and_logits_come_back(
        widths in prop::collection::vec(2usize..6, 2..5),
        samples in 1usize..5,
        seed in any::<u64>(),
    ) {
        let training = TrainingPlan { epochs: 1, batch: 2, seed, ..TrainingPlan::default() };
        let setting = Setting::new(&widths, samples, training, &EnginePlan::default());
        let mut weights = setting.initial_weights();
        setting.train(&setting.samples(true), &mut weights, &setting.schedule());
        let sent = setting.send_weights(&weights);
        prop_assert_eq!(setting.decrypt(&sent), setting.decrypt(&weights));

        let unlabelled = setting.samples(false);
        let batch: Vec<_> = unlabelled.iter().collect();
        let logits = trainer::logits(&setting.engine(), &sent, &batch).unwrap();
        let format = LogitsFormat { network: &setting.network, samples };
        let decrypted = setting.client().decrypt_logits(&check_wire(&logits, &format).unwrap()).unwrap();
        prop_assert_eq!(decrypted.dim(), (samples, widths[widths.len() - 1]));
        prop_assert_eq!(decrypted, setting.client().decrypt_logits(&logits).unwrap());
    }
}

#[test]
fn a_resumed_training_equals_the_undisturbed_one() {
    let training = TrainingPlan { epochs: 3, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let setting = Setting::new(&[5, 4, 3], 11, training, &EnginePlan::default());
    let samples = setting.samples(true);
    let mut undisturbed = setting.initial_weights();
    assert_eq!(setting.train(&samples, &mut undisturbed, &setting.schedule()), (1..=9).collect::<Vec<_>>());
    assert_ne!(setting.decrypt(&undisturbed), setting.decrypt(&setting.initial_weights()));

    for steps_done in [0, 1, 3, 4, 8, 9] {
        let mut weights = setting.initial_weights();
        setting.train(&samples, &mut weights, &setting.schedule().at_most(steps_done));
        let mut weights = setting.send_weights(&weights);
        let steps = setting.train(&samples, &mut weights, &setting.schedule().after(steps_done));
        assert_eq!(steps, (steps_done + 1..=9).collect::<Vec<_>>());
        assert_eq!(
            setting.decrypt(&weights),
            setting.decrypt(&undisturbed),
            "resumed after {steps_done} steps"
        );
    }
}

#[test]
fn logits_are_those_of_the_decrypted_model() {
    let training = TrainingPlan { epochs: 30, batch: 5, learning_rate: 1.0, ..TrainingPlan::default() };
    let bits = Bits { inputs: 7, activations: 7, logits: 6, errors: 7, gradients: 7, weights: 8 };
    let plan = EnginePlan { bits, rounding: Rounding::Nearest, ..EnginePlan::default() };
    let setting = Setting::new(&[6, 5, 4, 3], 10, training, &plan);
    let mut weights = setting.initial_weights();
    setting.train(&setting.samples(true), &mut weights, &setting.schedule());

    let samples = setting.samples(false);
    let logits = trainer::logits(&setting.engine(), &weights, &samples.iter().collect::<Vec<_>>()).unwrap();
    let found = setting.client().decrypt_logits(&logits).unwrap();
    let model = setting.model(&weights);
    let input_unit = setting.network.layers()[0].input_unit as f32;
    let expected = model.forward(&setting.inputs.mapv(|x| (x / input_unit).round() * input_unit));
    assert!(expected.iter().any(|logit| logit.abs() > 1.0), "a trained model: {expected}");

    // Each layer rounds by half a step, and passes the errors of its inputs on.
    let mut error = Array2::<f32>::zeros((1, 6));
    for (format, weights) in setting.network.layers().iter().zip(&model.weights) {
        let (weights, _) = weights.view().split_at(Axis(0), format.inputs);
        error = error.dot(&weights.mapv(f32::abs)) + format.output_unit as f32 / 2.0;
    }
    for (index, found) in found.indexed_iter() {
        let (expected, error) = (expected[index], error[(0, index.1)] + 1e-4);
        println!("{index:?}: {found} for {expected} +- {error}");
        assert!((found - expected).abs() <= error, "{index:?}: {found} for {expected} +- {error}");
    }
}

#[test]
fn what_does_not_fit_the_network_is_refused() {
    let training = TrainingPlan { batch: 2, ..TrainingPlan::default() };
    let setting = Setting::new(&[3, 2], 2, training.clone(), &EnginePlan::default());
    let client = setting.client();
    for (inputs, class) in [(&[0.5; 4][..], None), (&[0.5; 3], Some(2)), (&[0.5, 1.5, 0.5], None)] {
        assert!(client.encrypt_sample(inputs, class).is_err());
    }
    let mut weights = setting.initial_weights();
    let unlabelled = setting.samples(false);
    let batch: Vec<_> = unlabelled.iter().collect();
    let error = trainer::train_step(&setting.engine(), &mut weights, &batch, 0, 1.0).unwrap_err();
    assert!(error.to_string().contains("label"), "{error}");
    assert!(trainer::logits(&setting.engine(), &[], &batch).is_err(), "no weights");

    let labelled = wire::to_bytes(&client.encrypt_sample(&[0.5; 3], Some(0)).unwrap()).unwrap();
    let format = UploadFormat { network: &setting.network, labelled: false };
    assert!(wire::from_bytes::<_, Upload<PlainValues>>(&labelled, &format).is_err(), "a label is left over");

    let wide = Setting::new(&[4, 2], 2, training, &EnginePlan::default());
    let upload = wide.client().encrypt_sample(&[0.5; 4], None).unwrap();
    assert!(setting.engine().expand(&upload).is_err());
}
