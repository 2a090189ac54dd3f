//! Trainings that begin with a public model instead of random weights.

use crate::common::{CSV, PLAN, folder, refuse, run_json};
use serde_json::Value;

/// Softmax regression on four samples of [`CSV`], one step an epoch.
fn plan(engine: &str) -> String {
    format!(
        "{PLAN}limit = 4\n[model]\nhidden = []\n[training]\nepochs = 2\nbatch = 4\nlearning_rate = 1.0\n\
         [engine]\nkind = \"{engine}\"\n"
    )
}

#[test]
fn a_decrypted_model_is_what_another_training_begins_with() {
    let folder = folder(&[
        ("plan.toml", plan("approximate").as_bytes()),
        ("exact.toml", plan("exact").as_bytes()),
        ("data.csv", CSV.as_bytes()),
    ]);
    let folder = folder.path();
    run_json(folder, "keygen plan.toml");
    run_json(folder, "encrypt plan.toml --test-out test.csv");
    run_json(folder, "train data.silenzio --out first.silenzio");
    run_json(folder, "decrypt first.silenzio --out first.safetensors");

    // On ciphertexts.
    let train = "train data.silenzio --initial first.safetensors";
    run_json(folder, &format!("{train} --out second.silenzio"));
    let inspected = run_json(folder, "inspect second.silenzio");
    assert!(inspected["plan"]["initial"].as_str().is_some_and(|digest| digest.len() == 64), "{inspected}");
    assert_eq!(run_json(folder, "inspect first.silenzio")["plan"]["initial"], Value::Null);
    run_json(folder, "decrypt second.silenzio --out second.safetensors");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_ne!(read("first.safetensors"), read("second.safetensors"));

    // On the simulator, with a learning rate that changes nothing, the model stays the same.
    let still = "--set training.learning_rate=0.000001 --initial first.safetensors";
    let judged = run_json(folder, "evaluate first.safetensors test.csv");
    let simulated = run_json(folder, &format!("simulate plan.toml {still}"));
    assert_eq!(simulated["mean_simulated_accuracy"], judged["accuracy"]);
    assert_eq!(simulated["mean_float_accuracy"], judged["accuracy"]);

    // Exact ciphertexts give the simulator's integers with an initial model, too.
    let rehearsed = run_json(folder, "rehearse exact.toml --steps 1 --initial first.safetensors");
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
