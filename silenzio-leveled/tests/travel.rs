//! The leveled engine across a file: samples, weights and logits come back, a resumed training goes on as if it had
//! never stopped, and logits are those of the decrypted model.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView1, Axis};
use proptest::prelude::*;
use silenzio_backend_plain::leveled::{
    PlainGgsw, PlainGlwe, PlainLeveledBackend, PlainLeveledClient, PlainLwe, PlainLwes, PlainTerms,
};
use silenzio_core::conformance::check_wire;
use silenzio_core::leveled::LeveledParameters;
use silenzio_core::leveled::parameters::N2048;
use silenzio_core::plan::{Bits, EnginePlan, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::storage::{LogitsFormat, UploadFormat, WeightsFormat};
use silenzio_core::{Engine, EngineClient, EngineError, wire};
use silenzio_leveled::client::{Upload, Weights};
use silenzio_leveled::engine::Sample;
use silenzio_leveled::{LeveledEngine, LeveledEngineClient, LeveledNetwork};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Schedule};
use std::ops::ControlFlow;

type PlainSample = Sample<PlainGgsw, PlainLwe>;
type PlainWeights = Weights<PlainGlwe>;

/// A network on a simulator, with random samples of classes that can be told apart.
struct Setting {
    widths: Vec<usize>,
    training: TrainingPlan,
    network: LeveledNetwork,
    backend: PlainLeveledBackend,
    plain_client: PlainLeveledClient,
    inputs: Array2<f32>,
}

impl Setting {
    fn new(
        widths: &[usize],
        samples: usize,
        training: TrainingPlan,
        plan: &EnginePlan,
        parameters: &'static LeveledParameters,
    ) -> Self {
        let network = LeveledNetwork::new(widths, &training, plan, parameters, &[]).unwrap();
        let mut stream = Seed(training.seed).stream(Purpose::Tests, 0, 0);
        let classes = widths[widths.len() - 1];
        let inputs = Array2::from_shape_fn((samples, widths[0]), |(sample, input)| {
            let of_class = if sample % classes == input % classes { 0.5 } else { 0.0 };
            of_class + 0.5 * stream.unit() as f32
        });
        let (backend, plain_client) =
            (PlainLeveledBackend::exact(parameters), PlainLeveledClient::new(parameters));
        Self { widths: widths.to_vec(), training, network, backend, plain_client, inputs }
    }

