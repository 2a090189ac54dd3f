//! Tests of training on the simulator.

#![allow(clippy::unwrap_used)]

mod common;

use common::FINE;
use ndarray::Array2;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork, WeightForm};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_core::approximate::parameters::ALL;
use silenzio_core::approximate::{ApproximateBackend, Precision};
use silenzio_core::plan::{
    ApproximateBits, ApproximatePlan, DataPlan, LayerName, Rounding, TrainedLayers, TrainingPlan,
};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Engine, EngineClient, Mode, Target};
use silenzio_data::{Dataset, Split, load};
use silenzio_nn::init::initial_network;
use silenzio_nn::metrics::accuracy;
use silenzio_nn::reference::{Mlp, train_reference};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer::{self, Schedule};
use std::ops::ControlFlow;
use std::path::Path;

fn dataset(name: &str, seed: u64) -> Split {
    let toml = DataPlan::of_file(format!("{name}.csv"));
    load(&toml, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../data"), Seed(seed)).unwrap()
}

/// The results of a training.
struct Trained {
    /// The accuracy on the test set after each epoch.
    approximate: Vec<f64>,
    /// The accuracy of the same network in floats.
    float: Vec<f64>,
    /// The largest absolute input of a bootstrap, as a fraction of the torus.
    largest_input: f64,
}

/// Trains on the simulator and in floats.
fn train(name: &str, hidden: &[usize], training: &TrainingPlan) -> Trained {
    let split = dataset(name, training.seed);
    let mut widths = vec![split.train.inputs.ncols()];
    widths.extend(hidden);
    widths.push(split.train.classes.len());
    let network =
        ApproximateNetwork::planned(&widths, training, &ApproximatePlan::default(), split.train.len())
            .unwrap();
    let backend = PlainApproximateBackend::new(network.parameters(), Seed(7));
    let plain_client = PlainApproximateClient::new(network.parameters());
    let (engine, client) =
        (ApproximateEngine::new(&backend, &network), ApproximateEngineClient::new(&plain_client, &network));
    let test = |model: &Mlp| accuracy(&model.predict(&split.test.inputs), &split.test.labels);

    let mut float = vec![];
    train_reference(&split.train, hidden, training, |_, model| float.push(test(model)));
    let mut weights = trainer::initial_weights(&engine, Seed(training.seed), &widths).unwrap();
    let mut approximate = vec![];
    let samples = &split.train;
    let schedule = Schedule::new(training, samples.inputs.nrows());
    trainer::train(
        &engine,
        &SingleProcess,
        &mut weights,
        &schedule,
        |numbers| {
            let encrypt = |&i: &usize| {
                let inputs = samples.inputs.row(i).to_vec();
                engine.expand(&client.encrypt_sample(&inputs, Some(samples.labels[i].into()))?, Mode::Train)
            };
            numbers.iter().map(encrypt).collect::<Result<Vec<_>, _>>()
        },
        |progress, weights| {
            if progress.completed_epoch.is_some() {
                let weights = weights.iter().enumerate();
                let weights = weights.map(|(l, w)| client.decrypt_weights(l, w)).collect::<Result<_, _>>()?;
                approximate.push(test(&Mlp { weights, activation_limits: network.activation_limits() }));
            }
            Ok::<_, silenzio_core::EngineError>(ControlFlow::Continue(()))
        },
    )
    .unwrap();
    let counts = backend.counts();
    let expected = network.bootstraps(schedule.steps(), schedule.samples() as u64);
    assert_eq!(counts.bootstraps, expected);
    let largest_input = backend.largest_input();
    println!(
        "{name}: approximate {approximate:.3?}\n  float {float:.3?}\n  {counts:?}, inputs up to {largest_input:.3}"
    );
    Trained { approximate, float, largest_input }
}

/// The mean of the last few epochs, since the accuracy after a single epoch of plain SGD fluctuates, also in floats.
fn last(accuracies: &[f64]) -> f64 {
    let last = &accuracies[accuracies.len() - accuracies.len().min(4)..];
    last.iter().sum::<f64>() / last.len() as f64
}

#[test]
fn iris_is_learnt_as_in_floats() {
    let training = TrainingPlan { epochs: 20, learning_rate: 0.3, ..TrainingPlan::default() };
    let Trained { approximate, float, largest_input } = train("iris", &[8], &training);
    assert!(approximate.iter().any(|&a| a > 0.9) && last(&approximate) > last(&float) - 0.06);
    assert!(largest_input < 0.25, "something wraps");
}

#[test]
fn breast_cancer_is_learnt_as_in_floats() {
    let training = TrainingPlan { epochs: 6, ..TrainingPlan::default() };
    let Trained { approximate, float, largest_input } = train("breast_cancer", &[16], &training);
    assert!(last(&approximate) > 0.9 && last(&approximate) > last(&float) - 0.04);
    assert!(largest_input < 0.25, "something wraps");
}

#[test]
fn two_hidden_layers_learn() {
    let training = TrainingPlan { epochs: 8, learning_rate: 0.15, ..TrainingPlan::default() };
    let Trained { approximate, float, largest_input } = train("breast_cancer", &[12, 8], &training);
    assert!(last(&approximate) > 0.9 && last(&approximate) > last(&float) - 0.04);
    // The activation of a pre-activation beyond twice its range is 0, and its gate is closed.
    assert!(largest_input < 0.375);
}

#[test]
fn digits_are_learnt_as_in_floats() {
    let training = TrainingPlan { epochs: 8, batch: 16, ..TrainingPlan::default() };
    let Trained { approximate, float, largest_input } = train("digits", &[32], &training);
    assert!(last(&approximate) > 0.9 && last(&approximate) > last(&float) - 0.04);
    assert!(largest_input < 0.25, "something wraps");
}

/// The forms of weights, and two of them in one network.
const FORMS: [&[WeightForm]; 3] = [
    &[],
    &[WeightForm::Kept, WeightForm::Refreshed, WeightForm::Refreshed],
    &[WeightForm::Kept, WeightForm::Kept, WeightForm::Refreshed],
];

#[test]
fn without_noise_a_step_is_the_float_step() {
    for forms in FORMS {
        check_step_without_noise(forms, 8, &TrainedLayers::All);
    }
}

/// Frozen layers keep their weights, whichever they are, and the others change as in floats.
#[test]
fn without_noise_a_step_of_some_layers_is_the_float_step() {
    let choices: [&[usize]; 5] = [&[0], &[1], &[2], &[0, 2], &[1, 2]];
    for trained in choices {
        let trained = TrainedLayers::These(trained.iter().copied().map(LayerName::Number).collect());
        for forms in FORMS {
            check_step_without_noise(forms, 8, &trained);
        }
    }
}

/// Frozen layers have no noise and take no bootstraps for deltas: training a head takes those of inference and of the
/// loss.
#[test]
fn frozen_layers_cost_nothing_but_inference() {
    let network = |train: TrainedLayers| {
        let training = TrainingPlan { train, ..TrainingPlan::default() };
        let engine = ApproximatePlan::default();
        ApproximateNetwork::planned(&[64, 32, 16, 10], &training, &engine, 60).unwrap()
    };
    let (all, last) =
        (network(TrainedLayers::All), network(TrainedLayers::These(vec![LayerName::Number(2)])));
    assert_eq!(all.bootstraps(0, 1).total(), 2 * (32 + 16) + 4 * 10 - 1);
    assert_eq!(last.bootstraps(0, 1).total(), 32 + 16 + 4 * 10 - 1);
    let noise = last.weight_noise(1000);
    assert!(noise[..2] == [0.0; 2] && noise[2] > 0.0, "{noise:?}");
}

/// The learning rate applies to the mean gradient over the samples of the step, also if they are fewer than a batch.
#[test]
fn without_noise_a_step_on_a_short_batch_is_the_float_step() {
    check_step_without_noise(&[], 12, &TrainedLayers::All);
}

fn check_step_without_noise(forms: &[WeightForm], batch: usize, train: &TrainedLayers) {
    let widths = [6, 5, 4, 3];
    let mut stream = Seed(3).stream(Purpose::Tests, 0, 0);
    let inputs = Array2::from_shape_simple_fn((8, widths[0]), || stream.below(256) as f32 / 255.0);
    let names = |n: usize| (0..n).map(|i| i.to_string()).collect();
    let data = Dataset::new(inputs, (0..8).map(|i| i % 3).collect(), names(3), names(6)).unwrap();
    let training = TrainingPlan {
        epochs: 1,
        batch,
        learning_rate: 1.0,
        label_smoothing: 0.0,
        logit_penalty: 0.0,
        train: train.clone(),
        ..TrainingPlan::default()
    };
    let bits = ApproximateBits { inputs: 8, activations: 8, deltas: 8 };
    let network = ApproximateNetwork::new(
        &widths,
        &training,
        &ApproximatePlan { bits, rounding: Rounding::Nearest, ..ApproximatePlan::default() },
        &FINE,
        forms,
    )
    .unwrap();
    common::check_step_without_noise(&format!("{forms:?}"), &data, &widths, &training, &network);
}

/// At a vanishing learning rate, weights change by nothing but noise.
#[test]
fn weights_gather_the_noise_that_was_predicted() {
    let widths = [20, 16, 8, 4];
    let training = TrainingPlan { epochs: 1, batch: 4, learning_rate: 1e-9, ..TrainingPlan::default() };
    let mut stream = Seed(3).stream(Purpose::Tests, 1, 0);
    for parameters in ALL {
        for forms in FORMS {
            let engine = ApproximatePlan::default();
            let network = ApproximateNetwork::new(&widths, &training, &engine, parameters, forms).unwrap();
            let backend = PlainApproximateBackend::new(parameters, Seed(7));
            let plain_client = PlainApproximateClient::new(parameters);
            let (engine, client) = (
                ApproximateEngine::new(&backend, &network),
                ApproximateEngineClient::new(&plain_client, &network),
            );
            let mut weights = trainer::initial_weights(&engine, Seed(1), &widths).unwrap();
            let initial = initial_network(Seed(1), &widths);
            let steps = 25;
            for step in 0..steps {
                let mut inputs = || (0..widths[0]).map(|_| stream.unit() as f32).collect::<Vec<_>>();
                let batch: [_; 4] = std::array::from_fn(|_| inputs());
                let sample = |inputs: &Vec<f32>| {
                    engine
                        .expand(&client.encrypt_sample(inputs, Some(Target::Class(1))).unwrap(), Mode::Train)
                        .unwrap()
                };
                let batch: Vec<_> = batch.iter().map(sample).collect();
                let batch: Vec<_> = batch.iter().collect();
                trainer::train_step(&engine, &mut weights, &batch, step, 1.0).unwrap();
            }
            for (layer, predicted) in network.weight_noise(4 * steps).into_iter().enumerate() {
                let change = client.decrypt_weights(layer, &weights[layer]).unwrap() - &initial[layer];
                let inputs = change.nrows();
                // All rows but that of the bias, whose input is always the largest.
                let errors =
                    change.rows().into_iter().take(inputs - 1).flatten().map(|e| f64::from(*e).powi(2));
                let found = (errors.sum::<f64>() / ((inputs - 1) * change.ncols()) as f64).sqrt();
                let found = found * (inputs as f64).sqrt();
                println!("{}, {forms:?}, layer {layer}: {found:.4} for {predicted:.4}", parameters.name);
                assert!((0.5..2.0).contains(&(found / predicted)));
            }
        }
    }
}

#[test]
fn parameters_follow_the_noise() {
    let training = |epochs| TrainingPlan { epochs, batch: 8, ..TrainingPlan::default() };
    let plan = |epochs, samples, engine: &ApproximatePlan| {
        ApproximateNetwork::planned(&[784, 128, 10], &training(epochs), engine, samples)
    };
    let engine = ApproximatePlan::default();
    let form =
        |network: &ApproximateNetwork| (network.parameters().name, network.format().layers[1].weight_form());
    let few = plan(1, 8, &engine).unwrap();
    assert_eq!(form(&few), ("N2048-blocks", WeightForm::Kept));
    let some = plan(1, 2_000, &engine).unwrap();
    assert_eq!(form(&some), ("N2048-blocks-precise", WeightForm::Kept));
    let many = plan(1, 30_000, &engine).unwrap();
    assert_eq!(form(&many), ("N2048-blocks", WeightForm::Refreshed));
    assert!(plan(100, 60_000, &engine).unwrap_err().to_string().contains("engine.weight_noise"));
    let named = ApproximatePlan { parameters: Some("N1".into()), ..engine };
    assert!(plan(1, 1, &named).unwrap_err().to_string().contains("N2048-precise"));
}

/// What is packed for a gradient is as precise as the noise demands, and no more.
#[test]
fn packed_operands_are_as_precise_as_necessary() {
    let precisions = |weight_noise| {
        let training = TrainingPlan { epochs: 1, batch: 8, ..TrainingPlan::default() };
        let plan = ApproximatePlan { weight_noise, ..ApproximatePlan::default() };
        let network = ApproximateNetwork::planned(&[64, 32, 10], &training, &plan, 1_438).unwrap();
        let [first, last] = network.format().layers.as_slice() else { panic!("two layers") };
        (first.delta_precision, last.input_precision)
    };
    assert_eq!(precisions(1.0), (Precision::Medium, Precision::Wide));
    assert_eq!(precisions(0.2), (Precision::Fine, Precision::Wide));
}

/// Nothing wraps in a long training: every input of a bootstrap stays within a quarter of the torus around zero.
#[test]
#[ignore = "minutes"]
fn ranges_hold_over_fifty_epochs() {
    for (name, hidden, batch) in [("iris", 8, 4), ("breast_cancer", 16, 8), ("digits", 32, 16)] {
        let training = TrainingPlan { epochs: 50, batch, ..TrainingPlan::default() };
        let Trained { largest_input, .. } = train(name, &[hidden], &training);
        assert!(largest_input < 0.25, "{name}: something wraps");
    }
}
