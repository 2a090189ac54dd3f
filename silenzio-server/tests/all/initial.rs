//! Trainings that begin with a public model.

use crate::common::{Setting, plan, simulate};
use ndarray::Array2;
use proptest::prelude::*;
use silenzio_core::plan::{EngineKind, TrainingPlan};
use silenzio_core::{EngineClient, StoredClient, StoredEngine, Task};
use silenzio_files::{Digest, FileReader};
use silenzio_nn::trainer;
use silenzio_server::{Outcome, TrainRequest};
use silenzio_suite::{LocalWork, PublicPlan, Trained, Watch};

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

/// The layers of the small task, from numbers around 0.
fn layers(number: impl Fn(usize) -> f32) -> Vec<Array2<f32>> {
    [(4, 2), (3, 2)].map(|dim| Array2::from_shape_fn(dim, |(i, j)| number(2 * i + j))).to_vec()
}

fn request(setting: &Setting, initial: &str) -> TrainRequest {
    TrainRequest { initial: Some(setting.path(initial)), ..setting.request() }
}

/// What public weights decrypt to as master weights, layer by layer, with the step and the largest weight.
struct Decrypted<'a>(&'a [Array2<f32>]);

impl LocalWork for Decrypted<'_> {
    type Output = Vec<(Array2<f32>, f32, f64)>;

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let weights = trainer::pretrained_weights(engine, self.0).unwrap();
        let decrypt = |(layer, weights): (usize, &E::Weights)| {
            let step = client.weight_step(layer).unwrap();
            (client.decrypt_weights(layer, weights).unwrap(), step, engine.largest_weight(layer).unwrap())
        };
        weights.iter().enumerate().map(decrypt).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A training begins with the weights of the public model, and not with what is near them.
    #[test]
    fn public_weights_are_the_ones_that_decrypt(numbers in proptest::collection::vec(-0.9f32..0.9, 8)) {
        for kind in ENGINES {
            let network = plan(kind).network().unwrap();
            let public = layers(|at| numbers[at]);
            for ((decrypted, step, largest), public) in simulate(&network, Decrypted(&public)).iter().zip(&public) {
                prop_assert!(*largest > 0.9, "{largest}");
                for (decrypted, public) in decrypted.iter().zip(public) {
                    // Steps of biases are those of the weights times the constant input, which is near one.
                    prop_assert!((decrypted - public).abs() <= 0.75 * step + 1e-6, "{kind}: {decrypted} {public}");
                }
            }
        }
    }
}

#[test]
fn a_model_says_what_it_began_with_and_resuming_ends_in_the_same_bytes() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.write_public("public", &layers(|at| 0.1 * at as f32 - 0.3));
        setting.train(&setting.request(), None).unwrap();
        let random = setting.read("model");
        std::fs::remove_file(setting.path("model")).unwrap();

        setting.train(&request(&setting, "public"), None).unwrap();
        let expected = setting.read("model");
        assert!(expected != random, "{kind}");
        let trained: Trained = FileReader::open_any(setting.path("model")).unwrap().plan().unwrap();
        assert_eq!(trained.initial, Some(Digest::of(&setting.read("public"))));
        std::fs::remove_file(setting.path("model")).unwrap();

        let resumed = TrainRequest { resume: true, ..request(&setting, "public") };
        let (outcome, _) = setting.train(&resumed, Some(2)).unwrap();
        assert!(matches!(outcome, Outcome::Stopped { steps_done: 2, .. }));
        // Random weights, or those of another model, are another training.
        setting.write_public("other", &layers(|at| 0.2 * at as f32 - 0.3));
        for other in [setting.resumed(), TrainRequest { resume: true, ..request(&setting, "other") }] {
            let error = setting.train(&other, None).unwrap_err().to_string();
            assert!(error.contains("model.checkpoint") && error.contains("other weights"), "{error}");
        }
        setting.train(&resumed, None).unwrap();
        assert!(setting.read("model") == expected, "{kind}");
    }
}

/// At a learning rate that moves nothing, the model in the end is the one in the beginning.
#[test]
fn a_training_goes_on_from_the_public_model() {
    let small = Task {
        training: TrainingPlan {
            epochs: 1,
            learning_rate: 1e-3,
            ..plan(EngineKind::Approximate).task.training
        },
        ..plan(EngineKind::Approximate).task
    };
    let setting = Setting::new(PublicPlan::new(small).unwrap());
    let public = layers(|at| 0.1 * at as f32 - 0.3);
    setting.write_public("public", &public);
    setting.train(&request(&setting, "public"), None).unwrap();
    struct Read<'a>(&'a Setting);
    impl LocalWork for Read<'_> {
        type Output = Vec<Array2<f32>>;

        fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
        where
            E: StoredEngine,
            C: StoredClient
                + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
        {
            let mut file = FileReader::open_any(self.0.path("model")).unwrap();
            let read = |from: &mut dyn std::io::Read, layer| engine.read_weights(from, layer);
            let weights = silenzio_suite::payload::decode_layers(&mut file, engine.layers(), read).unwrap();
            weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w).unwrap()).collect()
        }
    }
    for (trained, public) in simulate(&setting.network, Read(&setting)).iter().zip(&public) {
        assert!(trained.iter().zip(public).all(|(a, b)| (a - b).abs() < 0.01), "{trained} {public}");
    }
}

#[test]
fn models_that_a_training_cannot_begin_with() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        let fine = layers(|_| 0.5);
        let mut huge = fine.clone();
        huge[1][(0, 1)] = 1e4;
        let mut none = fine.clone();
        none[0][(0, 0)] = f32::NAN;
        setting.write_public("huge", &huge);
        setting.write_public("none", &none);
        setting.write_public("shallow", &fine[..1]);
        setting.write_public("wide", &[fine[0].clone(), fine[0].clone()]);
        std::fs::write(setting.path("letters"), "my letters").unwrap();
        let before = setting.names();
        for (name, parts) in [
            ("huge", &["engine.range", "layer 1", "10000"][..]),
            ("none", &["engine.range", "layer 0", "NaN"]),
            ("shallow", &["shallow", "2 tensors", "has 4"]),
            ("wide", &["wide", "layers.1.weight", "[2, 2]"]),
            ("letters", &["letters", "safetensors"]),
            ("nothing", &["nothing", "cannot be read"]),
        ] {
            let error = setting.train(&request(&setting, name), None).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{kind}: {parts:?} are not in {error}");
            assert_eq!(setting.names(), before);
        }
    }
}
