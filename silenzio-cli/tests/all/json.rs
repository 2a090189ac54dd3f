//! `docs/json.md` has the fields that the commands print, and no others.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = include_str!("../../../docs/json.md");

/// The fields in the tables of a section.
fn documented(section: &str) -> BTreeSet<String> {
    let heading = format!("\n## {section}\n");
    let (_, rest) = DOCUMENT.split_once(&heading).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let cells =
        section.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').nth(1).unwrap());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The fields of an object, and those of the objects in the list `seeds`.
fn printed(object: &Value) -> BTreeSet<String> {
    let fields = object.as_object().unwrap();
    let seeds = fields.get("seeds").and_then(Value::as_array).and_then(|seeds| seeds.first());
    let of_seed = seeds.into_iter().flat_map(|seed| seed.as_object().unwrap().keys());
    fields.keys().cloned().chain(of_seed.map(|field| format!("seeds.{field}"))).collect()
}

/// Runs commands in this order, each of a section or of none, and compares the fields that all commands of a section print
/// with those that the section lists.
fn check(commands: &[(&str, &str)]) {
    let plan = |kind: &str| {
        format!(
            "{PLAN}[model]\nhidden = []\n[training]\nepochs = 1\nbatch = 4\n[engine]\nkind = \"{kind}\"\n"
        )
    };
    let regression = format!(
        "{PLAN}targets = [0]\n[model]\nhidden = []\n[training]\nloss = \"squared\"\nepochs = 1\nbatch = 4\n[engine]\nkind = \
         \"approximate\"\n"
    );
    let folder = folder(&[
        ("data.csv", CSV.as_bytes()),
        ("exact.toml", plan("exact").as_bytes()),
        ("approximate.toml", plan("approximate").as_bytes()),
        ("regression.toml", regression.as_bytes()),
        ("grid.toml", b"plan = \"exact.toml\"\n[grid]\ntraining.batch = [2, 4]\n"),
    ]);
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (section, command) in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--json"]).collect();
        let output = silenzio(folder.path(), &arguments);
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        found.entry(section).or_default().extend(printed(&result));
        std::fs::write(folder.path().join("result.json"), &output.stdout).unwrap();
    }
    for (section, printed) in found.into_iter().filter(|(section, _)| !section.is_empty()) {
        assert_eq!(printed, documented(section), "printed (left), documented (right): {section}");
    }
}

#[test]
fn experiments() {
    check(&[
        ("`simulate`", "simulate regression.toml"),
        ("`simulate`", "simulate approximate.toml"),
        ("`simulate`", "simulate exact.toml"),
        ("`sweep` and `report`", "report result.json --out page"),
        ("`sweep` and `report`", "sweep grid.toml"),
        ("`export` and `man`", "export exact.toml --out arrays"),
        ("`export` and `man`", "man pages"),
        ("`parameters`", "parameters"),
        ("`inspect`", "inspect exact.toml"),
        ("`inspect`", "inspect regression.toml"),
        ("`plan`", "plan data.csv --candidates 1 --set training.epochs=1"),
        ("`estimate`", "estimate approximate.toml"),
        ("`rehearse` and `demo`", "rehearse exact.toml --steps 1"),
        ("`rehearse` and `demo`", "rehearse regression.toml --steps 1"),
    ]);
}

#[test]
fn two_parties() {
    check(&[
        ("`keygen`", "keygen approximate.toml"),
        ("`encrypt`", "encrypt approximate.toml --test-out test.csv"),
        ("`train`", "train data.silenzio --snapshots 2 --snapshot-steps 1"),
        ("`decrypt`", "decrypt model.silenzio --out model.safetensors"),
        ("`evaluate` and `predict`", "evaluate model.safetensors model.silenzio.snapshot-1 test.csv"),
        ("`evaluate` and `predict`", "predict model.safetensors test.csv"),
        ("", "keygen regression.toml --client-key r.key --server-key r-server.key"),
        (
            "",
            "encrypt regression.toml --key r.key --out r-data.silenzio --public-plan r.toml --preprocessing r.json",
        ),
        ("", "train r-data.silenzio --key r-server.key --out r-model.silenzio"),
        ("", "decrypt r-model.silenzio --key r.key --preprocessing r.json --out r-model.safetensors"),
        ("`evaluate` and `predict`", "evaluate r-model.safetensors data.csv"),
        ("`evaluate` and `predict`", "predict r-model.safetensors data.csv"),
        ("", "encrypt --inputs test.csv --out inputs.silenzio"),
        ("`infer`", "infer model.silenzio inputs.silenzio"),
        ("`decrypt`", "decrypt logits.silenzio --out logits.csv"),
        ("`inspect` of a container", "inspect data.silenzio"),
    ]);
}
