//! Tests of the squared loss: its gradient, steps and whole trainings are compared with plain arithmetic.

#![allow(clippy::unwrap_used)]

mod common;

use common::FINE;
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use silenzio_approximate::squared::SquaredGradient;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork, WeightForm};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::approximate::parameters::{N2048, N2048_BLOCKS};
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, Precision, RealLut};
use silenzio_core::plan::{ApproximateBits, ApproximatePlan, Loss, Rounding, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Engine, EngineClient, EngineError, Mode, Target};
use silenzio_data::{Dataset, RealTargets, TargetColumn, unscaled};
use silenzio_nn::metrics::{RegressionScores, TargetScores};
use silenzio_nn::reference::{Mlp, train_reference};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer::{self, Schedule};
use std::ops::ControlFlow;

fn training() -> TrainingPlan {
    TrainingPlan { loss: Loss::Squared, ..TrainingPlan::default() }
}

/// A plan whose differences are clipped at ± `range`, with propagated deltas as small as such differences make them.
fn engine(range: f64) -> ApproximatePlan {
    let mut plan = ApproximatePlan::default();
    plan.range.logits = range;
    plan.range.deltas = 0.25;
    plan
}

/// Samples with inputs from 0 to 1 and noisy linear targets, which are scaled as a client scales them.
fn linear(seed: u64, samples: usize, (inputs, outputs): (usize, usize)) -> Dataset {
    let mut stream = Seed(seed).stream(Purpose::Tests, 0, 0);
    let x = Array2::from_shape_simple_fn((samples, inputs), || stream.below(256) as f32 / 255.0);
    let teacher = Array2::from_shape_simple_fn((inputs, outputs), || 100.0 * (stream.unit() - 0.5));
    let noise = Array2::from_shape_simple_fn((samples, outputs), || 4.0 * (stream.unit() - 0.5));
    let numbers = x.mapv(f64::from).dot(&teacher) + noise + 7.0;
    let column = |(number, column): (usize, ndarray::ArrayView1<'_, f64>)| {
        TargetColumn::fit(format!("y{number}"), inputs + number, column.iter().copied()).unwrap()
    };
    let columns: Vec<TargetColumn> = numbers.columns().into_iter().enumerate().map(column).collect();
    let features = (0..inputs).map(|feature| feature.to_string()).collect();
    Dataset::of_values(x, RealTargets::of(&columns, numbers.view()), features).unwrap()
}

/// The deltas of a sample, decrypted after the bootstrap that makes them, in real units.
fn deltas<B, C>(
    backend: &B,
    client: &C,
    loss: &SquaredGradient,
    amplitude: f64,
    outputs: &[f64],
    targets: &Array1<f32>,
) -> Result<Vec<f64>, EngineError>
where
    C: ApproximateClient,
    B: ApproximateBackend<Types = C::Types>,
{
    let on_torus: Vec<f64> = outputs.iter().map(|output| output * amplitude).collect();
    let outputs = backend.expand_lwes(&client.encrypt_lwes(&on_torus))?;
    let label = loss.label(&Target::Values(targets.view()))?;
    let label = backend.expand_lwes(&client.encrypt_lwes(&label))?;
    let differences = loss.differences(backend, outputs, &[&label]);
    let size = backend.parameters().table_size(Precision::Fine);
    let lut = RealLut::new(size, &[&|x| loss.clipped(x)])?;
    let deltas = backend.bootstrap(Precision::Fine, &differences, &lut)?;
    deltas.iter().flatten().map(|delta| Ok(client.decrypt_lwe(delta)? / amplitude)).collect()
}

