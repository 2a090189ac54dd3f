//! The approximate engine on the simulator.

use crate::setting::{Setting, assert_close};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::plan::{ApproximateBits, ApproximatePlan, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineClient, Mode};

/// Parameters with large polynomials, so that tables have fine steps.
const FINE: ApproximateParameters = ApproximateParameters { name: "fine", polynomial_size: 1 << 16, ..N2048 };

/// The values that an engine and its client borrow.
struct Sides {
    widths: Vec<usize>,
    training: TrainingPlan,
    backend: PlainApproximateBackend,
    client: PlainApproximateClient,
    network: ApproximateNetwork,
}

impl Sides {
    fn new(
        widths: &[usize],
        training: TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
    ) -> Self {
        let network = ApproximateNetwork::new(widths, &training, plan, parameters, &[]).unwrap();
        let (backend, client) =
            (PlainApproximateBackend::new(parameters, Seed(5)), PlainApproximateClient::new(parameters));
        Self { widths: widths.to_vec(), training, backend, client, network }
    }

    /// Replaces the backend by one without noise.
    fn exact(mut self) -> Self {
        self.backend = PlainApproximateBackend::exact(self.network.parameters());
        self
    }

    fn setting(
        &self,
        samples: usize,
    ) -> Setting<
        ApproximateEngine<'_, PlainApproximateBackend>,
        ApproximateEngineClient<'_, PlainApproximateClient>,
    > {
        let engine = ApproximateEngine::new(&self.backend, &self.network);
        let client = ApproximateEngineClient::new(&self.client, &self.network);
        Setting::new(engine, client, &self.widths, samples, self.training.clone())
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
        let sides = Sides::new(&widths, training, &ApproximatePlan::default(), &N2048);
        sides.setting(samples).samples_weights_and_logits_come_back();
    }
}

#[test]
fn gradients_of_shares_add_up_in_any_order() {
    for batch in [1, 5, 7] {
        let training = TrainingPlan { batch, learning_rate: 0.1, ..TrainingPlan::default() };
        let sides = Sides::new(&[5, 4, 4, 3], training, &ApproximatePlan::default(), &N2048);
        sides.setting(7).gradients_of_shares_add_up_in_any_order();
    }
}

#[test]
fn threads_do_not_change_weights() {
    let training = TrainingPlan { epochs: 2, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 40, 3], training, &ApproximatePlan::default(), &N2048);
    sides.setting(11).threads_do_not_change_weights();
}

#[test]
fn ranks_do_not_change_weights() {
    let training = TrainingPlan { epochs: 2, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 4, 3], training, &ApproximatePlan::default(), &N2048);
    sides.setting(11).ranks_do_not_change_weights();
}

#[test]
fn a_resumed_training_equals_the_undisturbed_one() {
    let training = TrainingPlan { epochs: 3, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 4, 3], training, &ApproximatePlan::default(), &N2048);
    sides.setting(11).a_resumed_training_equals_the_undisturbed_one();
}

#[test]
fn logits_are_those_of_the_decrypted_model() {
    let training = TrainingPlan { epochs: 25, batch: 5, learning_rate: 0.5, ..TrainingPlan::default() };
    let bits = ApproximateBits { inputs: 8, activations: 8, deltas: 8 };
    let plan = ApproximatePlan { bits, ..ApproximatePlan::default() };
    let sides = Sides::new(&[6, 8, 6, 3], training, &plan, &FINE).exact();
    let setting = sides.setting(10);
    let weights = setting.trained();
    let model = setting.model(&weights);
    let layers = sides.network.layers();
    let input_unit = layers[0].input_unit as f32;
    let expected = model.forward(&setting.inputs.mapv(|x| (x / input_unit).round() * input_unit));

    // Each layer propagates the errors of its inputs. The table of a ReLU rounds its input to one of 2^14 steps of the
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
    assert_close(&setting.logits(&weights), &expected, &error);
}

#[test]
fn what_does_not_fit_the_network_is_refused() {
    let training = TrainingPlan { batch: 2, ..TrainingPlan::default() };
    let narrow = Sides::new(&[3, 2], training.clone(), &ApproximatePlan::default(), &N2048);
    let setting = narrow.setting(2);
    setting.what_does_not_fit_the_network_is_refused();

    let wide = Sides::new(&[2048, 2], training, &ApproximatePlan::default(), &N2048);
    let upload = wide.setting(1).client.encrypt_sample(&[0.5; 2048], None).unwrap();
    assert!(setting.engine.expand(&upload, Mode::Train).is_err(), "two blocks of inputs");
}
