//! Training steps on real ciphertexts agree with the simulator, including their noise.

#![allow(clippy::unwrap_used)]

use WeightForm::{Kept, Refreshed};
use ndarray::{Array2, ArrayView1, Axis};
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork, WeightForm};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::approximate::parameters::{N2048, N2048_BLOCKS, N2048_PRECISE};
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, ApproximateParameters};
use silenzio_core::plan::{ApproximatePlan, LayerName, TrainedLayers, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Engine, EngineClient, EngineError, Mode, StepContext, StoredEngine, Target};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer::{self, Schedule};
use std::ops::ControlFlow;

const WIDTHS: [usize; 4] = [3, 4, 3, 2];
const SAMPLES: usize = 6;
/// The label of all samples: with several labels, gradients would cancel each other.
const LABEL: usize = 1;
/// The number of steps on ciphertexts, each from the initial weights.
const REAL: usize = 4;
/// The number of steps on the simulator.
const SIMULATED: usize = 300;

/// The change of the weights of each layer in a step.
type Changes = Vec<Vec<f64>>;

/// Weights with which all units are open and the wrong class is likely. With the usual initial weights, the deltas
/// would be so small that noise would hide them.
fn initial_weights() -> Vec<Array2<f32>> {
    let hidden = |(k, j): (usize, usize)| 0.1 + 0.2 * ((k + j) % 2) as f32;
    let last = |(_, class): (usize, usize)| if class == LABEL { -0.6 } else { 0.6 };
    let [inputs, first, second, classes] = WIDTHS;
    vec![
        Array2::from_shape_fn((inputs + 1, first), hidden),
        Array2::from_shape_fn((first + 1, second), hidden),
        Array2::from_shape_fn((second + 1, classes), last),
    ]
}

/// Takes one step from the initial weights, at `rate` times the learning rate.
fn step<B, C>(
    backend: &B,
    client: &C,
    network: &ApproximateNetwork,
    rate: f64,
) -> Result<Changes, EngineError>
where
    C: ApproximateClient,
    B: ApproximateBackend<Types = C::Types>,
{
    let (engine, client) =
        (ApproximateEngine::new(backend, network), ApproximateEngineClient::new(client, network));
    let mut stream = Seed(5).stream(Purpose::Tests, 0, 0);
    let inputs = Array2::from_shape_simple_fn((SAMPLES, WIDTHS[0]), || stream.below(16) as f32 / 15.0);
    let encrypt = |row: ArrayView1<'_, f32>| {
        engine.expand(&client.encrypt_sample(&row.to_vec(), Some(LABEL.into()))?, Mode::Train)
    };
    let encrypted: Vec<_> = inputs.axis_iter(Axis(0)).map(encrypt).collect::<Result<_, _>>()?;
    let initial = initial_weights();
    let layers = initial.iter().enumerate();
    let mut weights =
        layers.map(|(layer, w)| engine.initial_weights(layer, w.view())).collect::<Result<Vec<_>, _>>()?;
    trainer::train_step(&engine, &mut weights, &encrypted.iter().collect::<Vec<_>>(), 0, rate)?;
    let layers = weights.iter().zip(initial).enumerate();
    layers
        .map(|(layer, (weights, initial))| {
            let change = client.decrypt_weights(layer, weights)? - initial;
            Ok(change.into_iter().map(f64::from).collect())
        })
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The root mean square of the differences.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    mean(&a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).collect::<Vec<_>>()).sqrt()
}

fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}

fn standard_deviation(xs: &[f64]) -> f64 {
    let mean = mean(xs);
    (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64).sqrt()
}

