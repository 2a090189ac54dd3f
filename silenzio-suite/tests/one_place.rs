//! This crate is the only place that names engines and backends.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The crates that may name an engine or a backend: these themselves, this one, and the benchmarks of their building blocks.
const KNOWING: [&str; 6] = [
    "silenzio-rns",
    "silenzio-approximate",
    "silenzio-backend-plain",
    "silenzio-backend-tfhe",
    "silenzio-suite",
    "benches",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn nothing_else_names_an_engine_or_a_backend() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let member = entry.unwrap().path();
        let name = member.file_name().unwrap().to_str().unwrap().to_owned();
        if member.join("Cargo.toml").exists()
            && member.join("src").exists()
            && !KNOWING.contains(&name.as_str())
        {
            rust_files(&member.join("src"), &mut files);
        }
    }
    assert!(files.len() > 100, "{} files are not the whole workspace", files.len());
    let crates = ["silenzio_rns", "silenzio_approximate", "silenzio_backend_plain", "silenzio_backend_tfhe"];
    let naming: Vec<String> = files
        .iter()
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            crates.iter().any(|name| text.contains(name))
        })
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    assert!(naming.is_empty(), "these files name an engine or a backend: {naming:#?}");
}
