//! Tests of reading a plan's files: splits, scaling, test files, and fields that do not belong together.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder, gzip, idx, inputs, plan, read, read_by, refused};
use ndarray::array;
use silenzio_core::plan::{ColumnName, DataFiles, DataPlan, MissingPolicy};
use silenzio_core::random::Seed;
use silenzio_data::{DataError, Split, load};

const FLOWERS: &str = "length,width,kind\n1,10,a\n2,20,a\n3,10,a\n4,10,a\n5,10,b\n6,30,b\n7,10,b\n8,10,b\n";

fn load_two(content: &str, test: &str) -> Result<Split, DataError> {
    let folder = folder(&[("data.csv", content.as_bytes()), ("test.csv", test.as_bytes())]);
    load(&DataPlan { test_file: Some("test.csv".into()), ..plan("data.csv") }, folder.path(), Seed(1))
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
    let Split { train, test, .. } = read(FLOWERS).unwrap();
    assert_eq!((train.labels.as_slice(), test.labels.as_slice()), (&[0, 0, 0, 1, 1, 1][..], &[0, 1][..]));
    assert_eq!(train.classes, ["a", "b"]);
    assert_eq!(train.features, ["length", "width"]);
    assert!(train.inputs.iter().chain(&test.inputs).all(|value| (0.0..=1.0).contains(value)));
}

#[test]
fn the_scaling_is_that_of_the_training_part() {
    let split = load_two(FLOWERS, "length,width,kind\n-5,15,b\n4.5,99,a\n").unwrap();
    assert_eq!(split.train.len(), 8);
    assert_eq!(split.test.inputs, array![[0.0, 0.25], [0.5, 1.0]]);
    assert_eq!(split.test.labels, [1, 0]);
    let warnings = split.reading.warnings.join("\n");
    assert!(warnings.contains("test samples: 2 of 4 values (50.0%) lie outside the range"), "{warnings}");
}

#[test]
fn columns_of_a_test_file_are_found_by_name() {
    let split = load_two(FLOWERS, "width,kind,note,length\n15,b,7,-5\n99,a,7,4.5\n").unwrap();
    assert_eq!(split.test.inputs, array![[0.0, 0.25], [0.5, 1.0]]);
    assert_eq!(split.test.labels, [1, 0]);
    assert_eq!(load_two(FLOWERS, "4.5,99,a\n-5,15,b\n").unwrap().test.labels, [0, 1]);
}

#[test]
fn balanced_classes_are_scaled_and_held_back_as_others() {
    let rare = FLOWERS.replace("5,10,b\n6,30,b\n", "5,10,a\n6,30,a\n");
    let [plain, balanced] =
        [false, true].map(|balance| read_by(&rare, |plan| plan.balance = balance).unwrap());
    let of_class = |split: &Split, class| split.train.labels.iter().filter(|&&label| label == class).count();
    assert_eq!(of_class(&plain, 0) + of_class(&plain, 1), 6);
    assert_ne!(of_class(&plain, 0), 3);
    assert_eq!([0, 1].map(|class| of_class(&balanced, class)), [3, 3]);
    assert_eq!(balanced.encoding, plain.encoding);
    assert_eq!(balanced.test.inputs, plain.test.inputs);
    let known = |row| plain.train.inputs.rows().into_iter().any(|other| other == row);
    assert!(balanced.train.inputs.rows().into_iter().all(known));
}

#[test]
fn a_limit_keeps_the_share_of_the_classes() {
    for (limit, labels) in [(4, &[0, 0, 1, 1][..]), (6, &[0, 0, 0, 1, 1, 1]), (99, &[0, 0, 0, 1, 1, 1])] {
        assert_eq!(read_by(FLOWERS, |plan| plan.limit = Some(limit)).unwrap().train.labels, labels);
    }
    let error = read_by(FLOWERS, |plan| plan.limit = Some(1)).unwrap_err().to_string();
    assert!(error.contains("data.limit: 1 samples cannot have all of the 2 classes"), "{error}");
}

#[test]
fn validation_samples_are_out_of_the_training_part() {
    let parts = |fraction| read_by(FLOWERS, |plan| plan.validation_fraction = fraction).unwrap();
    let (plain, tuning) = (parts(0.0), parts(0.4));
    assert_eq!((plain.train.len(), plain.test.len()), (6, 2));
    assert_eq!((tuning.train.len(), tuning.test.len()), (4, 2));
    let csv = |split: &Split| String::from_utf8(split.held_back.to_csv().unwrap()).unwrap();
    let tested = csv(&plain);
    assert!(csv(&tuning).lines().skip(1).all(|row| !tested.contains(row)), "{tested}");
}

