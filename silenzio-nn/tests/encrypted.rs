//! Whole training steps on ciphertexts with a falling learning rate, compared with the same steps on the plain backend.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_backend_tfhe::{ClientKey, KeyPlan, ParameterSet, ServerKey};
use silenzio_core::plan::{ExactPlan, LayerName, SmallKeys, TrainedLayers, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{Backend, Client, Engine, EngineClient, Mode, Modulus, StepContext, Target};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};

const WIDTHS: [usize; 3] = [2, 2, 2];
const SEED: Seed = Seed(1);

/// The learning rates of the steps, as fractions of the plan's.
const RATES: [f64; 2] = [1.0, 0.6];

/// The weights of each layer, as integers, before the first step and after each.
fn steps<C, B>(client: &C, backend: &B, network: &ExactNetwork) -> Vec<Vec<Array2<i64>>>
where
    C: Client,
    B: Backend<Types = C::Types>,
{
    let (engine, client) = (ExactEngine::new(backend, network), ExactClient::new(client, network));
    let samples = [(&[0.1, 0.9], 0), (&[0.8, 0.4], 1)];
    let samples = samples.map(|(inputs, class)| {
        engine
            .expand(&client.encrypt_sample(inputs, Some(Target::Class(class))).unwrap(), Mode::Train)
            .unwrap()
    });
    let decrypt = |weights: &[_]| {
        let layers = weights.iter().enumerate();
        layers.map(|(layer, weights)| client.decrypt_integers(layer, weights).unwrap()).collect()
    };

    let batch: Vec<_> = samples.iter().collect();
    let mut weights = trainer::initial_weights(&engine, SEED, &WIDTHS).unwrap();
    let mut decrypted: Vec<Vec<_>> = vec![decrypt(&weights)];
    for (step, rate) in (0..).zip(RATES) {
        let mut in_shares = weights.clone();
        trainer::train_step(&engine, &mut weights, &batch, step, rate).unwrap();

        let prepared = trainer::prepare(&engine, &SingleProcess, &in_shares, Mode::Train).unwrap();
        let at = StepContext::whole(step, rate, samples.len());
        let gradients =
            |i: usize| trainer::gradients(&engine, &prepared, &[&samples[i]], at.from(i)).unwrap();
        let mut sum = gradients(1);
        trainer::add_gradients(&engine, &mut sum, &gradients(0)).unwrap();
        trainer::apply(&engine, &SingleProcess, &mut in_shares, sum, at).unwrap();
        assert_eq!(decrypt(&in_shares), decrypt(&weights), "a step in shares of one sample");
        decrypted.push(decrypt(&weights));
    }
    decrypted
}

#[test]
fn encrypted_steps_give_the_plain_weights() {
    compare(&TrainedLayers::All);
}

/// A frozen layer keeps its weights, both above and below a trained layer.
#[test]
fn encrypted_steps_of_some_layers_give_the_plain_weights() {
    for layer in 0..2 {
        compare(&TrainedLayers::These(vec![LayerName::Number(layer)]));
    }
}

fn compare(train: &TrainedLayers) {
    let training = TrainingPlan {
        batch: 2,
        learning_rate: 1.0,
        seed: SEED.0,
        train: train.clone(),
        ..TrainingPlan::default()
    };
    let lut_cost = |m| ParameterSet::for_modulus(SmallKeys::Blocks, m).cost.total();
    let backend = PlainBackend::new(lut_cost);
    let network = ExactNetwork::new(&WIDTHS, &training, &ExactPlan::default(), lut_cost).unwrap();
    let plain = steps(&PlainClient, &backend, &network);
    for (step, pair) in plain.windows(2).enumerate() {
        for (layer, (before, after)) in pair[0].iter().zip(&pair[1]).enumerate() {
            let trained = network.trained_layers().contains(&layer);
            assert_eq!(
                before != after,
                trained,
                "step {step} changes the weights of trained layers: {layer}"
            );
        }
    }

    let classes = backend.lut_counts();
    let needed = classes.classes().map(|(bits, _)| Modulus::new((1 << bits) - 1).unwrap());
    let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, needed));
    let server = ServerKey::new(&client).unwrap();
    assert_eq!(steps(&client, &server, &network), plain);
    assert!(server.lut_counts().total() >= classes.total(), "every look-up was performed");
}
