//! Loading, from files to scaled parts.

use super::*;
use flate2::{Compression, write::GzEncoder};
use ndarray::array;
use proptest::prelude::*;
use silenzio_core::plan::{DataPlan, LabelColumn};
use silenzio_core::random::Seed;
use std::fs;
use std::io::Write;
use tempfile::TempDir;

const FLOWERS: &str = "length,width,kind\n1,10,a\n2,20,a\n3,10,a\n4,10,a\n5,10,b\n6,30,b\n7,10,b\n8,10,b\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn plan(file: &str) -> DataPlan {
    DataPlan { test_fraction: 0.25, ..DataPlan::of_file(file) }
}

fn load_one(content: &str) -> Result<Split, DataError> {
    load(&plan("data.csv"), folder(&[("data.csv", content.as_bytes())]).path(), Seed(1))
}

fn load_two(content: &str, test: &str) -> Result<Split, DataError> {
    let folder = folder(&[("data.csv", content.as_bytes()), ("test.csv", test.as_bytes())]);
    load(&DataPlan { test_file: Some("test.csv".into()), ..plan("data.csv") }, folder.path(), Seed(1))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dimensions.len() as u8];
    file.extend(dimensions.iter().flat_map(|dimension| dimension.to_be_bytes()));
    file.extend(elements);
    file
}

fn idx_plan() -> DataPlan {
    DataPlan {
        labels: Some("labels".into()),
        test_file: Some("test-images".into()),
        test_labels: Some("test-labels".into()),
        ..plan("images")
    }
}

#[test]
fn a_part_of_each_class_is_held_back() {
    let Split { train, test, scaling, .. } = load_one(FLOWERS).unwrap();
    assert_eq!((train.labels.as_slice(), test.labels.as_slice()), (&[0, 0, 0, 1, 1, 1][..], &[0, 1][..]));
    assert_eq!(
        (train.classes, train.features),
        (vec!["a".into(), "b".into()], vec!["length".into(), "width".into()])
    );
    assert_eq!(scaling.low.len(), 2);
    assert!(train.inputs.iter().chain(&test.inputs).all(|value| (0.0..=1.0).contains(value)));
}

#[test]
fn the_scaling_is_that_of_the_training_part() {
    let test = "length,width,kind\n-5,15,b\n4.5,99,a\n";
    let Split { train, test, scaling, .. } = load_two(FLOWERS, test).unwrap();
    assert_eq!(train.len(), 8);
    assert_eq!((scaling.low, scaling.high), (vec![1.0, 10.0], vec![8.0, 30.0]));
    assert_eq!(test.inputs, array![[0.0, 0.25], [0.5, 1.0]]);
    assert_eq!(test.labels, [1, 0]);
}

#[test]
fn a_limit_keeps_the_share_of_the_classes() {
    let folder = folder(&[("data.csv", FLOWERS.as_bytes())]);
    for (limit, labels) in [(4, &[0, 0, 1, 1][..]), (6, &[0, 0, 0, 1, 1, 1]), (99, &[0, 0, 0, 1, 1, 1])] {
        let plan = DataPlan { limit: Some(limit), ..plan("data.csv") };
        assert_eq!(load(&plan, folder.path(), Seed(1)).unwrap().train.labels, labels);
    }
}

#[test]
fn validation_samples_are_out_of_the_training_part() {
    let folder = folder(&[("data.csv", FLOWERS.as_bytes())]);
    let rows = |plan: &DataPlan, parts: fn(Split) -> Vec<Dataset>| {
        let parts = parts(load_unscaled(plan, folder.path(), Seed(1)).unwrap());
        let rows = parts.iter().flat_map(|part| part.inputs.rows()).map(|row| row.to_vec());
        let mut rows: Vec<Vec<f32>> = rows.collect();
        rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
        rows
    };
    let tuning = DataPlan { validation_fraction: 0.4, ..plan("data.csv") };
    assert_eq!((plan("data.csv").measured_on(), tuning.measured_on()), ("test", "validation"));
    assert_eq!(rows(&tuning, |split| vec![split.test]).len(), 2);
    assert_eq!(
        rows(&tuning, |split| vec![split.train, split.test]),
        rows(&plan("data.csv"), |split| vec![split.train])
    );
}

#[test]
fn packed_files_are_unpacked() {
    let folder = folder(&[("data.csv.gz", &gzip(FLOWERS.as_bytes()))]);
    assert_eq!(load(&plan("data.csv.gz"), folder.path(), Seed(1)).unwrap(), load_one(FLOWERS).unwrap());
}

