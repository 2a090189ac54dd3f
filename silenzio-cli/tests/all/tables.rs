//! Tables at every command that reads one: shown by `inspect`, from standard input, with many classes.

use crate::common::{CSV, PLAN, folder, silenzio, silenzio_fed, text};
use ndarray::Array2;
use serde_json::Value;
use silenzio::Experiment;
use silenzio::client::safetensors::to_bytes;
use silenzio::client::{Model, Origin, Preprocessing, generate_key};
use silenzio::core::plan::EngineKind;
use silenzio::files::{Destination, Overwrite};
use silenzio::nn::reference::Mlp;
use std::path::Path;
use tempfile::TempDir;

/// A folder with the plan of a table, and a model for it as if decrypted. It has no hidden layer, and determines the class
/// by the first of two features: the larger the feature, the later the class.
fn with_model(table: &str) -> TempDir {
    let folder = folder(&[("plan.toml", PLAN.as_bytes()), ("data.csv", table.as_bytes())]);
    let experiment = Experiment::open(folder.path().join("plan.toml"), &[]).unwrap();
    let (_, split) = experiment.split(0).unwrap();
    let preprocessing = Preprocessing::of(&split, &experiment.plan.data.file);
    let classes = preprocessing.classes.len();
    // The logits of x are 2kx - k²/n for the n classes k: the largest is that of the nearest k/n.
    let weights = Array2::from_shape_fn((3, classes), |(row, class)| match row {
        0 => 2.0 * class as f32,
        1 => 0.0,
        _ => -((class * class) as f32) / (classes - 1) as f32,
    });
    let origin = Origin {
        engine: EngineKind::Exact,
        steps: 1,
        data: "00".repeat(32),
        weight_steps: Some(vec![1.0]),
        averaged: vec![],
    };
    let network = Mlp { weights: vec![weights], activation_limits: vec![] };
    let model = Model { network, origin, preprocessing };
    std::fs::write(folder.path().join("model.safetensors"), to_bytes(&model).unwrap()).unwrap();
    folder
}

fn succeed(folder: &Path, arguments: &str, input: &str) -> String {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = silenzio_fed(folder, &arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn inspect_shows_how_a_table_is_read() {
    let folder =
        folder(&[("t.csv", b"unit;size;colour;kind\nm;0,5;red;a\nm;1,5;blue;b\nm;?;red;a\nm;2,5;;b\n")]);
    let shown = silenzio(folder.path(), &["inspect", "t.csv"]);
    let (out, warnings) = (text(&shown.stdout), text(&shown.stderr));
    assert!(shown.status.success(), "{warnings}");
    for part in [
        "semicolons",
        "decimal commas",
        "names the columns",
        "4 rows",
        "\"kind\"",
        "a (2), b (2)",
        "1 missing",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    assert!(warnings.contains("warning") && warnings.contains("unit"), "{warnings}");

    let missing = silenzio(folder.path(), &["inspect", "nothing.csv"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).starts_with("error: nothing.csv: "), "{}", text(&missing.stderr));

    let json = succeed(folder.path(), "inspect t.csv --json", "");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["rows"], 4);
    #[cfg(unix)]
    {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "cat t.csv | \"$0\" inspect /dev/stdin --json", env!("CARGO_BIN_EXE_silenzio")]);
        let piped = shell.current_dir(folder.path()).output().unwrap();
        let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
        assert_eq!(piped["columns"], json["columns"], "nothing of a pipe is lost");
    }
    let of_input: Value =
        serde_json::from_str(&succeed(folder.path(), "inspect - --json", "a b\n1 x\n2 y\n3 x\n")).unwrap();
    assert_eq!(of_input["rows"], 3);
}

