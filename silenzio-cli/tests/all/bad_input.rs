//! Anything wrong with a plan, its data or an option gives an error message that says where.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use std::path::Path;

/// Checks that the program refuses these arguments in one error message with all of `named` in it.
fn assert_refused(folder: &Path, arguments: &[&str], named: &[&str]) {
    let output = silenzio(folder, arguments);
    let (stdout, mut stderr) = (text(&output.stdout), text(&output.stderr));
    if arguments.contains(&"--json") {
        let line: serde_json::Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        stderr = format!("{}: {}", line["event"].as_str().unwrap(), line["text"].as_str().unwrap());
    }
    let context = format!("{arguments:?} in a folder with {:?}\n{stderr}", std::fs::read_dir(folder));
    assert!(!matches!(output.status.code(), None | Some(0 | 101)), "{:?}: {context}", output.status);
    assert!(stdout.is_empty(), "standard output: {stdout}\n{context}");
    assert!(stderr.starts_with("error: ") && !stderr.contains("panicked"), "{context}");
    for name in named {
        assert!(stderr.contains(name), "{name:?} is not in the message of {context}");
    }
}

/// Checks that both commands refuse `plan.toml` among these files.
fn assert_plan_refused(files: &[(&str, &[u8])], named: &[&str]) {
    let folder = folder(files);
    for command in [&["simulate"][..], &["simulate", "--json"], &["rehearse"]] {
        assert_refused(folder.path(), &[command, &["plan.toml"]].concat(), named);
    }
}

#[test]
fn plans_that_cannot_be_read() {
    assert_plan_refused(&[], &["plan.toml", "No such file"]);
    assert_plan_refused(&[("plan.toml", &[0xff, 0xfe, 0x00])], &["plan.toml", "UTF-8"]);
    let directory = folder(&[]);
    assert_refused(directory.path(), &["simulate", "."], &["regular file"]);

    for (plan, named) in [
        ("", "missing field `data`"),
        ("[data]\n", "missing field `file`"),
        ("what is this?", "line 1"),
        ("[data]\nfile = \"data.csv\"\nfiel = 1\n", "unknown field `fiel`"),
        ("[data]\nfile = 7\n", "line 2"),
        ("[data]\nfile = \"C:\\Users\\me\\data.csv\"\n", "single quotes"),
        ("[data]\nfile = \"data.csv\"\n[training]\nbatch = \"eight\"\n", "line 4"),
        ("[data]\nfile = \"data.csv\"\n[training]\nbatch = -1\n", "line 4"),
        ("[data]\nfile = \"data.csv\"\n[training]\nepochs = 99999999999999999999\n", "line 4"),
        ("[data]\nfile = \"data.csv\"\n[engine]\ngadget = \"cubes\"\n", "unknown variant `cubes`"),
        ("[data]\nfile = \"data.csv\"\n[engine]\nkind = \"levelled\"\n", "line 4"),
        ("[data]\nfile = \"data.csv\"\n[data]\n", "line 3"),
    ] {
        assert_plan_refused(
            &[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes())],
            &["plan.toml", named],
        );
    }
}