fn check_deltas<B, C>(backend: &B, client: &C, sample: &[(f64, f32)], range: f64, tolerance: f64)
where
    C: ApproximateClient,
    B: ApproximateBackend<Types = C::Types>,
{
    let amplitude = 0.25 / (2.0 * range);
    let loss = SquaredGradient::new(sample.len(), amplitude, range);
    let outputs: Vec<f64> = sample.iter().map(|pair| pair.0).collect();
    let targets: Array1<f32> = sample.iter().map(|pair| pair.1).collect();
    let found = deltas(backend, client, &loss, amplitude, &outputs, &targets).unwrap();
    for (found, &(output, target)) in found.into_iter().zip(sample) {
        let expected = (output - f64::from(target)).clamp(-range, range);
        assert!((found - expected).abs() < tolerance * range, "{found} for {output} - {target}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn without_noise_deltas_are_clipped_differences(
        sample in prop::collection::vec((-0.9..0.9f64, -1.0..=1.0f32), 1..5), range in 1.0..4.0,
    ) {
        let (backend, client) = (PlainApproximateBackend::exact(&FINE), PlainApproximateClient::new(&FINE));
        check_deltas(&backend, &client, &sample, range, 2e-3);
    }

    /// Far beyond the range, a delta still has the right sign, so that no output is driven away from its target.
    #[test]
    fn signs_are_right_beyond_the_range(output in -2.8..2.8f64, target in -1.0..=1.0f32) {
        let (backend, client) = (PlainApproximateBackend::exact(&FINE), PlainApproximateClient::new(&FINE));
        let (range, amplitude) = (1.0, 0.125);
        let loss = SquaredGradient::new(1, amplitude, range);
        let found =
            deltas(&backend, &client, &loss, amplitude, &[output], &Array1::from(vec![target])).unwrap();
        let difference = output - f64::from(target);
        prop_assert!(found[0] * difference >= 0.0 || difference.abs() < 1e-3, "{:?} for {}", found, difference);
    }
}

/// The tolerance is a few steps of the bootstrap's input, which is rounded to 1/4096 of the torus and has the
/// keyswitch's noise.
#[test]
fn on_ciphertexts_deltas_are_clipped_differences() {
    let client = ApproximateClientKey::generate(&N2048_BLOCKS);
    let server = ApproximateServerKey::new(&client).unwrap();
    let mut stream = Seed(2).stream(Purpose::Tests, 0, 0);
    let sample: Vec<(f64, f32)> =
        (0..24).map(|_| (1.8 * stream.unit() - 0.9, 2.0 * stream.unit() as f32 - 1.0)).collect();
    check_deltas(&server, &client, &sample, 1.0, 0.15);
}

const FORMS: [&[WeightForm]; 2] = [&[], &[WeightForm::Kept, WeightForm::Refreshed, WeightForm::Refreshed]];

/// With one output and with several, with and without hidden layers.
#[test]
fn without_noise_a_step_is_the_float_step() {
    for (widths, forms) in [
        (&[5, 1][..], FORMS[0]),
        (&[5, 3], FORMS[0]),
        (&[6, 5, 1], FORMS[0]),
        (&[6, 5, 4, 2], FORMS[0]),
        (&[6, 5, 4, 2], FORMS[1]),
        (&[6, 5, 4, 1], FORMS[1]),
    ] {
        check_step_without_noise(widths, forms);
    }
}

fn check_step_without_noise(widths: &[usize], forms: &[WeightForm]) {
    let (inputs, outputs) = (widths[0], *widths.last().unwrap());
    let data = linear(3, 8, (inputs, outputs));
    let training = TrainingPlan { epochs: 1, batch: 8, learning_rate: 1.0, ..training() };
    let bits = ApproximateBits { inputs: 8, activations: 8, deltas: 8 };
    // No wider than the deltas, since the rounding of deltas is proportional to the range.
    let plan = ApproximatePlan { bits, rounding: Rounding::Nearest, ..engine(2.0) };
    let network = ApproximateNetwork::new(widths, &training, &plan, &FINE, forms).unwrap();
    common::check_step_without_noise(&format!("{widths:?} {forms:?}"), &data, widths, &training, &network);
}

/// One bootstrap per output, beside two per hidden unit.
#[test]
fn a_sample_takes_one_bootstrap_per_output() {
    for (widths, bootstraps) in [(&[10, 8, 1][..], 17), (&[3, 8, 3], 19), (&[4, 2], 2)] {
        let network = ApproximateNetwork::planned(widths, &training(), &engine(1.0), 10).unwrap();
        assert_eq!(network.bootstraps(0, 1).total(), bootstraps);
    }
}

#[test]
fn targets_of_the_other_kind_are_refused() {
    let plain = PlainApproximateClient::new(&N2048);
    let network = |training: &TrainingPlan| {
        ApproximateNetwork::new(&[1, 2], training, &engine(1.0), &N2048, &[]).unwrap()
    };
    let (squared, softmax) = (network(&training()), network(&TrainingPlan::default()));
    let refused = |network: &ApproximateNetwork, target| {
        ApproximateEngineClient::new(&plain, network).encrypt_sample(&[0.5], Some(target)).is_err()
    };
    let values = Array1::from(vec![0.5, -1.0]);
    assert!(!refused(&squared, Target::Values(values.view())) && !refused(&softmax, Target::Class(1)));
    assert!(refused(&squared, Target::Class(1)) && refused(&softmax, Target::Values(values.view())));
    let beyond = Array1::from(vec![0.5, -1.01]);
    assert!(refused(&squared, Target::Values(beyond.view())));
}

/// The scores on the training samples after a training on the simulator, and after the same training in floats.
fn trained(data: &Dataset, hidden: &[usize], training: &TrainingPlan) -> [RegressionScores; 2] {
    let widths = [&[data.inputs.ncols()], hidden, &[data.outputs()]].concat();
    let network = ApproximateNetwork::planned(&widths, training, &engine(2.0), data.len()).unwrap();
    let backend = PlainApproximateBackend::new(network.parameters(), Seed(7));
    let plain_client = PlainApproximateClient::new(network.parameters());
    let engine = ApproximateEngine::new(&backend, &network);
    let client = ApproximateEngineClient::new(&plain_client, &network);
    let mut weights = trainer::initial_weights(&engine, Seed(training.seed), &widths).unwrap();
    let encrypt = |&sample: &usize| {
        let upload = client.encrypt_sample(&data.inputs.row(sample).to_vec(), data.target(sample))?;
        engine.expand(&upload, Mode::Train)
    };
    trainer::train(
        &engine,
        &SingleProcess,
        &mut weights,
        &Schedule::new(training, data.len()),
        |numbers| numbers.iter().map(encrypt).collect::<Result<Vec<_>, _>>(),
        |_, _| Ok::<_, EngineError>(ControlFlow::Continue(())),
    )
    .unwrap();
    let decrypted = weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w).unwrap());
    let simulated = Mlp { weights: decrypted.collect(), activation_limits: network.activation_limits() };
    let float = train_reference(data, hidden, training, |_, _| ());
    let values = data.values.as_ref().unwrap();
    let score = |model: &Mlp| {
        let predicted = unscaled(&values.columns, model.forward(&data.inputs).view());
        TargetScores::mean(&TargetScores::of(&values.columns, predicted.view(), values.numbers().view()))
    };
    [score(&simulated), score(&float)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Random linear functions are learnt nearly as well as in floats.
    #[test]
    fn linear_functions_are_learnt(seed: u64, inputs in 2usize..6, outputs in 1usize..4, hidden: bool) {
        let data = linear(seed, 60, (inputs, outputs));
        let training = TrainingPlan {
            epochs: 40,
            batch: 4,
            learning_rate: 0.3,
            learning_rate_end_factor: 0.05,
            ..training()
        };
        // Hidden layers round propagated values.
        let (hidden, gap): (&[usize], f64) = if hidden { (&[6], 0.2) } else { (&[], 0.03) };
        let [simulated, float] = trained(&data, hidden, &training);
        prop_assert!(simulated.r2 > float.r2 - gap, "{:?} for {:?}", simulated, float);
        prop_assert!(float.r2 > 0.5, "{:?}", float);
    }
}
