//! Trainings that begin with a public model instead of random weights.

#![allow(clippy::unwrap_used)]

mod common;

use common::{CSV, PLAN, folder, silenzio, text};
use serde_json::Value;
use std::path::Path;

/// Softmax regression on four samples of [`CSV`], one step an epoch.
fn plan(engine: &str) -> String {
    format!(
        "{PLAN}limit = 4\n[model]\nhidden = []\n[training]\nepochs = 2\nbatch = 4\nlearning_rate = 1.0\n\
         [engine]\nkind = \"{engine}\"\n"
    )
}

/// The JSON result of a command that works.
fn json(folder: &Path, arguments: &str) -> Value {
    let arguments = format!("{arguments} --json");
    let output = silenzio(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refuse(folder: &Path, arguments: &str, named: &[&str]) {
    let output = silenzio(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments}: {message}");
    assert!(named.iter().all(|name| message.contains(name)), "{named:?} are not in {message:?}");
}

#[test]
fn a_decrypted_model_is_what_another_training_begins_with() {
    let folder = folder(&[
        ("plan.toml", plan("approximate").as_bytes()),
        ("exact.toml", plan("exact").as_bytes()),
        ("data.csv", CSV.as_bytes()),
    ]);
    let folder = folder.path();
    json(folder, "keygen plan.toml");
    json(folder, "encrypt plan.toml --test-out test.csv");
    json(folder, "train data.silenzio --out first.silenzio");
    json(folder, "decrypt first.silenzio --out first.safetensors");

    // On ciphertexts.
    let train = "train data.silenzio --initial first.safetensors";
    json(folder, &format!("{train} --out second.silenzio"));
    let inspected = json(folder, "inspect second.silenzio");
    assert!(inspected["plan"]["initial"].as_str().is_some_and(|digest| digest.len() == 64), "{inspected}");
    assert_eq!(json(folder, "inspect first.silenzio")["plan"]["initial"], Value::Null);
    json(folder, "decrypt second.silenzio --out second.safetensors");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_ne!(read("first.safetensors"), read("second.safetensors"));

    // On the simulator: at a rate that moves nothing the model stays what it was.
    let still = "--set training.learning_rate=0.000001 --initial first.safetensors";
    let judged = json(folder, "evaluate first.safetensors test.csv");
    let simulated = json(folder, &format!("simulate plan.toml {still}"));
    assert_eq!(simulated["mean_simulated_accuracy"], judged["accuracy"]);
    assert_eq!(simulated["mean_float_accuracy"], judged["accuracy"]);

    // Exact ciphertexts come to the simulator's integers from there, too.
    let rehearsed = json(folder, "rehearse exact.toml --steps 1 --initial first.safetensors");
    assert_eq!(rehearsed["weights_equal_to_simulated"], true);

    let files = || std::fs::read_dir(folder).unwrap().count();
    let before = files();
    let wide = "simulate plan.toml --set model.hidden=[3] --initial first.safetensors";
    refuse(folder, wide, &["first.safetensors", "2 tensors"]);
    refuse(folder, "simulate plan.toml --initial data.csv", &["data.csv", "safetensors"]);
    refuse(folder, "train data.silenzio --initial test.csv", &["test.csv", "safetensors"]);
    refuse(folder, "train data.silenzio --initial nothing", &["nothing", "cannot be read"]);
    refuse(folder, &format!("{train} --out first.safetensors --force"), &["given twice"]);
    assert_eq!(files(), before);
}
