//! The exact engine on the simulator.

use crate::setting::{Setting, assert_close};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_core::plan::{ExactBits, ExactPlan, Rounding, TrainingPlan};
use silenzio_core::{Engine, EngineClient, Mode, Modulus};
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

/// A look-up of b bits costs about 2^b: wide look-ups are expensive, as in TFHE.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.get())
}

/// The values that an engine and its client borrow.
struct Sides {
    widths: Vec<usize>,
    training: TrainingPlan,
    backend: PlainBackend,
    network: ExactNetwork,
}

impl Sides {
    fn new(widths: &[usize], training: TrainingPlan, plan: &ExactPlan) -> Self {
        let backend = PlainBackend::new(lut_cost);
        let network = ExactNetwork::new(widths, &training, plan, lut_cost).unwrap();
        Self { widths: widths.to_vec(), training, backend, network }
    }

    fn setting(
        &self,
        samples: usize,
    ) -> Setting<ExactEngine<'_, PlainBackend>, ExactClient<'_, PlainClient>> {
        let engine = ExactEngine::new(&self.backend, &self.network);
        let client = ExactClient::new(&PlainClient, &self.network);
        Setting::new(engine, client, &self.widths, samples, self.training.clone())
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
        let sides = Sides::new(&widths, training, &ExactPlan::default());
        sides.setting(samples).samples_weights_and_logits_come_back();
    }
}

#[test]
fn gradients_of_shares_add_up_in_any_order() {
    for batch in [1, 5, 7] {
        let training = TrainingPlan { batch, learning_rate: 0.1, ..TrainingPlan::default() };
        let sides = Sides::new(&[5, 4, 4, 3], training, &ExactPlan::default());
        sides.setting(7).gradients_of_shares_add_up_in_any_order();
    }
}

#[test]
fn threads_do_not_change_weights() {
    let training = TrainingPlan { epochs: 2, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 40, 3], training, &ExactPlan::default());
    sides.setting(11).threads_do_not_change_weights();
}

#[test]
fn ranks_do_not_change_weights() {
    let training = TrainingPlan { epochs: 2, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 4, 3], training, &ExactPlan::default());
    sides.setting(11).ranks_do_not_change_weights();
}

#[test]
fn a_resumed_training_equals_the_undisturbed_one() {
    let training = TrainingPlan { epochs: 3, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let sides = Sides::new(&[5, 4, 3], training, &ExactPlan::default());
    sides.setting(11).a_resumed_training_equals_the_undisturbed_one();
}

#[test]
fn logits_are_those_of_the_decrypted_model() {
    let training = TrainingPlan { epochs: 30, batch: 5, learning_rate: 1.0, ..TrainingPlan::default() };
    let bits = ExactBits { inputs: 7, activations: 7, logits: 6, deltas: 7, gradients: 7, weights: 8 };
    let plan = ExactPlan { bits, rounding: Rounding::Nearest, ..ExactPlan::default() };
    let sides = Sides::new(&[6, 5, 4, 3], training, &plan);
    let setting = sides.setting(10);
    let weights = setting.trained();
    let model = setting.model(&weights);
    let layers = sides.network.layers();
    let input_unit = layers[0].input_unit as f32;
    let expected = model.forward(&setting.inputs.mapv(|x| (x / input_unit).round() * input_unit));

    // Each layer rounds by at most half a step, and propagates the errors of its inputs.
    let mut error = Array2::<f32>::zeros((1, 6));
    for (format, weights) in layers.iter().zip(&model.weights) {
        let (weights, _) = weights.view().split_at(Axis(0), format.inputs);
        error = error.dot(&weights.mapv(f32::abs)) + format.output_unit as f32 / 2.0;
    }
    assert_close(&setting.logits(&weights), &expected, &error);
}

#[test]
fn what_does_not_fit_the_network_is_refused() {
    let training = TrainingPlan { batch: 2, ..TrainingPlan::default() };
    let narrow = Sides::new(&[3, 2], training.clone(), &ExactPlan::default());
    let setting = narrow.setting(2);
    setting.what_does_not_fit_the_network_is_refused();

    let wide = Sides::new(&[4, 2], training, &ExactPlan::default());
    let upload = wide.setting(2).client.encrypt_sample(&[0.5; 4], None).unwrap();
    assert!(setting.engine.expand(&upload, Mode::Train).is_err());
}
