//! `silenzio plan`.

use crate::common::{CSV, folder, refuse, run, run_json, silenzio, text};
use std::fs;
use tempfile::TempDir;

const QUICK: &str = "plan data.csv --candidates 5 --set training.epochs=3";

fn table() -> TempDir {
    folder(&[("data.csv", CSV.as_bytes())])
}

#[test]
fn the_plan_is_one_that_the_other_commands_take() {
    let folder = table();
    for (engine, more) in [("approximate", ""), ("exact", " --set engine.kind=exact --set training.seed=4")] {
        let plan = run(folder.path(), &format!("{QUICK}{more}"));
        assert!(plan.contains(&format!("kind = \"{engine}\"")), "{plan}");
        assert!(plan.contains("epochs = 3"), "what was set stays: {plan}");
        assert!(!plan.contains("validation_fraction") && !plan.contains("limit"), "{plan}");
        fs::write(folder.path().join("plan.toml"), &plan).unwrap();
        let simulated = run_json(folder.path(), "simulate plan.toml");
        assert_eq!(simulated["seeds"][0]["wrapped"], serde_json::json!([]), "{plan}");
    }
    run(folder.path(), "keygen plan.toml");
    run(folder.path(), "encrypt plan.toml");
}

#[test]
fn the_same_search_finds_the_same_plan() {
    let folder = table();
    let found = run_json(folder.path(), &format!("{QUICK} --threads 1"));
    assert_eq!(found, run_json(folder.path(), &format!("{QUICK} --threads 2")));
    assert_eq!((&found["finished"], &found["wrapped"]), (&true.into(), &false.into()));
    // Five candidates are tried on two splits, two on four, and one on eight; one is checked three times.
    assert_eq!((&found["candidates"], &found["splits"]), (&5.into(), &14.into()));
    assert_eq!(found["simulations"], 5 * 2 + 2 * 4 + 8 + 3);

    fs::write(folder.path().join("plan.toml"), run(folder.path(), QUICK)).unwrap();
    let simulated = run_json(folder.path(), "simulate plan.toml");
    assert_eq!(simulated["plan"], found["plan"], "the file is the plan");
    let bootstraps = simulated["seeds"][0]["operations"]["bootstraps"].as_object().unwrap();
    let total: u64 = bootstraps.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(found["bootstraps"], total);
}

#[test]
fn the_cheapest_plan_takes_no_more_than_the_best() {
    let folder = table();
    let bootstraps =
        |target: &str| run_json(folder.path(), &format!("{QUICK} --target {target}"))["bootstraps"].as_u64();
    assert!(bootstraps("cost").unwrap() <= bootstraps("accuracy").unwrap());
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let folder = table();
    refuse(folder.path(), "plan nothing.csv", &["nothing.csv"]);
    refuse(folder.path(), "plan data.csv --set data.label_column=colour", &["colour"]);
    refuse(folder.path(), "plan data.csv --set training.epoch=3", &["epoch"]);
    refuse(folder.path(), "plan data.csv --set training.epochs=0", &["training.epochs"]);
    refuse(folder.path(), "plan data.csv --set engine.weight_noise=1e-9", &["engine.weight_noise"]);
    for arguments in [["--target", "speed"], ["--candidates", "0"]] {
        let output = silenzio(folder.path(), &[&["plan", "data.csv"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
}

/// A search that is interrupted prints the best plan so far.
#[cfg(unix)]
#[test]
fn an_interrupted_search_prints_its_best_plan() {
    use std::process::{Command, Stdio};

    let folder = table();
    let mut search = Command::new(env!("CARGO_BIN_EXE_silenzio"));
    search.current_dir(folder.path()).args(["plan", "data.csv", "--candidates", "1000", "--json"]);
    let mut search = search.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = std::io::BufRead::lines(std::io::BufReader::new(search.stderr.take().unwrap()));
    // The first trainings are done.
    told.find(|line| line.as_ref().unwrap().contains("\"progress\"")).unwrap().unwrap();
    let signalled = Command::new("kill").args(["-INT", &search.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let rest: Vec<String> = told.map(Result::unwrap).collect();
    let output = search.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["finished"], false);
    assert!(found["simulations"].as_u64().unwrap() > 0);
    assert!(rest.iter().any(|line| line.contains("the best one so far")), "{rest:?}");
}
