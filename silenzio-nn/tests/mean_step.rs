//! The mean of many dithered integer steps is close to the floating-point step.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Axis};
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_core::plan::{Cover, ExactBits, ExactPlan, Ranges, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Engine, EngineClient, Mode, Modulus, Target};
use silenzio_data::Dataset;
use silenzio_nn::init::initial_network;
use silenzio_nn::reference::train_reference;
use silenzio_nn::trainer;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

const WIDTHS: [usize; 4] = [6, 5, 4, 3];
const SAMPLES: usize = 8;

/// A look-up of b bits costs about 2^b: wide look-ups are expensive, as in TFHE.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.get())
}

fn samples() -> Dataset {
    let mut stream = Seed(3).stream(Purpose::Tests, 0, 0);
    let inputs = Array2::from_shape_simple_fn((SAMPLES, WIDTHS[0]), || stream.unit() as f32);
    let labels = (0..SAMPLES).map(|i| i % WIDTHS[3]).collect();
    let names = |n: usize| (0..n).map(|i| i.to_string()).collect();
    Dataset::new(inputs, labels, names(WIDTHS[3]), names(WIDTHS[0])).unwrap()
}

#[test]
fn the_mean_dithered_step_is_the_float_step() {
    check_mean_step(SAMPLES);
}

/// The learning rate applies to the mean over the samples that the batch really has.
#[test]
fn the_mean_step_of_a_short_batch_is_the_float_step() {
    check_mean_step(SAMPLES + 4);
}

fn check_mean_step(batch: usize) {
    let data = samples();
    let training = TrainingPlan {
        epochs: 1,
        batch,
        label_smoothing: 0.0,
        logit_penalty: 0.0,
        ..TrainingPlan::default()
    };
    let engine_plan = ExactPlan {
        cover: Cover::Margin(4.0),
        bits: ExactBits { inputs: 7, activations: 7, logits: 6, deltas: 7, gradients: 7, weights: 8 },
        range: Ranges { deltas: 1.0, ..Ranges::default() },
        ..ExactPlan::default()
    };
    let backend = PlainBackend::new(lut_cost);
    let network = ExactNetwork::new(&WIDTHS, &training, &engine_plan, lut_cost).unwrap();
    let (engine, client) = (ExactEngine::new(&backend, &network), ExactClient::new(&PlainClient, &network));

    let seed = Seed(training.seed);
    let initial = initial_network(seed, &WIDTHS);
    let float = train_reference(&data, &WIDTHS[1..3], &training, |_, _| ());
    let encrypted: Vec<_> = data
        .inputs
        .axis_iter(Axis(0))
        .zip(&data.labels)
        .map(|(row, &label)| client.encrypt_sample(&row.to_vec(), Some(Target::Class(label))).unwrap())
        .map(|upload| engine.expand(&upload, Mode::Train).unwrap())
        .collect();
    let batch: Vec<_> = encrypted.iter().collect();

    let start = trainer::initial_weights(&engine, seed, &WIDTHS).unwrap();
    let steps = 2000;
    let mut mean: Vec<Array2<f32>> = initial.iter().map(|w| Array2::zeros(w.dim())).collect();
    for step in 0..steps {
        let mut weights = start.clone();
        trainer::train_step(&engine, &mut weights, &batch, step, 1.0).unwrap();
        for (layer, mean) in mean.iter_mut().enumerate() {
            let change = client.decrypt_weights(layer, &weights[layer]).unwrap()
                - client.decrypt_weights(layer, &start[layer]).unwrap();
            *mean += &(change / steps as f32);
        }
    }
    for (layer, mean) in mean.iter().enumerate() {
        let change = &float.weights[layer] - &initial[layer];
        let rate = network.layers()[layer].learning_rate / training.learning_rate;
        let bias = network.layers()[layer].bias_input as f64 * network.layers()[layer].input_unit;
        let rows = change.nrows();
        for ((row, column), &exact) in change.indexed_iter() {
            let scale = if row + 1 == rows { rate * bias * bias } else { rate };
            let (exact, found) = (f64::from(exact) * scale, f64::from(mean[(row, column)]));
            println!("layer {layer} ({row}, {column}): {found:.4} for {exact:.4}");
            assert!(
                (found - exact).abs() < 0.004,
                "layer {layer} ({row}, {column}): {found:.4} for {exact:.4}"
            );
        }
    }
}