/// Compares real steps with simulated ones. The component of the mean real step along the mean simulated change shows a
/// wrong sign, scale or learning rate; the distance of each step from that change shows its noise, and values that
/// wrap.
fn compare(
    parameters: &'static ApproximateParameters,
    forms: &[WeightForm],
    rate: f64,
    client: &ApproximateClientKey,
    server: &ApproximateServerKey,
) -> Result<(), EngineError> {
    let training = TrainingPlan { batch: SAMPLES, learning_rate: 1.0, ..TrainingPlan::default() };
    let network =
        ApproximateNetwork::new(&WIDTHS, &training, &ApproximatePlan::default(), parameters, forms)?;
    let plain_client = PlainApproximateClient::new(parameters);
    let simulate = |run: usize| {
        let backend = PlainApproximateBackend::new(parameters, Seed(run as u64));
        step(&backend, &plain_client, &network, rate)
    };
    let simulated: Vec<Changes> = (0..SIMULATED).map(simulate).collect::<Result<_, _>>()?;
    let before = server.counts();
    let real: Vec<Changes> =
        (0..REAL).map(|_| step(server, client, &network, rate)).collect::<Result<_, _>>()?;
    let expected = network.bootstraps(REAL as u64, (REAL * SAMPLES) as u64);
    assert_eq!((server.counts() - before).bootstraps, expected);

    for layer in 0..network.layers().len() {
        let weights = simulated[0][layer].len();
        let predicted: Vec<f64> = (0..weights)
            .map(|i| mean(&simulated.iter().map(|run| run[layer][i]).collect::<Vec<_>>()))
            .collect();
        let size = dot(&predicted, &predicted);
        let along = |runs: &[Changes]| -> Vec<f64> {
            runs.iter().map(|run| dot(&run[layer], &predicted) / size).collect()
        };
        let noise = |runs: &[Changes]| -> Vec<f64> {
            runs.iter().map(|run| distance(&run[layer], &predicted)).collect()
        };
        let (along_simulated, along_real) = (along(&simulated), along(&real));
        // Six standard deviations of the mean of the few real steps.
        let tolerance = 6.0 * standard_deviation(&along_simulated) / (REAL as f64).sqrt() + 0.02;
        let (found, noise_simulated, noise_real) = (mean(&along_real), noise(&simulated), noise(&real));
        let ratio = mean(&noise_real) / mean(&noise_simulated);
        let relative = standard_deviation(&noise_simulated) / mean(&noise_simulated);
        let factor = 1.25 + 6.0 * relative / (REAL as f64).sqrt();
        println!(
            "{}, {forms:?}, layer {layer}: {found:.3} of the change (within {tolerance:.3}), \
             {ratio:.2} of the noise (within a factor of {factor:.2})",
            parameters.name
        );
        assert!(tolerance < 0.4, "layer {layer}: too noisy to tell the learning rate");
        assert!((found - 1.0).abs() < tolerance, "layer {layer}: {found} of the simulated change");
        // The weights of a layer share most of their noise, which can be small in all of a few steps.
        assert!(ratio < factor && ratio > 0.1, "layer {layer}: {ratio} of the simulated noise");
    }
    Ok(())
}

/// First without refreshed layers, then with two of them and at a lower learning rate.
#[test]
fn steps_on_ciphertexts_are_like_those_on_the_simulator() -> Result<(), EngineError> {
    let client = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client).unwrap();
    compare(&N2048, &[], 1.0, &client, &server)?;
    compare(&N2048, &[Kept, Refreshed, Refreshed], 0.5, &client, &server)
}

#[test]
fn steps_with_precise_parameters_are_like_those_on_the_simulator() -> Result<(), EngineError> {
    let client = ApproximateClientKey::generate(&N2048_PRECISE);
    let server = ApproximateServerKey::new(&client).unwrap();
    compare(&N2048_PRECISE, &[Kept, Kept, Refreshed], 0.7, &client, &server)
}

/// Uses a block key, with which activations come from wide bootstraps, and the deltas of the first layer from medium ones.
#[test]
fn steps_with_block_keys_are_like_those_on_the_simulator() -> Result<(), EngineError> {
    let client = ApproximateClientKey::generate(&N2048_BLOCKS);
    let server = ApproximateServerKey::new(&client).unwrap();
    compare(&N2048_BLOCKS, &[], 0.5, &client, &server)?;
    compare(&N2048_BLOCKS, &[Kept, Refreshed, Kept], 1.0, &client, &server)?;
    compare(&N2048_BLOCKS, &[Kept, Kept, Refreshed], 1.0, &client, &server)
}