#[test]
fn held_back_samples_are_written_as_they_were() {
    let text =
        "when,note,kind\n1700000000001,\"x, y\",a\n1700000000002,z,a\n1700000000003,z,b\n1700000000004,z,b\n";
    let split = read_by(text, |plan| plan.test_fraction = 0.5).unwrap();
    let csv = String::from_utf8(split.held_back.to_csv().unwrap()).unwrap();
    assert!(csv.starts_with("when,note,kind\n17000000000") && csv.lines().count() == 3, "{csv}");
    assert!(csv.lines().skip(1).all(|row| text.contains(row)), "{csv}");
}

#[test]
fn images_have_one_scale_for_all_pixels() {
    let folder = folder(&[
        ("images", &gzip(&idx(8, &[3, 1, 2], &[0, 200, 100, 50, 0, 0]))),
        ("labels", &idx(8, &[3], &[9, 4, 9])),
        ("test-images", &idx(8, &[1, 1, 2], &[50, 255])),
        ("test-labels", &gzip(&idx(8, &[1], &[4]))),
    ]);
    let Split { train, test, .. } = load(&idx_plan(), folder.path(), Seed(1)).unwrap();
    assert_eq!(train.inputs, array![[0.0, 1.0], [0.5, 0.25], [0.0, 0.0]]);
    assert_eq!((train.labels, train.classes), (vec![1, 0, 1], vec!["4".into(), "9".into()]));
    assert_eq!((test.inputs, test.labels), (array![[0.25, 1.0]], vec![0]));
}

#[test]
fn several_files_are_one_set() {
    let second = "kind,width,length\nb,30,9\na,30,10\n";
    let folder = folder(&[("a.csv", FLOWERS.as_bytes()), ("b.csv.gz", &gzip(second.as_bytes()))]);
    let file = DataFiles::Several(vec!["a.csv".into(), "b.csv.gz".into()]);
    let split = load(
        &DataPlan { file, label_column: Some(ColumnName::Name("kind".into())), ..plan("") },
        folder.path(),
        Seed(1),
    )
    .unwrap();
    assert_eq!(common::sizes(&split), (10, 2, vec![("a", 5), ("b", 5)]));
    let text = split.reading.to_string();
    assert!(text.contains("a.csv: text") && text.contains("compressed with gzip"), "{text}");
}

#[test]
fn too_little_is_an_error() {
    assert!(matches!(read("1,a\n"), Err(DataError::TooFewSamples { found: 1, .. })));
    assert!(matches!(read("1,a\n2,a\n"), Err(DataError::OneClass { .. })));
    assert!(matches!(read("1,a\n2,b\n"), Err(DataError::NothingHeldBack { samples: 2, classes: 2, .. })));
    assert!(matches!(read(""), Err(DataError::Empty { .. })));
    assert!(matches!(load(&plan("data.csv"), folder(&[]).path(), Seed(1)), Err(DataError::Missing { .. })));
}

#[test]
fn a_test_file_has_to_fit_the_training_file() {
    for (test, expected) in [
        ("1,2,a\n\n1,2,c\n", "line 3: the label \"c\" does not occur in the training file (classes: a, b)"),
        ("1,2,3,4,a\n", "has 5 columns"),
        ("length,kind\n1,a\n", "has no column width"),
        ("length,width,kind\n", "has no samples"),
        ("length,width,kind\n1,x,a\n", "line 2, column 1 (from 0) \"width\": \"x\" is not a number"),
    ] {
        let error = load_two(FLOWERS, test).unwrap_err().to_string();
        assert!(error.contains("test.csv: ") && error.contains(expected), "{error}");
    }
    let images = folder(&[
        ("images", &idx(8, &[2, 1, 2], &[0, 200, 100, 50])),
        ("labels", &idx(8, &[2], &[9, 4])),
        ("test-images", &idx(8, &[1, 1, 3], &[50, 255, 1])),
        ("test-labels", &idx(8, &[1], &[4])),
    ]);
    let error = load(&idx_plan(), images.path(), Seed(1)).unwrap_err();
    assert!(matches!(error, DataError::OtherWidth { found: 3, expected: 2, .. }), "{error}");
}

