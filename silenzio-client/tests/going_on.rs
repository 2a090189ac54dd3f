//! On ciphertexts: a training on two data sets, and one that goes on from its model, end in the weights of a simulation,
//! to the last digit.

#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array, concatenate};
use silenzio_client::decryption::{Digits, decrypt_model};
use silenzio_client::encryption::{Samples, encrypt};
use silenzio_client::{Preprocessing, SecretKey, Sent};
use silenzio_core::plan::{EngineKind, EnginePlan, MissingPolicy, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{EngineClient, EngineError, Mode, StoredClient, StoredEngine, Task};
use silenzio_data::{EncodedColumn, EncodedKind, Encoding, LabelPlace, Scale};
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

fn preprocessing() -> Preprocessing {
    let column = |name: &str, number| EncodedColumn {
        name: name.into(),
        number,
        kind: EncodedKind::Scaled(Scale { low: 0.0, high: 1.0, mean: 0.5 }),
    };
    Preprocessing {
        source: "flowers.csv".into(),
        classes: vec!["setosa".into(), "virginica".into()],
        encoding: Encoding {
            columns: vec![column("length", 0), column("width", 1)],
            table_width: 3,
            named: true,
            label: LabelPlace { name: "class".into(), number: 2 },
            missing: MissingPolicy::Error,
        },
    }
}

/// One training on all samples, then one on the samples of the second set.
struct Simulated {
    sets: [(Array2<f32>, Vec<usize>); 2],
    training: TrainingPlan,
}

impl LocalWork for Simulated {
    type Output = [Vec<Array2<f32>>; 2];

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let upload = |(inputs, labels): &(Array2<f32>, Vec<usize>)| -> Vec<E::Sample> {
            let samples = inputs.rows().into_iter().zip(labels);
            let encrypt = |(row, &label): (ndarray::ArrayView1<'_, f32>, &usize)| {
                let upload = client.encrypt_sample(&row.to_vec(), Some(label)).unwrap();
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
    let [simulated, expected] = go_on(&plan, folder.path());
    assert_eq!(simulated.0, expected.0);
    assert_eq!(simulated.1, expected.1);
    assert_ne!(expected.0, expected.1, "a training that learns");
}

#[test]
fn approximate_ciphertexts_end_near_the_simulator() {
    let (plan, folder) = (plan(EngineKind::Approximate), tempfile::tempdir().unwrap());
    let [simulated, decrypted] = go_on(&plan, folder.path());
    for (simulated, decrypted) in [(simulated.0, decrypted.0), (simulated.1, decrypted.1)] {
        for (simulated, decrypted) in simulated.iter().zip(&decrypted) {
            let difference = (simulated - decrypted).mapv(f32::abs);
            assert!(difference.iter().all(|&difference| difference < 0.1), "{simulated} {decrypted}");
        }
    }
}

/// The weights of both models.
type Models = (Vec<Array2<f32>>, Vec<Array2<f32>>);

/// Simulated and decrypted models.
fn go_on(plan: &PublicPlan, folder: &std::path::Path) -> [Models; 2] {
    let path = |name: &str| folder.join(name);
    let to = |name: &str| Destination::new(path(name), Overwrite::Refuse).unwrap();
    let network = plan.network().unwrap();
    let sets = [
        (array![[0.1, 0.9], [0.8, 0.3]], vec![0, 1]),
        (array![[0.2, 0.7], [1.0, 0.0], [0.4, 0.9]], vec![0, 1, 0]),
    ];

    let key = SecretKey::generate(plan.parameters().unwrap());
    key.evaluation_key(&|_| ()).write(&to("server.key")).unwrap();
    let encrypted = |name: &str, plan: &PublicPlan, (inputs, labels): &(Array2<f32>, Vec<usize>)| {
        let client = key.client_of(&network).unwrap();
        let samples = Samples { inputs: inputs.view(), labels: Some(labels) };
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
    // More noise is rounded off more, and never less.
    if let (Some(first), Some(second)) = (&both.origin.weight_steps, &next.origin.weight_steps) {
        assert!(first.iter().zip(second).all(|(first, second)| first <= second), "{first:?} {second:?}");
    }

    let noise = network.is_exact();
    let simulator = Simulator { noise, ..Simulator::new(1) };
    let work = Simulated { sets, training: plan.task.training.clone() };
    let [first, second] = simulator.run(&network, work).unwrap().0;
    [(first, second), (both.network.weights, next.network.weights)]
}