    fn engine(&self) -> LeveledEngine<'_, PlainLeveledBackend> {
        LeveledEngine::new(&self.backend, &self.network)
    }

    fn client(&self) -> LeveledEngineClient<'_, PlainLeveledClient> {
        LeveledEngineClient::new(&self.plain_client, &self.network)
    }

    /// The samples, sent from client to server.
    fn samples(&self, labelled: bool) -> Vec<PlainSample> {
        let format = UploadFormat { network: &self.network, labelled };
        let classes = self.widths[self.widths.len() - 1];
        let send = |(i, row): (usize, ArrayView1<'_, f32>)| {
            let upload =
                self.client().encrypt_sample(&row.to_vec(), labelled.then_some(i % classes)).unwrap();
            self.engine().expand(&check_wire(&upload, &format).unwrap()).unwrap()
        };
        self.inputs.axis_iter(Axis(0)).enumerate().map(send).collect()
    }

    fn initial_weights(&self) -> Vec<PlainWeights> {
        trainer::initial_weights(&self.engine(), Seed(self.training.seed), &self.widths).unwrap()
    }

    /// The weights, sent from server to client or back.
    fn send_weights(&self, weights: &[PlainWeights]) -> Vec<PlainWeights> {
        let layers = weights.iter().enumerate();
        let send = |(layer, w)| check_wire(w, &WeightsFormat { network: &self.network, layer }).unwrap();
        layers.map(send).collect()
    }

    fn schedule(&self) -> Schedule {
        Schedule::new(&self.training, self.inputs.nrows())
    }

    /// Trains along a schedule, on one thread: the order of additions matters to the last bit.
    fn train(&self, samples: &[PlainSample], weights: &mut [PlainWeights], schedule: &Schedule) {
        let fetch = |numbers: &[usize]| Ok(numbers.iter().map(|&i| &samples[i]).collect());
        let observe =
            |_: trainer::Progress, _: &[PlainWeights]| Ok::<_, EngineError>(ControlFlow::Continue(()));
        let thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        thread.install(|| trainer::train(&self.engine(), weights, schedule, fetch, observe)).unwrap();
    }

    /// The decrypted model, for plain use.
    fn model(&self, weights: &[PlainWeights]) -> Mlp {
        let client = self.client();
        let layers = weights.iter().enumerate();
        Mlp {
            weights: layers.map(|(layer, w)| client.decrypt_weights(layer, w).unwrap()).collect(),
            activation_limits: client.activation_limits(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn samples_weights_and_logits_come_back(
        widths in prop::collection::vec(2usize..6, 2..5),
        samples in 1usize..4,
        seed in any::<u64>(),
    ) {
        let training = TrainingPlan { epochs: 1, batch: 2, seed, ..TrainingPlan::default() };
        let setting = Setting::new(&widths, samples, training, &EnginePlan::default(), &N2048);
        let mut weights = setting.initial_weights();
        setting.train(&setting.samples(true), &mut weights, &setting.schedule());
        let sent = setting.send_weights(&weights);
        prop_assert_eq!(setting.model(&sent), setting.model(&weights));

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
    let setting = Setting::new(&[5, 4, 3], 11, training, &EnginePlan::default(), &N2048);
    let samples = setting.samples(true);
    let mut undisturbed = setting.initial_weights();
    setting.train(&samples, &mut undisturbed, &setting.schedule());
    assert_ne!(setting.model(&undisturbed), setting.model(&setting.initial_weights()));

    for steps_done in [0, 1, 3, 4, 8, 9] {
        let mut weights = setting.initial_weights();
        setting.train(&samples, &mut weights, &setting.schedule().at_most(steps_done));
        let mut weights = setting.send_weights(&weights);
        setting.train(&samples, &mut weights, &setting.schedule().after(steps_done));
        assert_eq!(setting.model(&weights), setting.model(&undisturbed), "resumed after {steps_done} steps");
    }
}

/// With polynomials so large that tables have fine steps.
const FINE: LeveledParameters = LeveledParameters { name: "fine", polynomial_size: 1 << 16, ..N2048 };

#[test]
fn logits_are_those_of_the_decrypted_model() {
    let training = TrainingPlan { epochs: 25, batch: 5, learning_rate: 0.5, ..TrainingPlan::default() };
    let bits = Bits { inputs: 8, activations: 8, errors: 8, ..Bits::default() };
    let plan = EnginePlan { bits, ..EnginePlan::default() };
    let setting = Setting::new(&[6, 8, 6, 3], 10, training, &plan, &FINE);
    let mut weights = setting.initial_weights();
    setting.train(&setting.samples(true), &mut weights, &setting.schedule());

    let samples = setting.samples(false);
    let logits = trainer::logits(&setting.engine(), &weights, &samples.iter().collect::<Vec<_>>()).unwrap();
    let found = setting.client().decrypt_logits(&logits).unwrap();
    let model = setting.model(&weights);
    let layers = setting.network.layers();
    let input_unit = layers[0].input_unit as f32;
    let expected = model.forward(&setting.inputs.mapv(|x| (x / input_unit).round() * input_unit));
    assert!(expected.iter().any(|logit| logit.abs() > 1.0), "a trained model: {expected}");

    // Each layer passes the errors of its inputs on; a rectifier's table rounds its input to one of 2^14 steps of the
    // torus, and its result to an integer.
    let mut error = Array2::<f32>::zeros((1, 6));
    for (layer, weights) in model.weights.iter().enumerate() {
        let (weights, _) = weights.view().split_at(Axis(0), weights.nrows() - 1);
        error = error.dot(&weights.mapv(f32::abs));
        if let Some(above) = layers.get(layer + 1) {
            let table_step = 1.0 / f64::from(1 << 14) / layers[layer].output_amplitude();
            error += ((above.input_unit + table_step) / 2.0) as f32;
        }
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
    let setting = Setting::new(&[3, 2], 2, training.clone(), &EnginePlan::default(), &N2048);
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
    assert!(
        wire::from_bytes::<_, Upload<PlainTerms, PlainLwes>>(&labelled, &format).is_err(),
        "a label is left over"
    );

    let wide = Setting::new(&[2048, 2], 1, training, &EnginePlan::default(), &N2048);
    let upload = wide.client().encrypt_sample(&[0.5; 2048], None).unwrap();
    assert!(setting.engine().expand(&upload).is_err(), "two blocks of inputs");
}
