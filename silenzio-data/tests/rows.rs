//! Tests of reading rows for a trained model.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder, read, read_by};
use silenzio_core::plan::{ColumnName, MissingPolicy};
use silenzio_data::{Rows, Split, read_rows};

const FLOWERS: &str = "length,width,kind\n0,10,a\n2,20,a\n3,10,a\n4,10,a\n5,10,b\n6,30,b\n7,10,b\n10,10,b\n";

fn flowers() -> Split {
    read_by(FLOWERS, |plan| plan.test_fraction = 0.1).unwrap()
}

fn rows(model: &Split, text: &str, labelled: bool) -> Result<Rows, String> {
    let folder = folder(&[("rows.csv", text.as_bytes())]);
    let classes = labelled.then_some(model.train.classes.as_slice());
    read_rows(&folder.path().join("rows.csv"), None, &model.encoding, classes, &[])
        .map_err(|error| error.to_string())
}

#[test]
fn columns_are_found_by_name_or_by_place() {
    let model = flowers();
    let expected = rows(&model, "length,width\n5,20\n3,10\n", false).unwrap();
    for text in [
        "width,length\n20,5\n10,3\n",
        "note,width,kind,length\nx,20,?,5\ny,10,unheard of,3\n",
        "5,20\n3,10\n",
        "5,20,b\n3,10,a\n",
        "5;20\n3;10\n",
    ] {
        let found = rows(&model, text, false).unwrap();
        assert_eq!((found.inputs, found.labels), (expected.inputs.clone(), None), "{text}");
    }
}

#[test]
fn as_many_rows_as_there_are() {
    let model = flowers();
    for text in ["?,20\n3,10\n", ",20\n3,10\n", "length,width\n5,20\n3,NA\n"] {
        let error = rows(&model, text, false).unwrap_err();
        assert!(error.contains("the value is missing") && !error.contains("drop"), "{error}");
    }
    let lenient = read_by(FLOWERS, |plan| plan.missing = MissingPolicy::Mean).unwrap();
    assert_eq!(rows(&lenient, "?,20\n3,10\n", false).unwrap().inputs.nrows(), 2);
    for count in [1, 2, 50] {
        assert_eq!(rows(&model, &"5,20\n".repeat(count), false).unwrap().inputs.nrows(), count);
    }
}

#[test]
fn labels_are_read_where_they_are_needed() {
    let model = flowers();
    assert_eq!(rows(&model, "kind,width,length\nb,20,5\na,10,3\n", true).unwrap().labels, Some(vec![1, 0]));
    assert_eq!(rows(&model, "5,20,b\n3,10,a\n", true).unwrap().labels, Some(vec![1, 0]));
    assert_eq!(rows(&model, "length,width\n5,20\n", true).unwrap().labels, None);
    let error = rows(&model, "length,width,kind\n5,20,c\n", true).unwrap_err();
    assert!(error.contains("line 2: the label \"c\""), "{error}");
    assert!(rows(&model, "length,width,kind\n5,20,\n", true).unwrap_err().contains("the label is missing"));
    assert!(rows(&model, "length,width,kind\n5,20,c\n", false).is_ok());
}

#[test]
fn values_outside_the_range_are_counted() {
    let found = rows(&flowers(), "length,width\n50,20\n3,-10\n3,10\n", false).unwrap();
    assert!(found.warnings.join("\n").contains("2 of 6 values (33.3%) lie outside"), "{:?}", found.warnings);
    assert!(found.inputs.iter().all(|input| (0.0..=1.0).contains(input)));
}

#[test]
fn other_columns_are_errors() {
    let model = flowers();
    for (text, part) in [
        ("1\n2\n", "has 1 columns"),
        ("1,2,3,4\n1,2,3,4\n", "has 4 columns"),
        ("length,depth\n1,2\n", "has no column width"),
        ("p,q\n1,2\n", "line 1: \"p\" is neither the name of a feature nor a number"),
        ("length,width\n1,x\n", "line 2, column 1 (from 0) \"width\": \"x\" is not a number"),
        ("length,width\n", "no samples"),
    ] {
        let error = rows(&model, text, false).unwrap_err();
        assert!(error.contains(part) && error.contains("rows.csv"), "{error}");
    }
}

#[test]
fn categories_keep_their_vocabulary() {
    let model = read("c,n,kind\nred,1,a\nred,2,a\nblue,3,a\nblue,4,b\nred,5,b\nblue,6,b\n").unwrap();
    let found = rows(&model, "n,c\n3,blue\n3,pink\n", false).unwrap();
    assert_eq!(found.inputs.row(0).to_vec()[..2], [1.0, 0.0]);
    assert_eq!(found.inputs.row(1).to_vec()[..2], [0.0, 0.0]);
    assert!(found.warnings.join("\n").contains("1 cell with a category that no training sample has"));
}

#[test]
fn what_is_held_back_is_read_again() {
    let dropped = |plan: &mut silenzio_core::plan::DataPlan| plan.drop = vec![ColumnName::Number(0)];
    let headerless = FLOWERS.split_once('\n').unwrap().1;
    for model in [
        read(FLOWERS).unwrap(),
        read(headerless).unwrap(),
        read_by(FLOWERS, dropped).unwrap(),
        read_by(headerless, dropped).unwrap(),
        read_by(FLOWERS.replace("length,width,kind", "kind,w,length"), |plan| {
            plan.label_column = Some(ColumnName::Number(1))
        })
        .unwrap_or_else(|_| flowers()),
    ] {
        let csv = String::from_utf8(model.held_back.to_csv().unwrap()).unwrap();
        let again = rows(&model, &csv, true).unwrap();
        assert_eq!(again.inputs, model.test.inputs, "{csv}");
        assert_eq!(again.labels, Some(model.test.labels.clone()), "{csv}");
    }
}

#[test]
fn an_encoding_comes_back_from_json() {
    let model = read("c,n,kind\nred,1,a\nred,2,a\nblue,3,a\nblue,4,b\nred,5,b\nblue,6,b\n").unwrap();
    let json = serde_json::to_string(&model.encoding).unwrap();
    assert_eq!(serde_json::from_str::<silenzio_data::Encoding>(&json).unwrap(), model.encoding);
    assert!(model.encoding.check().is_ok());
}
