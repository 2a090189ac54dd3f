//! The closed form of a step's look-ups gives the counts of a simulated step.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_core::plan::{ExactBits, ExactPlan, Gadget, LayerName, TrainedLayers, TrainingPlan};
use silenzio_core::{Backend, Engine, EngineClient, Mode, Modulus, Target};
use silenzio_nn::trainer::train_step;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

/// Costs that favour narrow moduli, as those of TFHE do.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.bits()).exp2()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_closed_form_counts_what_a_step_does(
        widths in prop::collection::vec(1usize..6, 2..5),
        batch in 1usize..5,
        karatsuba: bool,
        activations in 3u32..6,
        weights in 5u32..=8,
        frozen in prop::collection::vec(any::<bool>(), 4),
    ) {
        let gadget = if karatsuba { Gadget::Karatsuba } else { Gadget::Squares };
        let bits = ExactBits { activations, weights, ..ExactBits::default() };
        let plan = ExactPlan { gadget, bits, ..ExactPlan::default() };
        let trained: Vec<_> = (0..widths.len() - 1).filter(|&layer| !frozen[layer]).map(LayerName::Number).collect();
        let train = if trained.is_empty() { TrainedLayers::All } else { TrainedLayers::These(trained) };
        let training = TrainingPlan { batch, train, ..TrainingPlan::default() };
        // Some networks have no base that fits the learning rate.
        let Ok(network) = ExactNetwork::new(&widths, &training, &plan, lut_cost) else { return Ok(()) };
        for backend in [PlainBackend::new(lut_cost), PlainBackend::new(lut_cost).look_up_by_look_up()] {
            let engine = ExactEngine::new(&backend, &network);
            let client = ExactClient::new(&PlainClient, &network);
            let upload = client.encrypt_sample(&vec![0.5; widths[0]], Some(Target::Class(0))).unwrap();
            let sample = engine.expand(&upload, Mode::Train).unwrap();
            let layers = network.layers().iter().enumerate();
            let mut weights: Vec<_> = layers
                .map(|(layer, format)| {
                    engine.initial_weights(layer, Array2::zeros(format.weight_shape()).view()).unwrap()
                })
                .collect();
            train_step(&engine, &mut weights, &vec![&sample; batch], 0, 1.0).unwrap();
            prop_assert_eq!(backend.lut_counts(), network.step_luts(batch).unwrap() + network.frozen_luts());
        }
        // The size classes are the same for any number of samples.
        let classes = |samples| network.step_luts(samples).unwrap().classes().map(|(bits, _)| bits).collect::<Vec<_>>();
        prop_assert_eq!(classes(1), classes(batch));
    }
}
