//! A training on two encrypted data sets, and one that continues from its model, give the weights of a simulation, to the
//! last digit if there is no noise.

#![allow(clippy::unwrap_used)]

mod common;

use common::preprocessing;
use ndarray::{Array1, Array2, array, concatenate};
use silenzio_client::decryption::{Digits, decrypt_model};
use silenzio_client::encryption::{Samples, encrypt};
use silenzio_client::{SecretKey, Sent};
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{EngineClient, EngineError, Mode, StoredClient, StoredEngine, Target, Task};
use silenzio_data::Targets;
use silenzio_files::{Destination, Overwrite};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer::{self, Schedule};
use silenzio_server::{TrainRequest, train};
use silenzio_suite::{LocalWork, PublicPlan, Simulator, Watch};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

fn plan(kind: EngineKind) -> PublicPlan {
    let task = Task {
        widths: vec![2, 2],
        samples: 2,
        training: TrainingPlan { epochs: 1, batch: 2, learning_rate: 1.0, ..TrainingPlan::default() },
        engine: EnginePlan::of(kind),
    };
    PublicPlan::new(task).unwrap()
}

/// The weights after a training on all samples, and after one more on the samples of the second set.
struct Simulated {
    sets: [(Array2<f32>, Vec<usize>); 2],
    training: TrainingPlan,
}

impl LocalWork for Simulated {
    type Output = Models;

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let upload = |(inputs, labels): &(Array2<f32>, Vec<usize>)| -> Vec<E::Sample> {
            let samples = inputs.rows().into_iter().zip(labels);
            let encrypt = |(row, &label): (ndarray::ArrayView1<'_, f32>, &usize)| {
                let upload = client.encrypt_sample(&row.to_vec(), Some(Target::Class(label))).unwrap();
                engine.expand(&upload, Mode::Train).unwrap()
            };
            samples.map(encrypt).collect()
        };
        let [first, second] = &self.sets;
        let rows = concatenate(ndarray::Axis(0), &[first.0.view(), second.0.view()]).unwrap();
        let both = upload(&(rows, [first.1.clone(), second.1.clone()].concat()));
        let second = upload(second);
        let mut weights = trainer::initial_weights(engine, Seed(self.training.seed), &[2, 2]).unwrap();
        let mut train = |samples: &[E::Sample], schedule: &Schedule| {
            let fetch =
                |numbers: &[usize]| Ok(numbers.iter().map(|&number| &samples[number]).collect::<Vec<_>>());
            trainer::train(engine, &SingleProcess, &mut weights, schedule, fetch, |_, _| {
                Ok::<_, EngineError>(ControlFlow::Continue(()))
            })
            .unwrap();
            let layers = weights.iter().enumerate();
            layers.map(|(layer, weights)| client.decrypt_weights(layer, weights).unwrap()).collect()
        };
        let schedule = Schedule::new(&self.training, both.len());
        let after_both = train(&both, &schedule);
        let next = Schedule::new(&self.training, second.len()).following(schedule.steps());
        [after_both, train(&second, &next)]
    }
}

#[test]
fn exact_ciphertexts_end_where_the_simulator_does() {
    let (plan, folder) = (plan(EngineKind::Exact), tempfile::tempdir().unwrap());
    let decrypted = go_on(&plan, folder.path());
    let simulated = simulate(&plan, Simulator::new(1));
    assert_eq!(decrypted, simulated);
    assert_ne!(simulated[0], simulated[1], "a training that learns");
}

#[test]
fn approximate_ciphertexts_end_as_simulations_with_noise_do() {
    const SIMULATIONS: u64 = 100;
    let (plan, folder) = (plan(EngineKind::Approximate), tempfile::tempdir().unwrap());
    let decrypted = go_on(&plan, folder.path());
    let simulated: Vec<_> = (0..SIMULATIONS).map(|seed| simulate(&plan, Simulator::new(seed))).collect();
    for (model, layers) in decrypted.iter().enumerate() {
        for (layer, weights) in layers.iter().enumerate() {
            for (place, &weight) in weights.indexed_iter() {
                let simulated = simulated.iter().map(|models| models[model][layer][place]);
                let simulated = Array1::from_iter(simulated);
                let (mean, deviation) = (simulated.mean().unwrap(), simulated.std(1.0));
                assert!(
                    (weight - mean).abs() < 6.0 * deviation,
                    "model {model}, layer {layer}, weight {place:?}: {weight}, simulated {mean} ± {deviation}"
                );
            }
        }
    }
}

/// The weights of the model of both data sets, and of the model that continues from it.
type Models = [Vec<Array2<f32>>; 2];

/// The samples of both data sets.
fn sets() -> [(Array2<f32>, Vec<usize>); 2] {
    [
        (array![[0.1, 0.9], [0.8, 0.3]], vec![0, 1]),
        (array![[0.2, 0.7], [1.0, 0.0], [0.4, 0.9]], vec![0, 1, 0]),
    ]
}

fn simulate(plan: &PublicPlan, simulator: Simulator) -> Models {
    let work = Simulated { sets: sets(), training: plan.task.training.clone() };
    simulator.run(&plan.network().unwrap(), work).unwrap().0
}

/// Trains on ciphertexts, and decrypts.
fn go_on(plan: &PublicPlan, folder: &std::path::Path) -> Models {
    let path = |name: &str| folder.join(name);
    let to = |name: &str| Destination::new(path(name), Overwrite::Refuse).unwrap();
    let network = plan.network().unwrap();
    let sets = sets();

    let key = SecretKey::generate(plan.parameters().unwrap());
    key.evaluation_key(&|_| ()).write(&to("server.key")).unwrap();
    let encrypted = |name: &str, plan: &PublicPlan, (inputs, labels): &(Array2<f32>, Vec<usize>)| {
        let client = key.client_of(&network).unwrap();
        let samples = Samples { inputs: inputs.view(), targets: Some(Targets::Classes(labels)) };
        encrypt(client.as_ref(), key.name(), plan, samples, &to(name), |_| ()).unwrap()
    };
    let data = encrypted("a", plan, &sets[0]);
    let a = Sent {
        key_id: key.name().id,
        data,
        plan: plan.clone(),
        preprocessing: preprocessing(),
        others: vec![],
    };
    let b = a.followed_by(encrypted("b", &plan.for_samples(3), &sets[1]), 3);

    let train = |request: TrainRequest| {
        train(&path("server.key"), &request, &mut |_| (), &AtomicBool::new(false)).unwrap();
    };
    train(TrainRequest { data: vec![path("a"), path("b")], ..TrainRequest::new("", path("both")) });
    train(TrainRequest { initial: Some(path("both")), ..TrainRequest::new(path("b"), path("next")) });
    let decrypt = |name: &str, sent: &Sent| decrypt_model(path(name), &key, sent, Digits::Rounded);
    let (both, next) = (decrypt("both", &b).unwrap(), decrypt("next", &b).unwrap());
    assert_eq!((both.origin.steps, next.origin.steps), (3, 5));
    assert!(decrypt("both", &a).unwrap_err().to_string().contains("another data set"));
    // With more noise, weights are rounded to steps that are at least as large.
    if let (Some(first), Some(second)) = (&both.origin.weight_steps, &next.origin.weight_steps) {
        assert!(first.iter().zip(second).all(|(first, second)| first <= second), "{first:?} {second:?}");
    }
    [both.network.weights, next.network.weights]
}