#[test]
fn impossible_values() {
    let many_layers = format!("[model]\nhidden = {:?}", [1; 33]);
    for (section, field) in [
        ("test_fraction = 0.0", "data.test_fraction"),
        ("test_fraction = 1.0", "data.test_fraction"),
        ("test_fraction = nan", "data.test_fraction"),
        ("validation_fraction = -0.1", "data.validation_fraction"),
        ("limit = 0", "data.limit"),
        ("[model]\nhidden = [8, 0]", "model.hidden"),
        (&many_layers, "model.hidden"),
        ("[training]\nepochs = 0", "training.epochs"),
        ("[training]\nbatch = 0", "training.batch"),
        ("[training]\nlearning_rate = nan", "training.learning_rate"),
        ("[training]\nlearning_rate = -0.1", "training.learning_rate"),
        ("[training]\nlearning_rate = inf", "training.learning_rate"),
        ("[training]\nlabel_smoothing = 0.9", "training.label_smoothing"),
        ("[training]\nlogit_penalty = nan", "training.logit_penalty"),
        ("[training]\ntrain = []", "training.train"),
        ("[training]\ntrain = [2]", "training.train"),
        ("[training]\ntrain = ['first']", "a layer is a number from 0, or \"last\""),
        ("[training]\ntrain = [-1]", "a layer is a number from 0, or \"last\""),
        ("[engine.bits]\ninputs = 0", "engine.bits.inputs"),
        ("[engine.bits]\nactivations = 9", "engine.bits.activations"),
        ("[engine.bits]\nlogits = 7", "engine.bits.logits"),
        ("[engine.bits]\ndeltas = 8", "engine.bits.deltas"),
        ("[engine.bits]\ngradients = 1", "engine.bits.gradients"),
        ("[engine.bits]\nweights = 4", "engine.bits.weights"),
        ("[engine]\ncover = { margin = 0.5 }", "engine.cover.margin"),
        ("[engine]\ncover = { margin = nan }", "engine.cover.margin"),
        ("[engine.range]\nactivations = 0.0", "engine.range.activations"),
        ("[engine.range]\nlogits = -1.0", "engine.range.logits"),
        ("[engine.range]\ndeltas = inf", "engine.range.deltas"),
        ("[engine.range]\nweights = []", "engine.range.weights"),
        ("[engine.range]\nweights = [2.0, nan]", "engine.range.weights"),
    ] {
        let plan = format!("{PLAN}{section}\n");
        assert_plan_refused(
            &[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes())],
            &["plan.toml", field],
        );
    }
}

#[test]
fn products_that_no_base_covers() {
    for section in [
        "[engine]\ncover = \"worst-case\"\n[engine.range]\nactivations = 1e-6",
        "[engine.range]\nlogits = 1e-300",
        "[engine.range]\nweights = [1e-300]",
        "[training]\nlearning_rate = 1e-300",
        "[engine]\ncover = { margin = 1e6 }\n[engine.range]\ndeltas = 1e8",
    ] {
        let plan = format!("{PLAN}{section}\n");
        assert_plan_refused(
            &[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes())],
            &["engine.cover"],
        );
    }
}

#[test]
fn csv_files_that_cannot_be_used() {
    let one_class = CSV.replace("right", "left");
    for (fields, data, named) in [
        ("", CSV.replace("0.7,0.3", "0.7"), &["line 9"][..]),
        ("", CSV.replace("0.7,0.3", "0.7,much"), &["line 9", "column 1 (from 0) \"b\"", "much"]),
        ("", CSV.replace("0.7,0.3", "0.7,NaN"), &["line 9", "value is missing"]),
        ("", CSV.replace("0.7,0.3,right", "0.7,0.3,"), &["line 9", "label"]),
        ("", one_class, &["left", "data.label_column"]),
        ("", "a,b,kind\n".into(), &["no samples"]),
        ("", String::new(), &["empty"]),
        ("label_column = \"species\"", CSV.into(), &["data.label_column", "species"]),
        ("label_column = 3", CSV.into(), &["data.label_column", "3"]),
        ("header = false", CSV.into(), &["data.header"]),
    ] {
        let plan = format!("{PLAN}{fields}\n");
        let files = [("plan.toml", plan.as_bytes()), ("data.csv", data.as_bytes())];
        assert_plan_refused(&files, &[&["data.csv"], named].concat());
    }

    let plan = ("plan.toml", PLAN.as_bytes());
    assert_plan_refused(&[plan], &["data.file", "data.csv"]);
    assert_plan_refused(&[plan, ("data.csv", b"a,b\n1,\xff\n")], &["data.csv", "line 2", "UTF-8"]);
    assert_plan_refused(&[plan, ("data.csv", b"\x1f\x8b\x08broken")], &["data.csv", "gzip"]);

    let tested = format!("{PLAN}test_file = \"test.csv\"\n");
    let [plan, data] = [("plan.toml", tested.as_bytes()), ("data.csv", CSV.as_bytes())];
    assert_plan_refused(&[plan, data], &["data.test_file", "test.csv"]);
    let test = ("test.csv", &b"a,b,kind\n0.1,0.9,up\n"[..]);
    assert_plan_refused(&[plan, data, test], &["test.csv", "line 2", "up"]);
    assert_plan_refused(&[plan, data, ("test.csv", b"a,kind\n1,left\n")], &["test.csv"]);
}

