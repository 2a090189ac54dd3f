//! Tests with damaged files: whatever happens to their bytes, reading ends with a clear error or with data, in time.
//!
//! A tenth of the mutations by default; all 10,000 per format with `cargo test --release -p silenzio-data --test
//! mutations -- --ignored`.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use common::{gzip, idx, plan};
use ndarray::{Array2, array};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use parquet::arrow::ArrowWriter;
use silenzio_core::plan::DataPlan;
use silenzio_core::random::{Purpose, Seed};
use silenzio_data::{Data, Split, load, read_rows};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ALL: usize = 10_000;
const SOME: usize = ALL / 10;

/// A file that can be read, and the labels beside it.
struct Valid {
    name: &'static str,
    bytes: Vec<u8>,
    labels: Option<Vec<u8>>,
}

fn valid(name: &'static str, bytes: impl Into<Vec<u8>>) -> Valid {
    Valid { name, bytes: bytes.into(), labels: None }
}

fn table(delimiter: &str, quote: &str) -> String {
    let row = |n: usize| {
        let colour = ["red", "blue", "dark, green"][n % 3];
        [n.to_string(), format!("{}.5", n * n), format!("{quote}{colour}{quote}"), ["x", "y"][n % 2].into()]
            .join(delimiter)
    };
    let header = ["a", "b", "colour", "kind"].join(delimiter);
    std::iter::once(header).chain((0..20).map(row)).map(|line| line + "\n").collect()
}

fn formats() -> Vec<Valid> {
    let features = Array2::from_shape_fn((8, 2), |(row, column)| (row * row) as f64 / 3.0 - column as f64);
    let labels = array![3i64, 3, 3, 3, 7, 7, 7, 7];
    let (mut npy, mut npy_labels, mut npz) = (vec![], vec![], Cursor::new(vec![]));
    features.write_npy(&mut npy).unwrap();
    labels.write_npy(&mut npy_labels).unwrap();
    let mut archive = NpzWriter::new_compressed(&mut npz);
    archive.add_array("x", &features).unwrap();
    archive.add_array("y", &labels).unwrap();
    archive.finish().unwrap();

    let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values((0..20).map(|n| f64::from(n) * 1.5)));
    let kinds: ArrayRef = Arc::new(StringArray::from_iter_values((0..20).map(|n| ["x", "y"][n % 2])));
    let batch = RecordBatch::try_from_iter([("a", numbers), ("kind", kinds)]).unwrap();
    let mut parquet = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let csv = table(",", "\"");
    let arff = format!(
        "@relation r\n@attribute a real\n@attribute b real\n@attribute c {{red,blue}}\n@attribute k {{x,y}}\n@data\n{}",
        table(",", "'").split_once('\n').unwrap().1
    );
    let images: Vec<u8> = (0..32).collect();
    vec![
        valid("CSV", csv.as_bytes()),
        valid("semicolons", table(";", "").replace('.', ",")),
        valid("spaces", table("  ", "\"")),
        valid("ARFF", arff),
        valid("gzip", gzip(csv.as_bytes())),
        valid("Zstandard", zstd::encode_all(csv.as_bytes(), 1).unwrap()),
        valid("Parquet", parquet),
        Valid { labels: Some(npy_labels), ..valid("NumPy", npy) },
        valid("archive", npz.into_inner()),
        Valid {
            labels: Some(idx(8, &[8], &[0, 1, 0, 1, 0, 1, 0, 1])),
            ..valid("IDX", idx(8, &[8, 2, 2], &images))
        },
    ]
}

/// Flips, removes, doubles or inserts bytes, or inserts huge cells.
fn mutated(bytes: &[u8], number: usize) -> Vec<u8> {
    let mut stream = Seed(number as u64).stream(Purpose::Split, 7, 0);
    let mut draw = |below: usize| {
        let mut order: Vec<usize> = (0..below.max(1)).collect();
        stream.shuffle(&mut order);
        order[0]
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..=draw(3) {
        let (from, to) = (draw(bytes.len()), draw(bytes.len()));
        let (from, to) = (from.min(to), from.max(to));
        match draw(7) {
            0 | 1 if !bytes.is_empty() => bytes[from] ^= 1u8 << draw(8),
            2 => bytes.truncate(to),
            3 => drop(bytes.drain(from..to.min(from + 9))),
            4 => {
                let doubled = bytes.get(from..to).unwrap_or_default().to_vec();
                bytes.splice(to..to, doubled);
            }
            5 => {
                let cell = [b"9".as_slice(), b"\"", b"\0", b"1e308", b",", b"\n", b"\xff"][draw(7)]
                    .repeat(1 + draw(900));
                bytes.splice(from..from, cell);
            }
            _ => {
                let words = [b"NaN".as_slice(), b"-inf", b"\"\"", b"\r", b"?", b";", b"\t", b"@data", b"0"];
                bytes.splice(from..from, words[draw(9)].iter().copied());
            }
        }
    }
    bytes
}

fn check(split: &Split) {
    for part in [&split.train, &split.test] {
        assert_eq!(part.inputs.dim(), (part.labels.len(), split.encoding.width()));
        assert!(part.inputs.iter().all(|input| (0.0..=1.0).contains(input)));
    }
    assert_eq!(split.encoding.check(), Ok(()));
    assert!(split.reading.to_string().lines().all(|line| line.chars().all(|c| !c.is_control())));
}

/// Reads `count` mutations of each format.
fn survive(count: usize) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data");
    let model = common::read(table(",", "\"")).unwrap();
    for Valid { name, bytes, labels } in formats() {
        let mut plan = plan("data");
        if let Some(labels) = &labels {
            std::fs::write(folder.path().join("labels"), labels).unwrap();
            plan.labels = Some("labels".into());
        }
        std::fs::write(&path, &bytes).unwrap();
        check(&load(&plan, folder.path(), Seed(1)).unwrap_or_else(|error| panic!("{name}: {error}")));
        let mut read = 0;
        for number in 0..count {
            std::fs::write(&path, mutated(&bytes, number)).unwrap();
            let start = Instant::now();
            read += usize::from(survives(&plan, folder.path(), &path, &model));
            assert!(start.elapsed() < Duration::from_secs(20), "{name}, mutation {number}");
        }
        assert!(read < count, "{name}: some damage is found");
    }
}

/// Reads a file as training samples and as rows. Returns whether it can be read as training samples.
fn survives(plan: &DataPlan, folder: &Path, path: &Path, model: &Split) -> bool {
    let _ = read_rows(path, None, &model.encoding, Some(&model.train.classes), &[]);
    let _ = Data::read(
        &DataPlan { test_file: Some("data".into()), test_labels: plan.labels.clone(), ..plan.clone() },
        folder,
    );
    match load(plan, folder, Seed(1)) {
        Ok(split) => {
            check(&split);
            true
        }
        Err(_) => false,
    }
}

#[test]
fn some_mutations_are_survived() {
    survive(SOME);
}

#[test]
#[ignore = "takes minutes"]
fn all_mutations_are_survived() {
    survive(ALL);
}
