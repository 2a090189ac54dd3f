//! The examples run, and print what they should.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::process::Command;

fn output(program: &str) -> String {
    let output = Command::new(program).current_dir("..").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The number after `before`.
fn number(text: &str, before: &str) -> f64 {
    let (_, rest) = text.split_once(before).expect(before);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].parse().expect(rest)
}

#[test]
fn first_training() {
    let text = output(env!("CARGO_BIN_EXE_first_training"));
    // Each class has a third of the samples.
    assert!(number(&text, "test accuracy ") > 0.5, "{text}");
    assert_eq!(number(&text, " after "), 30.0, "{text}");
}

#[test]
fn simulate_arrays() {
    let text = output(env!("CARGO_BIN_EXE_simulate_arrays"));
    for engine in ["exact", "approximate"] {
        let accuracy = number(&text, &format!("{engine} engine: test accuracy "));
        assert!(accuracy > 0.8, "{text}");
    }
}

#[test]
fn client_and_server() {
    let text = output(env!("CARGO_BIN_EXE_client_and_server"));
    assert!(number(&text, "the model classifies ") > 0.9, "{text}");
}

#[test]
fn counting_backend() {
    let text = output(env!("CARGO_BIN_EXE_counting_backend"));
    let look_ups = number(&text, " sums, ");
    let classes = text.split_once("by size class: ").unwrap().1;
    let counted: f64 = classes
        .split("), (")
        .map(|class| {
            class.split(", ").nth(1).unwrap().trim_end_matches([')', ']', '\n']).parse::<f64>().unwrap()
        })
        .sum();
    assert!(look_ups > 0.0 && counted >= look_ups, "{text}");
}