#[test]
fn every_command_that_reads_a_table_reads_standard_input() {
    let folder = with_model(CSV);
    let path = folder.path();
    let unlabelled: String =
        CSV.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect();
    for (file, input) in [("data.csv", CSV), ("inputs.csv", &unlabelled)] {
        std::fs::write(path.join(file), input).unwrap();
    }
    let from_file = |arguments: &str| succeed(path, arguments, "");
    for (command, file, input) in [
        ("evaluate model.safetensors FILE", "data.csv", CSV),
        ("evaluate model.safetensors FILE --json", "data.csv", CSV),
        ("predict model.safetensors FILE", "data.csv", CSV),
        ("predict model.safetensors FILE", "inputs.csv", &unlabelled),
        ("inspect FILE --json", "data.csv", CSV),
    ] {
        let expected = from_file(&command.replace("FILE", file)).replace(file, "-");
        assert_eq!(succeed(path, &command.replace("FILE", "-"), input), expected, "{command}");
    }
    assert_eq!(succeed(path, "predict model.safetensors -", &unlabelled).lines().count(), 11);

    let printed = succeed(path, "predict model.safetensors - --out -", &unlabelled);
    assert_eq!(printed, succeed(path, "predict model.safetensors inputs.csv", ""));
    assert!(!path.join("-").exists());

    // A plan whose data are standard input.
    std::fs::write(path.join("input.toml"), PLAN.replace("data.csv", "-")).unwrap();
    let set = "--set training.epochs=1 --set model.hidden=[2]";
    let accuracies = |text: &str| serde_json::from_str::<Value>(text).unwrap()["seeds"].clone();
    let [read, fed] = [("plan.toml", ""), ("input.toml", CSV)]
        .map(|(plan, input)| succeed(path, &format!("simulate {plan} {set} --json"), input));
    assert_eq!(accuracies(&read)[0]["simulated_accuracies"], accuracies(&fed)[0]["simulated_accuracies"]);
    assert!(succeed(path, "inspect input.toml", CSV).contains("standard input"));
    succeed(path, "export input.toml --out exported", CSV);
    succeed(path, &format!("estimate input.toml {set}"), CSV);

    // Keys and samples for a plan, then inputs for its model.
    let experiment = Experiment::open(path.join("plan.toml"), &[]).unwrap();
    let public = experiment.public_plan(&experiment.split(0).unwrap().1).unwrap();
    let key = generate_key(&public).unwrap();
    key.write(&Destination::new(path.join("client.key"), Overwrite::Refuse).unwrap()).unwrap();
    assert!(succeed(path, "encrypt input.toml", CSV).contains("8 samples with labels"));
    let inputs = succeed(path, "encrypt --inputs - --out inputs.silenzio", &unlabelled);
    assert!(inputs.contains("10 samples without labels"), "{inputs}");
}

#[test]
fn a_sweep_cannot_read_standard_input() {
    let grid = "plan = 'input.toml'\n[grid]\ntraining.epochs = [1]\n";
    let plan = PLAN.replace("data.csv", "-");
    let folder = folder(&[("input.toml", plan.as_bytes()), ("grid.toml", grid.as_bytes())]);
    let output = silenzio_fed(folder.path(), &["sweep", "grid.toml"], CSV);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("instead of -"), "{}", text(&output.stderr));
}

/// There may be as many classes as letters, or as in catalogues of goods.
#[test]
fn confusions_of_many_classes_fit_a_terminal() {
    for classes in [26, 100] {
        let row = |number: usize| {
            // One class is always taken for its neighbour.
            let place = if number % classes == 3 { 4 } else { number % classes };
            format!("{place},{},class {:02}\n", number / classes, number % classes)
        };
        let table: String =
            std::iter::once("a,b,kind\n".to_owned()).chain((0..10 * classes).map(row)).collect();
        let folder = with_model(&table);
        let printed = succeed(folder.path(), "evaluate model.safetensors data.csv", "");
        assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
        let rows: Vec<&str> = printed.lines().filter(|line| line.starts_with("class ")).collect();
        assert_eq!(rows.len(), classes);
        assert_eq!(rows[2], "class 02         10  100.0%");
        assert_eq!(rows[3], "class 03         10    0.0%  class 04 (10)");

        let json = succeed(folder.path(), "evaluate model.safetensors data.csv --json", "");
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["confusion"].as_array().unwrap().len(), classes);
        assert_eq!(json["confusion"][3][4], 10);
    }
}

/// `predict` needs no labels, and finds columns by their names.
#[test]
fn labels_and_order_of_columns_do_not_matter_to_a_prediction() {
    let folder = with_model(CSV);
    let path = folder.path();
    let predict = |input: &str| succeed(path, "predict model.safetensors -", input);
    let expected = predict("a,b\n0.1,0.9\n0.8,0.1\n");
    assert_eq!(
        expected.lines().map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["class", "left", "right"]
    );
    for input in [
        "a,b,kind\n0.1,0.9,?\n0.8,0.1,\n",
        "kind,a,b\nnew,0.1,0.9\nleft,0.8,0.1\n",
        "b,a\n0.9,0.1\n0.1,0.8\n",
        "id,b,a\n17,0.9,0.1\n4,0.1,0.8\n",
    ] {
        assert_eq!(predict(input), expected, "{input}");
    }
    let outside =
        silenzio_fed(path, &["evaluate", "model.safetensors", "-"], "a,b,kind\n10,9,left\n80,1,right\n");
    assert!(outside.status.success());
    let warning = text(&outside.stderr);
    assert!(warning.contains("outside") && warning.contains('4'), "{warning}");
    let refused = silenzio_fed(path, &["predict", "model.safetensors", "-"], "a,b\n?,0.9\n0.8,0.1\n");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("line 2"), "{}", text(&refused.stderr));
}
