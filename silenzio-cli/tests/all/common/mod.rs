//! Runs the program in a temporary folder.

pub mod pages;
pub mod sent;

use serde_json::Value;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Two features and two classes that are easy to tell apart.
pub const CSV: &str = "a,b,kind\n0.1,0.9,left\n0.2,0.7,left\n0.0,0.8,left\n0.3,0.9,left\n0.1,0.6,left\n\
                       0.9,0.2,right\n0.8,0.1,right\n0.7,0.3,right\n0.9,0.0,right\n0.6,0.2,right\n";

/// A plan for [`CSV`], to be followed by more sections.
pub const PLAN: &str = "[data]\nfile = \"data.csv\"\n";

/// A temporary folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Runs the program with these arguments in `folder`.
pub fn silenzio(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_silenzio"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

/// Runs a command, which must succeed, and returns its standard output.
pub fn run(folder: &Path, arguments: &str) -> String {
    let output = silenzio(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command, which must succeed, and returns the JSON that it prints.
pub fn run_json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&run(folder, &format!("{arguments} --json"))).unwrap()
}

/// Checks that a command fails with all of `named` in its message.
pub fn refuse(folder: &Path, arguments: &str, named: &[&str]) {
    let output = silenzio(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments}: {message}");
    // Warnings may come first.
    let error = message.lines().find(|line| line.starts_with("error: "));
    assert!(error.is_some(), "{message}");
    for name in named {
        assert!(message.contains(name), "{name:?} is not in {message:?}");
    }
}

/// Runs the program with these arguments in `folder`, with `input` as its standard input.
pub fn silenzio_fed(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_silenzio"));
    command.current_dir(folder).args(arguments).stdin(file).output().unwrap()
}

/// Starts the program with these arguments in `folder`, and discards its output.
pub fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_silenzio"));
    command.current_dir(folder).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills the program as soon as `time` returns true. Returns its status if it ended by itself before.
pub fn kill_when(mut child: Child, time: impl Fn() -> bool) -> Option<ExitStatus> {
    while !time() {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    // It may have ended just before.
    status.code().map(|_| status)
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
