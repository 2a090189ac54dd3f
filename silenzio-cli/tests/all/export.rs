//! `silenzio export`: the files that other programs get.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use ndarray::{Array1, Array2};

#[test]
fn the_arrays_are_the_split_of_the_seed() {
    let folder = folder(&[("plan.toml", PLAN.as_bytes()), ("data.csv", CSV.as_bytes())]);
    let export = |seed: &str, out: &str| {
        let seed = format!("training.seed={seed}");
        let output = silenzio(folder.path(), &["export", "plan.toml", "--set", &seed, "--out", out]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    let path = |out: &str, name: &str| folder.path().join(out).join(name);
    let inputs = |out: &str, part: &str| -> Array2<f32> {
        ndarray_npy::read_npy(path(out, &format!("{part}_inputs.npy"))).unwrap()
    };
    for (seed, out) in [("1", "one"), ("1", "again"), ("2", "two")] {
        export(seed, out);
    }
    assert_eq!((inputs("one", "train").dim(), inputs("one", "test").dim()), ((8, 2), (2, 2)));
    let labels: Array1<i64> = ndarray_npy::read_npy(path("one", "train_labels.npy")).unwrap();
    assert_eq!((labels.len(), labels.sum()), (8, 4), "each class in proportion");
    let train = inputs("one", "train");
    let extremes = train.iter().fold((1.0f32, 0.0f32), |(low, high), &x| (low.min(x), high.max(x)));
    assert_eq!(extremes, (0.0, 1.0), "scaled by the training part");

    assert_eq!(train, inputs("again", "train"));
    assert_ne!(train, inputs("two", "train"));
    let description: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path("two", "plan.json")).unwrap()).unwrap();
    assert_eq!(description["plan"]["training"]["seed"], 2);
    assert_eq!(description["classes"], serde_json::json!(["left", "right"]));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = folder(&[("plan.toml", PLAN.as_bytes()), ("data.csv", CSV.as_bytes())]);
    let output = silenzio(folder.path(), &["export", "plan.toml", "--out", "data.csv"]);
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("data.csv"));
}
