//! Trainings that go on from an encrypted model, and trainings on several data sets.

use crate::common::{Setting, plan, simulate, task};
use ndarray::Array2;
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_core::{EngineClient, StoredClient, StoredEngine, Task};
use silenzio_files::{FileReader, KeyId};
use silenzio_server::{Outcome, TrainRequest};
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{KeyName, LocalWork, PublicPlan, Trained, Watch};

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

fn trained(setting: &Setting, name: &str) -> Trained {
    FileReader::open_any(setting.path(name)).unwrap().plan().unwrap()
}

/// From `data` and an initial model to a model.
fn request(setting: &Setting, data: &[&str], initial: Option<&str>, model: &str) -> TrainRequest {
    TrainRequest {
        data: data.iter().map(|name| setting.path(name)).collect(),
        initial: initial.map(|name| setting.path(name)),
        model: setting.path(model),
        ..setting.request()
    }
}

fn refused(setting: &Setting, request: &TrainRequest, parts: &[&str]) {
    let before = setting.snapshot();
    let error = setting.train(request, None).unwrap_err().to_string();
    assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} are not in {error}");
    assert_eq!(setting.snapshot(), before);
}

struct Decrypted<'a>(&'a Setting, &'a str);

impl LocalWork for Decrypted<'_> {
    type Output = Vec<Array2<f32>>;

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let mut file = FileReader::open_any(self.0.path(self.1)).unwrap();
        let read = |from: &mut dyn std::io::Read, layer| engine.read_weights(from, layer);
        let weights = decode_layers(&mut file, engine.layers(), read).unwrap();
        weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w).unwrap()).collect()
    }
}

fn weights(setting: &Setting, name: &str) -> Vec<Array2<f32>> {
    simulate(&setting.network, Decrypted(setting, name))
}

#[test]
fn a_training_goes_on_and_says_what_was_before() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.write_other_data("other");
        setting.train(&request(&setting, &["data"], None, "first"), None).unwrap();
        let second = request(&setting, &["other"], Some("first"), "second");
        setting.train(&second, None).unwrap();
        let expected = setting.read("second");
        let model = FileReader::open_any(setting.path("first")).unwrap().digest();
        let second_trained = trained(&setting, "second");
        assert_eq!(second_trained.initial, Some(model));
        let earlier = second_trained.earlier.unwrap();
        assert_eq!((earlier.steps, earlier.samples), (6, 16), "{kind}");
        assert_eq!(earlier.weight_noise.len(), if kind == EngineKind::Exact { 0 } else { 2 });
        assert_ne!(weights(&setting, "first"), weights(&setting, "second"));

        // Both histories count.
        setting.train(&request(&setting, &["data"], Some("second"), "third"), None).unwrap();
        let third = trained(&setting, "third").earlier.unwrap();
        assert_eq!((third.steps, third.samples), (12, 32), "{kind}");
        for (twice, once) in third.weight_noise.iter().zip(&earlier.weight_noise) {
            assert!((twice / once - 2f64.sqrt()).abs() < 1e-12, "{twice} {once}");
        }

        // An interruption changes no byte, and other beginnings are other trainings.
        std::fs::remove_file(setting.path("second")).unwrap();
        let resumed = TrainRequest { resume: true, ..second };
        let (outcome, _) = setting.train(&resumed, Some(2)).unwrap();
        assert!(matches!(outcome, Outcome::Stopped { steps_done: 2, .. }));
        for initial in [None, Some("third")] {
            let other = TrainRequest { resume: true, ..request(&setting, &["other"], initial, "second") };
            refused(&setting, &other, &["second.checkpoint", "other weights"]);
        }
        setting.train(&resumed, None).unwrap();
        assert!(setting.read("second") == expected, "{kind}");
    }
}

/// Two trainings of one epoch and no fall of the rate are steps as those of any training: with the numbers that steps of
/// one training would have, though in other orders.
#[test]
fn going_on_learns_as_long_trainings_do() {
    for kind in ENGINES {
        let one_batch = |epochs| {
            let training = TrainingPlan { epochs, batch: 8, ..task(kind).training };
            Setting::new(PublicPlan::new(Task { training, ..task(kind) }).unwrap())
        };
        let (long, short) = (one_batch(2), one_batch(1));
        long.train(&long.request(), None).unwrap();
        short.train(&request(&short, &["data"], None, "first"), None).unwrap();
        short.train(&request(&short, &["data"], Some("first"), "model"), None).unwrap();
        // The whole data set is one batch, whose order decides which sample meets which dither, and nothing else: sums of
        // exact gradients differ by steps of a weight at most.
        for (long, short) in weights(&long, "model").iter().zip(&weights(&short, "model")) {
            for (long, short) in long.iter().zip(short) {
                assert!((long - short).abs() < 0.1, "{kind}: {long} {short}");
            }
        }
    }
}

