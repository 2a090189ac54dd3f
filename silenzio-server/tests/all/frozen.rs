//! Trainings of some layers: the others keep every byte.

use crate::common::{Setting, plan, simulate, task};
use ndarray::Array2;
use silenzio_core::plan::{EngineKind, LayerName, TrainedLayers, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{EngineClient, StoredClient, StoredEngine, Task};
use silenzio_files::FileReader;
use silenzio_nn::init::initial_network;
use silenzio_server::{Outcome, SnapshotPolicy, TrainRequest};
use silenzio_suite::{LocalWork, PublicPlan, Watch};
use std::num::{NonZeroU64, NonZeroUsize};

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

/// The small task with another hidden layer, of which one layer is trained.
fn training_only(kind: EngineKind, layer: usize) -> PublicPlan {
    let train = TrainedLayers::These(vec![LayerName::Number(layer)]);
    let training = TrainingPlan { train, ..task(kind).training };
    PublicPlan::new(Task { widths: vec![3, 2, 2, 2], training, ..task(kind) }).unwrap()
}

/// The bytes of each layer of a file with weights.
struct Layers<'a>(&'a Setting, &'a str);

impl LocalWork for Layers<'_> {
    type Output = Vec<Vec<u8>>;

    fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let mut file = FileReader::open_any(self.0.path(self.1)).unwrap();
        let read = |from: &mut dyn std::io::Read, layer| engine.read_weights(from, layer);
        let weights = silenzio_suite::payload::decode_layers(&mut file, engine.layers(), read).unwrap();
        weights.iter().map(|weights| bytes(engine, weights)).collect()
    }
}

/// The bytes of public weights before any training.
struct Initial(Vec<Array2<f32>>);

impl LocalWork for Initial {
    type Output = Vec<Vec<u8>>;

    fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let layers = self.0.iter().enumerate();
        layers.map(|(l, w)| bytes(engine, &engine.initial_weights(l, w.view()).unwrap())).collect()
    }
}

fn bytes<E: StoredEngine>(engine: &E, weights: &E::Weights) -> Vec<u8> {
    let mut bytes = vec![];
    engine.write_weights(&mut bytes, weights).unwrap();
    bytes
}

fn layers(setting: &Setting, name: &str) -> Vec<Vec<u8>> {
    simulate(&setting.network, Layers(setting, name))
}

/// Holds all layers but `trained` against those before the training, and that one, too.
fn check(before: &[Vec<u8>], after: &[Vec<u8>], trained: usize, what: &str) {
    assert_eq!(before.len(), after.len());
    for (layer, (before, after)) in before.iter().zip(after).enumerate() {
        assert_eq!(before == after, layer != trained, "{what}: layer {layer}, where {trained} is trained");
    }
}

/// Weights at which units are open.
fn public() -> Vec<Array2<f32>> {
    let weight = |(i, j): (usize, usize)| 0.5 - 0.2 * ((i + j) % 3) as f32;
    [(4, 2), (3, 2), (3, 2)].map(|shape| Array2::from_shape_fn(shape, weight)).to_vec()
}

#[test]
fn frozen_layers_of_a_public_model_keep_every_byte_through_stops_and_snapshots() {
    for (kind, trained) in ENGINES.into_iter().flat_map(|kind| (0..3).map(move |layer| (kind, layer))) {
        let setting = Setting::new(training_only(kind, trained));
        setting.write_public("public", &public());
        let before = simulate(&setting.network, Initial(public()));
        let snapshots = SnapshotPolicy { count: NonZeroUsize::new(3).unwrap(), every: NonZeroU64::new(1) };
        let request = TrainRequest {
            initial: Some(setting.path("public")),
            snapshots: Some(snapshots),
            ..setting.request()
        };
        setting.train(&request, None).unwrap();
        let expected = setting.snapshot();
        for name in ["model", "model.snapshot-4", "model.snapshot-5"] {
            check(&before, &layers(&setting, name), trained, &format!("{kind}, {name}"));
        }
        for name in ["model", "model.snapshot-4", "model.snapshot-5"] {
            std::fs::remove_file(setting.path(name)).unwrap();
        }
        let request = TrainRequest { resume: true, ..request };
        while let (Outcome::Stopped { .. }, _) = setting.train(&request, Some(2)).unwrap() {}
        assert!(setting.snapshot() == expected, "{kind}: a training that was stopped");
    }
}

#[test]
fn frozen_layers_of_an_encrypted_model_keep_every_byte() {
    for kind in ENGINES {
        let whole = Setting::new(PublicPlan::new(Task { widths: vec![3, 2, 2, 2], ..task(kind) }).unwrap());
        whole.write_public("public", &public());
        let first = TrainRequest { initial: Some(whole.path("public")), ..whole.request() };
        whole.train(&first, None).unwrap();
        for trained in 0..3 {
            let setting = Setting::new(training_only(kind, trained));
            let going_on = TrainRequest { initial: Some(whole.path("model")), ..setting.request() };
            setting.train(&going_on, None).unwrap();
            let before = layers(&whole, "model");
            check(&before, &layers(&setting, "model"), trained, &kind.to_string());
        }
    }
}

/// Where a plan freezes random weights, they are the random features of the layers above.
#[test]
fn random_weights_are_frozen_too() {
    for kind in ENGINES {
        let setting = Setting::new(training_only(kind, 2));
        let random = initial_network(Seed(setting.plan.task.training.seed), &setting.widths);
        setting.train(&setting.request(), None).unwrap();
        let (before, after) = (simulate(&setting.network, Initial(random)), layers(&setting, "model"));
        assert!(before[..2] == after[..2], "{kind}");
    }
}

/// Nobody sends what only the gradient of a frozen first layer would be made of.
#[test]
fn samples_for_a_frozen_first_layer_are_smaller() {
    for kind in ENGINES {
        let size = |plan| Setting::new(plan).read("data").len();
        let whole = PublicPlan::new(Task { widths: vec![3, 2, 2, 2], ..task(kind) }).unwrap();
        let (all, last) = (size(whole), size(training_only(kind, 2)));
        assert!(last < all, "{kind}: {last} bytes instead of {all}");
    }
}

#[test]
fn layers_that_there_are_not_are_refused() {
    for kind in ENGINES {
        let mut plan = plan(kind);
        for layers in [vec![], vec![LayerName::Number(2)]] {
            plan.task.training.train = TrainedLayers::These(layers);
            assert!(plan.network().unwrap_err().to_string().contains("training.train"));
        }
    }
}