#[test]
fn images_have_one_scale_for_all_pixels() {
    let folder = folder(&[
        ("images", &gzip(&idx(&[3, 1, 2], &[0, 200, 100, 50, 0, 0]))),
        ("labels", &idx(&[3], &[9, 4, 9])),
        ("test-images", &idx(&[1, 1, 2], &[50, 255])),
        ("test-labels", &gzip(&idx(&[1], &[4]))),
    ]);
    let Split { train, test, .. } = load(&idx_plan(), folder.path(), Seed(1)).unwrap();
    assert_eq!(train.inputs, array![[0.0, 1.0], [0.5, 0.25], [0.0, 0.0]]);
    assert_eq!((train.labels, train.classes), (vec![1, 0, 1], vec!["4".into(), "9".into()]));
    assert_eq!((test.inputs, test.labels), (array![[0.25, 1.0]], vec![0]));
}

#[test]
fn too_little_is_an_error() {
    assert!(matches!(load_one("1,a\n"), Err(DataError::TooFewSamples { found: 1, .. })));
    assert!(matches!(load_one("1,a\n2,a\n"), Err(DataError::OneClass { .. })));
    assert!(matches!(load_one("1,a\n2,b\n"), Err(DataError::NothingHeldBack { samples: 2, classes: 2, .. })));
    assert!(matches!(load_one(""), Err(DataError::Empty { .. })));
    assert!(matches!(load(&plan("data.csv"), folder(&[]).path(), Seed(1)), Err(DataError::Missing { .. })));
}

#[test]
fn a_test_file_has_to_fit_the_training_file() {
    for (test, expected) in [
        ("1,2,a\n\n1,2,c\n", "line 3: the label \"c\" does not occur in the training file (classes: a, b)"),
        ("1,2,3,a\n", "the first line has 4 columns, but the training file has 3"),
        (
            "width,length,kind\n1,2,a\n",
            "feature 0 (from 0) is \"width\", but \"length\" in the training file",
        ),
        ("length,width,kind\n", "has no samples"),
        ("length,width,kind\n1,x,a\n", "line 2, column 1 (from 0) \"width\": \"x\" is not a number"),
    ] {
        let error = load_two(FLOWERS, test).unwrap_err().to_string();
        assert!(error.contains("test.csv: ") && error.contains(expected), "{error}");
    }
    let images = folder(&[
        ("images", &idx(&[2, 1, 2], &[0, 200, 100, 50])),
        ("labels", &idx(&[2], &[9, 4])),
        ("test-images", &idx(&[1, 1, 3], &[50, 255, 1])),
        ("test-labels", &idx(&[1], &[4])),
    ]);
    let error = load(&idx_plan(), images.path(), Seed(1)).unwrap_err();
    assert!(matches!(error, DataError::OtherWidth { found: 3, expected: 2, .. }), "{error}");
}

#[test]
fn fields_that_do_not_belong_together_are_errors() {
    let folder = folder(&[("data.csv", FLOWERS.as_bytes()), ("images", &idx(&[1, 1, 1], &[1]))]);
    let field = |plan: DataPlan| match load(&plan, folder.path(), Seed(1)) {
        Err(DataError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let some = || Some("images".into());
    assert_eq!(field(plan("images")), "data.labels");
    assert_eq!(field(DataPlan { labels: some(), ..plan("data.csv") }), "data.labels");
    assert_eq!(field(DataPlan { test_labels: some(), ..plan("data.csv") }), "data.test_labels");
    assert_eq!(field(DataPlan { test_file: some(), ..plan("data.csv") }), "data.test_labels");
    assert_eq!(field(DataPlan { header: Some(true), labels: some(), ..plan("images") }), "data.header");
    let label_column = Some(LabelColumn::Number(0));
    assert_eq!(field(DataPlan { label_column, labels: some(), ..plan("images") }), "data.label_column");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_packed_files_never_panic(cut in 0.0f64..1.0, position in 0.0f64..1.0, bit in 0u32..8) {
        let images = idx(&[4, 1, 2], &[0, 200, 100, 50, 0, 0, 3, 4]);
        let labels = idx(&[4], &[1, 2, 1, 2]);
        for (packed, plan) in [
            (gzip(FLOWERS.as_bytes()), plan("data")),
            (gzip(&images), DataPlan { labels: Some("labels".into()), ..plan("data") }),
        ] {
            let at = |part: f64| (packed.len() as f64 * part) as usize;
            let mut flipped = packed.clone();
            flipped[at(position)] ^= 1u8 << bit;
            for (damaged, truncated) in [(&flipped[..], false), (&packed[..at(cut)], true)] {
                let folder = folder(&[("data", damaged), ("labels", &labels)]);
                let result = load(&plan, folder.path(), Seed(1));
                prop_assert!(!truncated || result.is_err());
            }
        }
    }
}
