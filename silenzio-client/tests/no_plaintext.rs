//! A file of encrypted samples has nothing in it that looks like them, and nothing twice.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use silenzio_client::SecretKey;
use silenzio_client::encryption::{Samples, encrypt};
use silenzio_core::Task;
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_data::Targets;
use silenzio_files::{Destination, FileReader, Kind, Overwrite};
use silenzio_suite::PublicPlan;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

const CLASSES: usize = 3;
const FEATURES: usize = 4;

fn plan(kind: EngineKind) -> PublicPlan {
    let task = Task {
        widths: vec![FEATURES, 2, CLASSES],
        samples: 6,
        training: TrainingPlan { epochs: 1, batch: 2, ..TrainingPlan::default() },
        engine: EnginePlan::of(kind),
    };
    PublicPlan::new(task).unwrap()
}

/// The inputs and the labels of known samples.
fn samples() -> (Array2<f32>, Vec<usize>) {
    let inputs = Array2::from_shape_fn((6, FEATURES), |(i, k)| ((7 * i + 3 * k) % 16) as f32 / 15.0);
    (inputs, (0..6).map(|sample| sample % CLASSES).collect())
}

/// Encrypts the known samples, and returns the payload.
fn payload(kind: EngineKind, key: &SecretKey, folder: &Path) -> Vec<u8> {
    let plan = plan(kind);
    let network = plan.network().unwrap();
    let client = key.client_of(&network).unwrap();
    let path = folder.join("data.silenzio");
    let to = Destination::new(&path, Overwrite::Replace).unwrap();
    let (inputs, labels) = samples();
    let samples = Samples { inputs: inputs.view(), targets: Some(Targets::Classes(&labels)) };
    encrypt(client.as_ref(), key.name(), &plan, samples, &to, |_| ()).unwrap();
    let mut bytes = Vec::new();
    FileReader::open(&path, Kind::Data).unwrap().payload().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Patterns of eight bytes or more that encode inputs or labels in some way, and do not occur by chance.
fn encodings() -> Vec<(String, Vec<u8>)> {
    let (inputs, labels) = samples();
    let mut patterns: Vec<(String, Vec<u8>)> = Vec::new();
    for (sample, row) in inputs.rows().into_iter().enumerate() {
        let mut add = |what: &str, bytes: Vec<u8>| patterns.push((format!("{what}, sample {sample}"), bytes));
        let integers = row.map(|x| (x * 15.0).round() as u64);
        add("inputs as f32", row.iter().flat_map(|x| x.to_le_bytes()).collect());
        add("inputs as bytes", integers.iter().chain(&integers).map(|&x| x as u8).collect());
        add("inputs as u32", integers.iter().flat_map(|&x| (x as u32).to_le_bytes()).collect());
        for (&x, &integer) in row.iter().zip(&integers) {
            add("an input as f64", f64::from(x).to_le_bytes().into());
            add("an input as u64", integer.to_le_bytes().into());
            for bits in [58, 59, 60] {
                add("an input as the highest bits", (integer << bits).to_le_bytes().into());
            }
        }
        let one_hot = |class: usize| u64::from(class == labels[sample]);
        add("label as u64", (0..CLASSES).flat_map(|class| one_hot(class).to_le_bytes()).collect());
        add("label as u32", (0..CLASSES).flat_map(|class| (one_hot(class) as u32).to_le_bytes()).collect());
        for target in [0.9, 0.9 + 0.1 / 3.0, 0.1 / 3.0, 0.05, 1.0] {
            add("a target as f64", f64::to_le_bytes(target).into());
        }
    }
    patterns
}

fn check(kind: EngineKind) {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate(plan(kind).parameters().unwrap());
    let (first, second) = (payload(kind, &key, folder.path()), payload(kind, &key, folder.path()));
    assert_eq!(first.len(), second.len(), "the length tells nothing but the shapes");

    for (what, pattern) in encodings() {
        let found = first.windows(pattern.len()).position(|window| window == pattern);
        assert_eq!(found, None, "{what}");
    }

    // Words are not equal by chance: there are fewer than 2^40 pairs, each equal with probability 2^-64.
    let words = |bytes: &[u8]| bytes.chunks_exact(8).map(<[u8]>::to_vec).collect::<HashSet<_>>();
    assert_eq!(words(&first).len(), first.len() / 8, "no word is there twice");
    assert!(words(&first).is_disjoint(&words(&second)), "nor in another encryption of the same samples");

    // About every 256th byte is equal, within six standard deviations.
    let equal = first.iter().zip(&second).filter(|(a, b)| a == b).count() as f64;
    let expected = first.len() as f64 / 256.0;
    assert!((equal - expected).abs() < 6.0 * expected.sqrt(), "{equal} equal bytes, not {expected}");
}

#[test]
fn exact_uploads_hold_nothing_of_the_samples() {
    check(EngineKind::Exact);
}

#[test]
fn approximate_uploads_hold_nothing_of_the_samples() {
    check(EngineKind::Approximate);
}

#[test]
fn debug_forms_hold_no_secret() {
    let key = SecretKey::generate(plan(EngineKind::Approximate).parameters().unwrap());
    let text = format!("{key:?}");
    assert!(text.len() < 1000 && !text.contains("[0, ") && !text.contains("[1, "), "{text}");
}
