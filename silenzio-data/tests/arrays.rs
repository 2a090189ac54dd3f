//! Tests of arrays and columnar files: NumPy, IDX and Parquet.

#![allow(clippy::unwrap_used)]

mod common;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use common::{folder, idx, inputs, plan, read, read_by, sizes};
use ndarray::{Array, Array2, Dimension, array};
use ndarray_npy::{NpzWriter, WritableElement, WriteNpyExt};
use parquet::arrow::ArrowWriter;
use silenzio_core::plan::{DataPlan, MissingPolicy};
use silenzio_core::random::Seed;
use silenzio_data::load;
use std::io::Cursor;
use std::sync::Arc;

fn npy<T: WritableElement, D: Dimension>(array: &Array<T, D>) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    bytes
}

/// Eight rows of two features.
fn features() -> Array2<f64> {
    Array2::from_shape_fn((8, 2), |(row, column)| (row * row) as f64 / 3.0 - column as f64)
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn pairs_of_arrays() {
    let labels = array![3i64, 3, 3, 3, 7, 7, 7, 7];
    let folder = folder(&[("x.npy", &npy(&features())), ("y.npy", &npy(&labels))]);
    let split =
        load(&DataPlan { labels: Some("y.npy".into()), ..plan("x.npy") }, folder.path(), Seed(1)).unwrap();
    assert_eq!(sizes(&split), (8, 2, vec![("3", 4), ("7", 4)]));
    assert_eq!(split.train.features, ["column_0", "column_1"]);
    // The result is the same as for text with all digits.
    let rows = features()
        .rows()
        .into_iter()
        .zip(&labels)
        .map(|(row, label)| format!("{},{},{label}\n", row[0], row[1]))
        .collect::<String>();
    let text = read_by(&rows, |plan| plan.header = Some(false)).unwrap();
    assert_eq!(inputs(&split), inputs(&text));
    let swapped = load(&DataPlan { labels: Some("x.npy".into()), ..plan("y.npy") }, folder.path(), Seed(1))
        .unwrap_err();
    assert!(swapped.to_string().contains("x.npy: has the shape [8, 2]"), "{swapped}");
}

#[test]
fn archives_of_arrays() {
    let images = Array::from_shape_fn((8, 2, 2), |(image, row, column)| (image * 20 + row + column) as u8);
    let labels = array![0u8, 0, 0, 0, 1, 1, 1, 1];
    let mut packed = Cursor::new(Vec::new());
    let mut writer = NpzWriter::new_compressed(&mut packed);
    for (name, images) in [("x_train", &images), ("x_test", &images)] {
        writer.add_array(name, images).unwrap();
    }
    for name in ["y_train", "y_test"] {
        writer.add_array(name, &labels).unwrap();
    }
    writer.finish().unwrap();
    let folder = folder(&[("mnist.npz", &packed.into_inner())]);
    let plan = DataPlan { test_file: Some("mnist.npz".into()), ..plan("mnist.npz") };
    let split = load(&plan, folder.path(), Seed(1)).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (8, 8));
    assert_eq!(split.train.features[..2], ["pixel_0_0", "pixel_0_1"]);
    // One scale for all pixels: from 0 to 142.
    assert_eq!(split.train.inputs[(7, 0)], 140.0 / 142.0);
}

#[test]
fn arrays_of_floats_in_idx() {
    let values: Vec<u8> = (0..16).flat_map(|value| (value as f32 / 4.0).to_be_bytes()).collect();
    let labels: Vec<u8> = [5i32, -5].repeat(4).into_iter().flat_map(i32::to_be_bytes).collect();
    let folder = folder(&[("x", &idx(0x0d, &[8, 2], &values)), ("y", &idx(0x0c, &[8], &labels))]);
    let split = load(&DataPlan { labels: Some("y".into()), ..plan("x") }, folder.path(), Seed(1)).unwrap();
    assert_eq!(sizes(&split), (8, 2, vec![("-5", 4), ("5", 4)]));
}

#[test]
fn parquet_files() {
    let numbers = [Some(1.5), None, Some(2.5), Some(3.5), Some(4.5), Some(5.5), Some(6.5), Some(7.5)];
    let columns = |numbers: &[Option<f64>]| -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("width", Arc::new(Float64Array::from(numbers.to_vec()))),
            ("count", Arc::new(Int64Array::from_iter_values((0..8).map(|n| n * n)))),
            ("flag", Arc::new(BooleanArray::from_iter((0..8).map(|n| Some(n % 3 == 0))))),
            ("kind", Arc::new(StringArray::from_iter_values((0..8).map(|n| ["x", "y"][n / 4])))),
        ]
    };
    let bytes = parquet(columns(&numbers));
    assert!(
        read(&bytes)
            .unwrap_err()
            .to_string()
            .contains("item 1 (from 0), column 0 (from 0) \"width\": the value is missing")
    );
    let split = read_by(&bytes, |plan| plan.missing = MissingPolicy::Mean).unwrap();
    assert_eq!(split.train.features, ["width", "count", "flag=false", "flag=true"]);
    assert_eq!(sizes(&split), (8, 4, vec![("x", 4), ("y", 4)]));
    // A file that is compressed as a whole cannot be read in parts, but can still be read.
    let packed = read_by(common::gzip(&bytes), |plan| plan.missing = MissingPolicy::Mean).unwrap();
    assert_eq!(packed.train, split.train);
}
