//! The server's commands, and their output for machines.

use crate::common::sent::{plan, sent};
use crate::common::{silenzio, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Runs a command, which must succeed, and returns its JSON result and its JSON events.
fn json(folder: &Path, arguments: &[&str]) -> (Value, Vec<Value>) {
    let output = silenzio(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    let events = text(&output.stderr);
    let events = events.lines().map(|line| serde_json::from_str(line).unwrap());
    (serde_json::from_slice(&output.stdout).unwrap(), events.collect())
}

/// Checks that a command fails with a message that contains all of `parts`, and changes nothing.
fn refused(folder: &Path, arguments: &[&str], parts: &[&str]) {
    let files = || fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let before = files();
    let output = silenzio(folder, arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert_eq!(files(), before);
}

#[test]
fn from_data_to_logits() {
    let folder = sent(&plan(1));
    let folder = folder.path();
    let (trained, events) = json(folder, &["train", "data.silenzio", "--resume"]);
    assert_eq!((&trained["finished"], &trained["steps_done"]), (&true.into(), &3.into()));
    let steps: Vec<_> = events.iter().filter(|event| event["what"] == "steps").collect();
    assert_eq!(steps.last().unwrap()["done"], 3);
    assert!(steps.iter().all(|event| event["event"] == "progress" && event["total"] == 3));
    assert!(steps.iter().all(|event| event["seconds_left"].is_number()));
    assert!(events.iter().any(|event| event["text"].as_str().is_some_and(|t| t.contains("no checkpoint"))));

    let (inferred, _) = json(folder, &["infer", "model.silenzio", "data.silenzio"]);
    assert_eq!(inferred["samples"], 6);
    let (data, _) = json(folder, &["inspect", "data.silenzio", "--verify"]);
    assert_eq!((&data["verified"], &data["plan"]["task"]["widths"][1]), (&true.into(), &2.into()));
    let (model, _) = json(folder, &["inspect", "model.silenzio"]);
    assert_eq!((&model["verified"], &model["contents"]["model"]["steps"]), (&false.into(), &3.into()));
    assert_eq!((&model["sha256"], &model["plan"]["data"]), (&trained["sha256"], &data["sha256"]));
    let (logits, _) = json(folder, &["inspect", "logits.silenzio"]);
    assert_eq!((&logits["sha256"], &logits["plan"]["model"]), (&inferred["sha256"], &trained["sha256"]));
    for (file, part) in [
        ("server.key", "a server key"),
        ("data.silenzio", "2-2-2, 1 epochs of 6 samples"),
        ("model.silenzio", "trained on  SHA-256"),
        ("logits.silenzio", "inputs      SHA-256"),
    ] {
        let output = silenzio(folder, &["inspect", file]);
        assert!(output.status.success() && text(&output.stdout).contains(part), "{}", text(&output.stdout));
    }

    refused(folder, &["train", "data.silenzio"], &["model.silenzio", "--force"]);
    refused(folder, &["train", "model.silenzio", "--out", "m"], &["model.silenzio", "an encrypted data set"]);
    refused(folder, &["train", "data.silenzio", "--out", "data.silenzio", "--force"], &["given twice"]);
    refused(folder, &["infer", "data.silenzio", "data.silenzio"], &["data.silenzio"]);
    refused(folder, &["infer", "model.silenzio", "data.silenzio"], &["logits.silenzio", "--force"]);
    let other = sent(&plan(1));
    fs::copy(other.path().join("server.key"), folder.join("other.key")).unwrap();
    refused(
        folder,
        &["train", "data.silenzio", "--key", "other.key", "--out", "m"],
        &["data.silenzio", "belongs to key"],
    );
    let mut damaged = fs::read(folder.join("server.key")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(folder.join("other.key"), damaged).unwrap();
    refused(folder, &["inspect", "other.key", "--verify"], &["other.key", "is damaged"]);
    refused(
        folder,
        &["train", "data.silenzio", "--key", "other.key", "--out", "m"],
        &["other.key", "is damaged"],
    );
    refused(folder, &["inspect", "nothing"], &["nothing"]);
}
