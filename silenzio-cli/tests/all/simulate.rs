//! `silenzio simulate` and the help of all commands.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use serde_json::Value;

/// Simulates [`CSV`] with more options, and returns the JSON.
fn simulate(options: &[&str]) -> Value {
    let plan = format!("{PLAN}[model]\nhidden = [3]\n[training]\nepochs = 4\nbatch = 3\n");
    let folder = folder(&[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes())]);
    let output = silenzio(folder.path(), &[&["simulate", "plan.toml", "--json"], options].concat());
    assert!(output.status.success(), "{options:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The outcome of a seed without its time.
fn timeless(outcome: &Value, seed: usize) -> Value {
    let mut seed = outcome["seeds"][seed].clone();
    seed.as_object_mut().unwrap().remove("simulated_seconds").unwrap();
    seed
}

#[test]
fn the_json_has_all_fields() {
    let outcome = simulate(&["--seeds", "2"]);
    assert_eq!(outcome["network"], "2-3-2");
    assert_eq!(outcome["plan"]["training"]["epochs"], 4);
    let seeds = outcome["seeds"].as_array().unwrap();
    assert_eq!(seeds.iter().map(|seed| seed["seed"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    for name in ["float", "simulated"] {
        let last = |seed: &Value| {
            let accuracies = seed[format!("{name}_accuracies")].as_array().unwrap();
            assert_eq!(accuracies.len(), 4, "one accuracy per epoch");
            accuracies[3].as_f64().unwrap()
        };
        let mean = seeds.iter().map(last).sum::<f64>() / 2.0;
        assert_eq!(outcome[format!("mean_{name}_accuracy")].as_f64().unwrap(), mean);
    }
    for seed in seeds {
        assert_eq!(seed["steps"], 4 * 3, "eight training samples are three steps an epoch");
        assert!(seed["simulated_seconds"].as_f64().unwrap() > 0.0);
        let bootstraps = seed["operations"]["bootstraps"].as_object().unwrap();
        assert!(bootstraps.values().all(|count| count.as_u64().unwrap() > 0) && bootstraps.len() > 1);
        assert_eq!(seed["confusion"]["classes"], serde_json::json!(["left", "right"]));
        let ranges = seed["products"].as_array().unwrap();
        let products: Vec<_> = ranges.iter().map(|range| range["name"].as_str().unwrap()).collect();
        assert_eq!(
            products,
            ["layer 1 forward", "layer 1 gradient", "layer 2 forward", "layer 2 delta", "layer 2 gradient"]
        );
        for range in ranges {
            assert!(range["met"].as_i64().unwrap() <= range["covered"].as_i64().unwrap());
            assert!(
                range["divisor"].as_i64().unwrap() > 0 && !range["moduli"].as_array().unwrap().is_empty()
            );
        }
    }
}

#[test]
fn every_way_to_compute_gives_the_same_integers() {
    let reference = timeless(&simulate(&[]), 0);
    for options in [&["--look-up-by-look-up"][..], &["--threads", "1"], &["--faults", "0"]] {
        assert_eq!(timeless(&simulate(options), 0), reference, "{options:?}");
    }
}

#[test]
fn a_training_can_stop_early() {
    let outcome = timeless(&simulate(&["--steps", "1"]), 0);
    assert_eq!((&outcome["steps"], &outcome["luts"]), (&1.into(), &outcome["luts_of_first_step"]));
}

#[test]
fn the_report_for_people_shows_both_accuracies() {
    let folder = folder(&[("plan.toml", PLAN.as_bytes()), ("data.csv", CSV.as_bytes())]);
    let output = silenzio(folder.path(), &["simulate", "plan.toml"]);
    let report = text(&output.stdout);
    assert!(output.status.success());
    for part in ["data.csv", "2-8-2", "float, simulated", "left", "right"] {
        assert!(report.contains(part), "{part:?} is not in\n{report}");
    }
}

#[test]
fn every_command_has_help() {
    let folder = folder(&[]);
    let commands = [
        "demo", "simulate", "estimate", "rehearse", "sweep", "report", "export", "keygen", "encrypt",
        "train", "infer", "decrypt", "evaluate", "predict", "inspect",
    ];
    for command in commands.iter().map(std::slice::from_ref).chain([&[][..]]) {
        let output = silenzio(folder.path(), &[command, &["--help"][..]].concat());
        let help = text(&output.stdout);
        assert!(output.status.success() && help.contains("Usage: silenzio"), "{command:?}\n{help}");
    }
    let version = text(&silenzio(folder.path(), &["--version"]).stdout);
    assert!(version.starts_with("silenzio") && version.contains(env!("CARGO_PKG_VERSION")), "{version}");
}