/// The gradients of shares of a batch add up to the same bytes, in any order, for every form of weights.
#[test]
fn gradients_of_shares_on_ciphertexts_add_up() -> Result<(), EngineError> {
    let training = TrainingPlan { batch: 3, ..TrainingPlan::default() };
    let client_key = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client_key).unwrap();
    for forms in [&[] as &[WeightForm], &[Kept, Refreshed]] {
        let network =
            ApproximateNetwork::new(&[2, 2, 2], &training, &ApproximatePlan::default(), &N2048, forms)?;
        let engine = ApproximateEngine::new(&server, &network);
        let client = ApproximateEngineClient::new(&client_key, &network);
        let encrypt = |(i, inputs): (usize, &[f32; 2])| {
            engine.expand(&client.encrypt_sample(inputs, Some(Target::Class(i % 2)))?, Mode::Train)
        };
        let samples = [[0.1, 0.9], [0.7, 0.2], [0.4, 0.4]];
        let samples: Vec<_> = samples.iter().enumerate().map(encrypt).collect::<Result<_, _>>()?;
        let batch: Vec<_> = samples.iter().collect();
        let weights = trainer::initial_weights(&engine, Seed(1), &[2, 2, 2])?;
        let prepared = trainer::prepare(&engine, &SingleProcess, &weights, Mode::Train)?;
        let at = StepContext::whole(0, 1.0, 3);
        let gradients = |share: std::ops::Range<usize>| {
            trainer::gradients(&engine, &prepared, &batch[share.clone()], at.from(share.start))
        };
        let write = |gradients: &[_]| {
            let mut bytes = vec![];
            gradients.iter().for_each(|gradient| engine.write_gradient(&mut bytes, gradient).unwrap());
            bytes
        };
        let whole = write(&gradients(0..3)?);
        for [first, second] in [[0..1, 1..3], [2..3, 0..2]] {
            let mut sum = gradients(first)?;
            trainer::add_gradients(&engine, &mut sum, &gradients(second)?)?;
            assert!(write(&sum) == whole);
        }
    }
    Ok(())
}

/// Steps on ciphertexts do not change any byte of frozen layers, and take the planned number of bootstraps.
#[test]
fn frozen_layers_keep_every_byte_on_ciphertexts() -> Result<(), EngineError> {
    let client_key = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client_key).unwrap();
    let widths = [2, 2, 2, 2];
    // The middle one of three layers.
    let trained = 1;
    let train = TrainedLayers::These(vec![LayerName::Number(trained)]);
    let training = TrainingPlan { batch: 2, train, ..TrainingPlan::default() };
    let network = ApproximateNetwork::new(&widths, &training, &ApproximatePlan::default(), &N2048, &[])?;
    let engine = ApproximateEngine::new(&server, &network);
    let client = ApproximateEngineClient::new(&client_key, &network);
    let bytes = |weights: &[_]| {
        let written = weights.iter().map(|weights| {
            let mut bytes = vec![];
            engine.write_weights(&mut bytes, weights).unwrap();
            bytes
        });
        written.collect::<Vec<_>>()
    };
    let mut weights = trainer::initial_weights(&engine, Seed(1), &widths)?;
    let before = bytes(&weights);
    let performed = server.counts();
    let schedule = Schedule::new(&training, 4).at_most(2);
    let fetch = |numbers: &[usize]| {
        let encrypt = |&i: &usize| {
            engine.expand(&client.encrypt_sample(&[0.9, 0.2], Some(Target::Class(i % 2)))?, Mode::Train)
        };
        numbers.iter().map(encrypt).collect::<Result<Vec<_>, _>>()
    };
    trainer::train(&engine, &SingleProcess, &mut weights, &schedule, fetch, |_, _| {
        Ok::<_, EngineError>(ControlFlow::Continue(()))
    })?;
    let expected = network.bootstraps(2, 4);
    assert_eq!((server.counts() - performed).bootstraps, expected);
    for (layer, (before, after)) in before.iter().zip(bytes(&weights)).enumerate() {
        assert_eq!(*before == after, layer != trained, "layer {layer}, where {trained} is trained");
    }
    Ok(())
}

#[test]
fn samples_and_networks_of_another_shape_are_refused() -> Result<(), EngineError> {
    let training = TrainingPlan::default();
    let network = |widths: &[usize]| {
        ApproximateNetwork::new(widths, &training, &ApproximatePlan::default(), &N2048, &[])
    };
    let narrow = network(&[3, 2])?;
    let client_key = PlainApproximateClient::new(&N2048);
    let client = ApproximateEngineClient::new(&client_key, &narrow);
    assert!(client.encrypt_sample(&[0.5; 4], Some(Target::Class(0))).is_err());
    assert!(client.encrypt_sample(&[0.5; 3], Some(Target::Class(2))).is_err());
    assert!(network(&[3]).is_err() && network(&[3, 0, 2]).is_err());
    assert!(narrow.layer(1).is_err());
    assert_eq!(network(&[3, 2048, 2])?.layers()[1].layout.input_blocks(), 2);
    Ok(())
}