#[test]
fn models_that_no_training_can_go_on_from() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.train(&request(&setting, &["data"], None, "first"), None).unwrap();
        let from = |setting: &Setting, initial: &str| request(setting, &["data"], Some(initial), "model");
        // Of another network or in other units.
        for (change, part) in [
            ((|task: &mut Task| task.widths[1] = 3) as fn(&mut Task), "widths [3, 3, 2]"),
            (
                |task| match &mut task.engine {
                    EnginePlan::Exact(plan) => plan.range.weights = vec![4.0],
                    EnginePlan::Approximate(plan) => plan.range.logits = 12.0,
                },
                "other units",
            ),
        ] {
            let mut other = task(kind);
            change(&mut other);
            let mut other = Setting::new(PublicPlan::new(other).unwrap());
            // The same key, whatever the plan.
            other.key = setting.key.clone();
            if other.network.parameters().unwrap() == setting.key.parameters {
                other.write_data("data", 8, true);
                other.train(&request(&other, &["data"], None, "other"), None).unwrap();
                std::fs::copy(other.path("other"), setting.path("other")).unwrap();
                refused(&setting, &from(&setting, "other"), &["other: ", part]);
            }
        }
        // Of another key.
        let mut other = Setting::new(plan(kind));
        other.key = KeyName { id: KeyId(8), ..other.key };
        other.write_data("data", 8, true);
        other.train(&other.request(), None).unwrap();
        std::fs::copy(other.path("model"), setting.path("stolen")).unwrap();
        refused(&setting, &from(&setting, "stolen"), &["stolen", "key"]);
        // No model, or a damaged one.
        setting.write_other_data("samples");
        refused(&setting, &from(&setting, "samples"), &["samples", "model"]);
        let mut bytes = setting.read("first");
        let middle = bytes.len() - 100;
        bytes[middle] ^= 1;
        std::fs::write(setting.path("damaged"), bytes).unwrap();
        refused(&setting, &from(&setting, "damaged"), &["damaged"]);
    }
}

#[test]
fn the_noise_of_the_whole_history_counts() {
    let limited = |limit: f64| {
        let mut task = task(EngineKind::Approximate);
        if let EnginePlan::Approximate(plan) = &mut task.engine {
            plan.weight_noise = limit;
        }
        PublicPlan::new(task)
    };
    let noise = |plan: &PublicPlan| {
        let noise = plan.network().unwrap().describe().weight_noise_per_sample;
        noise.into_iter().fold(0.0, f64::max) * 16f64.sqrt()
    };
    // Enough for one training and not for two.
    let one = noise(&limited(1.0).unwrap());
    let setting = Setting::new(limited(1.2 * one).unwrap());
    assert!((noise(&setting.plan) / one - 1.0).abs() < 0.01, "the same formats");
    setting.write_other_data("other");
    setting.train(&request(&setting, &["data"], None, "first"), None).unwrap();
    let going_on = request(&setting, &["data"], Some("first"), "model");
    refused(&setting, &going_on, &["data: ", "engine.weight_noise", "16 of earlier trainings"]);
    refused(&setting, &request(&setting, &["data", "other"], None, "model"), &["engine.weight_noise"]);
}

#[test]
fn several_data_sets_are_trained_on_together() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.write_other_data("other");
        let both = request(&setting, &["data", "other"], None, "both");
        setting.train(&both, None).unwrap();
        let expected = setting.read("both");
        let of_both = trained(&setting, "both");
        assert_eq!(of_both.plan, setting.plan.for_samples(16));
        let digest = |name: &str| FileReader::open_any(setting.path(name)).unwrap().digest();
        assert_eq!(of_both.data.digests(), [digest("data"), digest("other")]);

        // As many steps, and the same bytes after an interruption; the order of the sets is a part of the training.
        std::fs::remove_file(setting.path("both")).unwrap();
        let resumed = TrainRequest { resume: true, ..both };
        let (outcome, _) = setting.train(&resumed, Some(3)).unwrap();
        assert_eq!(outcome, Outcome::Stopped { steps_done: 3, steps: 12, steps_before: 0 });
        for data in [&["data"][..], &["other", "data"]] {
            let other = TrainRequest { resume: true, ..request(&setting, data, None, "both") };
            refused(&setting, &other, &["both.checkpoint"]);
        }
        setting.train(&resumed, None).unwrap();
        assert!(setting.read("both") == expected, "{kind}");
        // Inputs that are encrypted like either set are inputs of the model.
        std::fs::copy(setting.path("both"), setting.path("model")).unwrap();
        setting.infer("other", false).unwrap();
    }
}

/// All samples of one set, and the same samples in two: the same training.
#[test]
fn samples_are_numbered_through() {
    for kind in ENGINES {
        let whole = Setting::new(plan(kind));
        whole.train(&whole.request(), None).unwrap();
        let mut parts = Setting::new(plan(kind));
        for (name, samples) in [("data", 0..3), ("rest", 3..8)] {
            parts.plan = whole.plan.for_samples((samples.end - samples.start) as usize);
            parts.write_part(name, &whole.path("data"), samples);
        }
        parts.train(&request(&parts, &["data", "rest"], None, "model"), None).unwrap();
        assert_eq!(weights(&whole, "model"), weights(&parts, "model"), "{kind}");
    }
}

#[test]
fn data_sets_that_do_not_belong_together() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        let with = |name: &str| request(&setting, &["data", name], None, "model");
        let mut other = Setting::new({
            let training = TrainingPlan { epochs: 3, ..task(kind).training };
            PublicPlan::new(Task { training, ..task(kind) }).unwrap()
        });
        std::fs::copy(other.path("data"), setting.path("epochs")).unwrap();
        other.key = KeyName { id: KeyId(8), ..other.key };
        other.plan = setting.plan.clone();
        other.write_data("data", 8, true);
        std::fs::copy(other.path("data"), setting.path("stolen")).unwrap();
        std::fs::copy(setting.path("data"), setting.path("copy")).unwrap();
        setting.write_data("unlabelled", 8, false);
        for (name, parts) in [
            ("epochs", &["epochs: ", "section [task.training]"][..]),
            ("stolen", &["stolen: ", "key"]),
            ("copy", &["copy: ", "given twice"]),
            ("unlabelled", &["unlabelled: ", "no labels"]),
            ("data", &["data: ", "given twice"]),
            ("missing", &["missing: ", "cannot be read"]),
        ] {
            refused(&setting, &with(name), parts);
        }
        refused(&setting, &request(&setting, &[], None, "model"), &["no data set"]);
    }
}
