//! Common code of the tests: files in temporary folders, and reading them.

#![allow(clippy::unwrap_used, dead_code)]

use silenzio_core::plan::DataPlan;
use silenzio_core::random::Seed;
use silenzio_data::{DataError, Split, load};
use std::fs;
use tempfile::TempDir;

/// Makes a temporary folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// A plan for a file, of which a quarter is held back for testing.
pub fn plan(file: &str) -> DataPlan {
    DataPlan { test_fraction: 0.25, ..DataPlan::of_file(file) }
}

/// Reads one file with a plan that `change` has changed.
pub fn read_by(content: impl AsRef<[u8]>, change: impl FnOnce(&mut DataPlan)) -> Result<Split, DataError> {
    let mut plan = plan("data");
    change(&mut plan);
    load(&plan, folder(&[("data", content.as_ref())]).path(), Seed(1))
}

/// Reads one file.
pub fn read(content: impl AsRef<[u8]>) -> Result<Split, DataError> {
    read_by(content, |_| ())
}

/// The error of reading one file.
pub fn refused(content: impl AsRef<[u8]>) -> String {
    read(content).map(|split| split.reading.to_string()).unwrap_err().to_string()
}

/// The number of rows and of features, and the classes with their counts.
pub fn sizes(split: &Split) -> (usize, usize, Vec<(&str, usize)>) {
    let classes = split.reading.classes.iter().map(|(class, count)| (class.as_str(), *count)).collect();
    (split.reading.rows, split.reading.features, classes)
}

/// All inputs, training samples first.
pub fn inputs(split: &Split) -> Vec<Vec<f32>> {
    let parts = [&split.train, &split.test];
    parts.iter().flat_map(|part| part.inputs.rows()).map(|row| row.to_vec()).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn idx(kind: u8, dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, kind, dimensions.len() as u8];
    file.extend(dimensions.iter().flat_map(|dimension| dimension.to_be_bytes()));
    file.extend(elements);
    file
}
