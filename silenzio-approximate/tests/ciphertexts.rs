//! One training step on real ciphertexts comes out as the simulator predicts, noise included.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView1, Axis};
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient};
use silenzio_core::plan::{EnginePlan, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Engine, EngineClient, EngineError, Mode, StepContext, StoredEngine};
use silenzio_nn::trainer;

const WIDTHS: [usize; 4] = [4, 5, 4, 3];
const SAMPLES: usize = 6;

/// The weights after one step.
fn step<B, C>(
    backend: &B,
    client: &C,
    network: &ApproximateNetwork,
    seed: Seed,
) -> Result<Vec<Array2<f32>>, EngineError>
where
    C: ApproximateClient,
    B: ApproximateBackend<Types = C::Types>,
{
    let (engine, client) =
        (ApproximateEngine::new(backend, network), ApproximateEngineClient::new(client, network));
    let mut stream = Seed(5).stream(Purpose::Tests, 0, 0);
    let inputs = Array2::from_shape_simple_fn((SAMPLES, WIDTHS[0]), || stream.below(16) as f32 / 15.0);
    let samples = inputs.axis_iter(Axis(0)).enumerate();
    let encrypt = |(i, row): (usize, ArrayView1<'_, f32>)| client.encrypt_sample(&row.to_vec(), Some(i % 3));
    let encrypted: Vec<_> =
        samples.map(|sample| engine.expand(&encrypt(sample)?)).collect::<Result<_, _>>()?;
    let mut weights = trainer::initial_weights(&engine, seed, &WIDTHS)?;
    trainer::train_step(&engine, &mut weights, &encrypted.iter().collect::<Vec<_>>(), 0, 1.0)?;
    weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w)).collect()
}

#[test]
fn a_step_on_ciphertexts_is_like_one_on_the_simulator() -> Result<(), EngineError> {
    let training = TrainingPlan { batch: SAMPLES, learning_rate: 1.0, ..TrainingPlan::default() };
    let network = ApproximateNetwork::new(&WIDTHS, &training, &EnginePlan::default(), &N2048, &[])?;
    let seed = Seed(training.seed);

    let count = 200_u32;
    let simulated: Vec<_> = (0..count)
        .map(|number| {
            let simulator = PlainApproximateBackend::new(&N2048, Seed(number.into()));
            step(&simulator, &PlainApproximateClient::new(&N2048), &network, seed)
        })
        .collect::<Result<_, _>>()?;
    let client = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client);
    // The weights of a layer share most of their noise: a single step says little about its size.
    let steps = 8;
    let real: Vec<_> =
        (0..steps).map(|_| step(&server, &client, &network, seed)).collect::<Result<_, _>>()?;
    assert_eq!(server.counts().bootstraps(), network.bootstraps(steps, steps * SAMPLES as u64).total());

    for layer in 0..network.layers().len() {
        // How many standard deviations the real weights are off the mean of the simulated ones.
        let (mut squares, mut weights) = (0.0, 0);
        for (index, &found) in real.iter().flat_map(|weights| weights[layer].indexed_iter()) {
            let of = |f: &dyn Fn(f64) -> f64| {
                simulated.iter().map(|w| f(f64::from(w[layer][index]))).sum::<f64>() / f64::from(count)
            };
            let mean = of(&|w| w);
            let std = of(&|w| (w - mean).powi(2)).sqrt().max(1e-3);
            squares += ((f64::from(found) - mean) / std).powi(2);
            weights += 1;
        }
        let off = (squares / f64::from(weights)).sqrt();
        println!("layer {layer}: {off:.2} standard deviations");
        assert!((0.3..2.5).contains(&off), "layer {layer}: off by {off} standard deviations");
    }
    Ok(())
}

/// The gradients of shares of a batch come to the same bytes, in any order, with a refreshed layer and without.
#[test]
fn gradients_of_shares_on_ciphertexts_add_up() -> Result<(), EngineError> {
    let training = TrainingPlan { batch: 3, ..TrainingPlan::default() };
    let client_key = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client_key);
    for refreshed in [&[] as &[usize], &[1]] {
        let network =
            ApproximateNetwork::new(&[2, 2, 2], &training, &EnginePlan::default(), &N2048, refreshed)?;
        let engine = ApproximateEngine::new(&server, &network);
        let client = ApproximateEngineClient::new(&client_key, &network);
        let encrypt =
            |(i, inputs): (usize, &[f32; 2])| engine.expand(&client.encrypt_sample(inputs, Some(i % 2))?);
        let samples = [[0.1, 0.9], [0.7, 0.2], [0.4, 0.4]];
        let samples: Vec<_> = samples.iter().enumerate().map(encrypt).collect::<Result<_, _>>()?;
        let batch: Vec<_> = samples.iter().collect();
        let weights = trainer::initial_weights(&engine, Seed(1), &[2, 2, 2])?;
        let prepared = trainer::prepare(&engine, &weights, Mode::Train)?;
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

#[test]
fn samples_and_networks_of_another_shape_are_refused() -> Result<(), EngineError> {
    let training = TrainingPlan::default();
    let network =
        |widths: &[usize]| ApproximateNetwork::new(widths, &training, &EnginePlan::default(), &N2048, &[]);
    let narrow = network(&[3, 2])?;
    let client_key = PlainApproximateClient::new(&N2048);
    let client = ApproximateEngineClient::new(&client_key, &narrow);
    assert!(client.encrypt_sample(&[0.5; 4], Some(0)).is_err());
    assert!(client.encrypt_sample(&[0.5; 3], Some(2)).is_err());
    assert!(network(&[3]).is_err() && network(&[3, 0, 2]).is_err());
    assert!(narrow.layer(1).is_err());
    assert_eq!(network(&[3, 2048, 2])?.layers()[1].layout.input_blocks(), 2);
    Ok(())
}