/// An IDX file of unsigned bytes with these dimensions.
fn idx(dimensions: &[u8], elements: &[u8]) -> Vec<u8> {
    let header = [0, 0, 8, dimensions.len() as u8].into_iter();
    header.chain(dimensions.iter().flat_map(|&d| [0, 0, 0, d])).chain(elements.iter().copied()).collect()
}

#[test]
fn idx_files_that_cannot_be_used() {
    const PLAN: &[u8] = b"[data]\nfile = \"images\"\nlabels = \"labels\"\n\
                          test_file = \"test-images\"\ntest_labels = \"test-labels\"\n";
    let (images, labels) = (idx(&[4, 1, 2], &[0, 9, 9, 0, 1, 8, 8, 1]), idx(&[4], &[0, 1, 0, 1]));
    for (name, bytes, named) in [
        ("images", vec![0, 0, 1, 2, 3], &["images", "type 0x01"][..]),
        ("images", vec![0, 0, 8, 3, 0], &["images", "fetch it again"]),
        ("images", idx(&[4, 1, 2], &[0, 9, 9]), &["images", "fetch it again"]),
        ("images", idx(&[255, 255, 255], &[0]), &["images", "fetch it again"]),
        ("images", idx(&[0, 1, 2], &[]), &["images", "without elements"]),
        ("images", labels.clone(), &["images", "one dimension"]),
        ("labels", images.clone(), &["labels", "dimensions"]),
        ("labels", idx(&[3], &[0, 1, 0]), &["labels", "3 labels"]),
        ("labels", b"garbage".to_vec(), &["labels", "IDX"]),
        ("test-labels", idx(&[4], &[0, 1, 7, 1]), &["item 2", "\"7\""]),
        ("test-images", idx(&[4, 1, 1], &[0, 9, 9, 0]), &["test-images", "1 columns"]),
    ] {
        let mut files = [
            ("plan.toml", PLAN.to_vec()),
            ("images", images.clone()),
            ("labels", labels.clone()),
            ("test-images", images.clone()),
            ("test-labels", labels.clone()),
        ];
        files.iter_mut().filter(|file| file.0 == name).for_each(|file| file.1 = bytes.clone());
        let files = files.each_ref().map(|(name, bytes)| (*name, bytes.as_slice()));
        assert_plan_refused(&files, named);
    }
}

#[test]
fn options_that_make_no_sense() {
    let folder = folder(&[("plan.toml", PLAN.as_bytes()), ("data.csv", CSV.as_bytes())]);
    for (arguments, named) in [
        (&["simulate", "plan.toml", "--steps", "0"][..], "--steps"),
        (&["simulate", "plan.toml", "--seeds", "0"], "--seeds"),
        (&["simulate", "plan.toml", "--faults", "2"], "--faults"),
        (&["simulate", "plan.toml", "--faults", "nan"], "--faults"),
        (&["simulate", "plan.toml", "--threads", "0"], "--threads"),
        (&["simulate", "plan.toml", "--threads", "-1"], "invalid value '-1' for '--threads"),
        (&["keygen"], "PLAN"),
        (&["encrypt"], "PLAN"),
        (&["simulate", "plan.toml", "--set", "training.batch"], "FIELD=VALUE"),
        (&["simulate", "plan.toml", "--set", "training.batch=0"], "training.batch"),
        (&["simulate", "plan.toml", "--set", "training.batch=many"], "plan.toml"),
        (&["simulate", "plan.toml", "--set", "training.bach=8"], "bach"),
        (&["simulate"], "<PLAN>"),
        (&["rehearse", "plan.toml", "--steps", "-1"], "-1"),
        (&["demo", "--steps", "0"], "--steps"),
        (&["pretend"], "pretend"),
    ] {
        assert_refused(folder.path(), arguments, &[named]);
    }
}