#[test]
fn fields_that_do_not_belong_together_are_errors() {
    let folder = folder(&[("data.csv", FLOWERS.as_bytes()), ("images", &idx(8, &[1, 1, 1], &[1]))]);
    let field = |plan: DataPlan| match load(&plan, folder.path(), Seed(1)) {
        Err(DataError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let some = || Some("images".into());
    assert_eq!(field(plan("images")), "data.labels");
    assert_eq!(field(DataPlan { labels: some(), ..plan("data.csv") }), "data.labels");
    assert_eq!(field(DataPlan { test_labels: some(), ..plan("data.csv") }), "data.test_labels");
    assert_eq!(field(DataPlan { header: Some(true), labels: some(), ..plan("images") }), "data.header");
    let label_column = Some(ColumnName::Number(0));
    assert_eq!(field(DataPlan { label_column, labels: some(), ..plan("images") }), "data.label_column");
    let three = DataFiles::Several(vec!["images".into(); 3]);
    assert_eq!(field(DataPlan { labels: Some(three), ..plan("images") }), "data.labels");
}

#[test]
fn columns_are_chosen_and_dropped() {
    let name = |name: &str| ColumnName::Name(name.into());
    let dropped = read_by(FLOWERS, |plan| plan.drop = vec![name("length")]).unwrap();
    assert_eq!(dropped.train.features, ["width"]);
    assert_eq!(dropped.reading.left_out, ["length"]);
    let chosen =
        read_by(FLOWERS, |plan| plan.columns = Some(vec![ColumnName::Number(1), name("length")])).unwrap();
    assert_eq!(chosen.train.features, ["width", "length"]);
    let from_end = read_by(FLOWERS, |plan| plan.label_column = Some(ColumnName::Number(-1))).unwrap();
    assert_eq!(from_end.train, read(FLOWERS).unwrap().train);
    for (change, part) in [
        (
            &(|plan: &mut DataPlan| plan.drop = vec![ColumnName::Name("depth".into())])
                as &dyn Fn(&mut DataPlan),
            "data.drop: no column is called \"depth\"",
        ),
        (&|plan| plan.drop = vec![ColumnName::Number(-1)], "data.drop: names the label column"),
        (&|plan| plan.drop = vec![ColumnName::Number(0), ColumnName::Number(1)], "no column is left"),
        (&|plan| plan.label_column = Some(ColumnName::Number(-4)), "-4 is not one of the 3 columns"),
        (&|plan| plan.columns = Some(vec![ColumnName::Number(0); 2]), "names a column twice"),
    ] {
        let error = read_by(FLOWERS, |plan| change(plan)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn text_is_one_hot_encoded() {
    let text = "size,colour,kind\n1,red,a\n2,blue,a\n3,red,a\n4,green,b\n5,red,b\n6,blue,b\n";
    let test = "size,colour,kind\n1,blue,a\n6,pink,b\n";
    let split = load_two(text, test).unwrap();
    assert_eq!(split.train.features, ["size", "colour=blue", "colour=green", "colour=red"]);
    assert_eq!(split.train.inputs.row(3).to_vec(), [0.6, 0.0, 1.0, 0.0]);
    assert_eq!(split.test.inputs, array![[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]);
    let warnings = split.reading.warnings.join("\n");
    assert!(warnings.contains("1 cell with a category that no training sample has"), "{warnings}");
    // Numbers as categories: 1 and 1.0 are the same one.
    let codes = "zip,kind\n1,a\n1.0,a\n2,a\n01,b\n2,b\n2,b\n";
    let split = read_by(codes, |plan| plan.categories = vec![ColumnName::Name("zip".into())]).unwrap();
    assert_eq!(split.train.features, ["zip=1", "zip=2"]);
}

#[test]
fn missing_cells_are_counted_dropped_or_filled() {
    let text = "a,b,kind\n1,10,x\n?,20,x\n3,,x\n,NA,x\n5,50,y\n6,60,y\n7,70,y\n8,80,y\n";
    let error = refused(text);
    assert!(error.contains("line 3, column 0 (from 0) \"a\": the value is missing"), "{error}");
    assert!(error.contains("(4 missing cells in 3 of 8 rows and in 2 columns: a, b)"), "{error}");
    assert!(error.contains("data.missing"), "{error}");
    let with = |policy| {
        read_by(text, |plan| {
            plan.missing = policy;
            plan.test_fraction = 0.2;
        })
        .unwrap()
    };
    let dropped = with(MissingPolicy::Drop);
    assert_eq!((dropped.reading.rows, dropped.reading.dropped), (8, 3));
    assert_eq!(dropped.train.len() + dropped.test.len(), 5);
    let filled = with(MissingPolicy::Mean);
    assert_eq!(filled.train.len() + filled.test.len(), 8);
    assert!(inputs(&filled).iter().flatten().all(|input| input.is_finite()));
    let error = refused("a,kind\n1,x\n2,x\n3,?\n4,y\n5,NaN\n");
    assert!(
        error.contains("line 4") && error.contains("the label is missing or empty (in 2 rows in total)"),
        "{error}"
    );
}
