//! The approximate engine from the command line.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use serde_json::Value;

const APPROXIMATE: &str =
    "[model]\nhidden = [3]\n[training]\nepochs = 4\nbatch = 3\n[engine]\nkind = \"approximate\"\n";

fn run(arguments: &[&str]) -> std::process::Output {
    let plan = format!("{PLAN}{APPROXIMATE}");
    let folder = folder(&[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes())]);
    silenzio(folder.path(), arguments)
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_simulation_counts_bootstraps_per_unit() {
    let outcome = json(&["simulate", "plan.toml", "--json"]);
    let bootstraps = &outcome["seeds"][0]["operations"]["bootstraps"];
    let bootstraps: u64 =
        ["coarse", "medium", "wide", "fine"].map(|class| bootstraps[class].as_u64().unwrap()).iter().sum();
    // There are four epochs of eight samples, with 2h + 4c - 1 bootstraps each.
    assert_eq!(bootstraps, 4 * 8 * (2 * 3 + 4 * 2 - 1));
}

#[test]
fn an_encrypted_step_does_what_the_simulated_one_counts() {
    let encrypted = json(&["rehearse", "plan.toml", "--steps", "1", "--json"]);
    let simulated = json(&["simulate", "plan.toml", "--steps", "1", "--json"]);
    assert_eq!(encrypted["cost"]["operations"], simulated["seeds"][0]["operations"]);
    assert_eq!(encrypted["cost"]["samples"], 3);
    // A report draws one accuracy, after the last step, and the two test samples.
    assert_eq!(encrypted["accuracies"], serde_json::json!([encrypted["test_accuracy"]]));
    assert_eq!(encrypted["steps_per_epoch"], 3);
    let counts = encrypted["confusion"]["counts"].as_array().unwrap();
    let tested: u64 =
        counts.iter().flat_map(|row| row.as_array().unwrap()).map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(tested, 2);
}

#[test]
fn options_of_the_exact_engine_are_refused() {
    let output = run(&["simulate", "plan.toml", "--faults", "0.1"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("approximate engine does not have") && message.contains("--faults"),
        "{message}"
    );
}
