//! `silenzio train` on TFHE ciphertexts, killed at random moments, gives the same bytes as an undisturbed training.

use crate::common::sent::{plan, sent};
use crate::common::{self, kill_when, silenzio, text};
use silenzio::core::random::{Purpose, Seed, Stream};
use silenzio::files::Contents;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Starts a training to "model.silenzio" that writes a checkpoint after every step.
fn start(folder: &Path) -> Child {
    common::start(folder, &["train", "data.silenzio", "--checkpoint-steps", "1", "--resume", "--json"])
}

/// The number of steps of the checkpoint.
fn saved_steps(folder: &Path) -> Option<u64> {
    let file = silenzio::files::FileReader::open_any(folder.join("model.silenzio.checkpoint")).ok()?;
    match file.header().contents {
        Contents::Checkpoint { steps } => Some(steps),
        other => unreachable!("{other:?}"),
    }
}

/// Resumes a training, and kills it after a while unless it is done.
fn go_on(folder: &Path, time: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + time;
    kill_when(start(folder), || Instant::now() >= end)
}

/// Kills a training at least `kills` times, at moments between its start and two steps later, and returns the number of
/// kills.
fn kill_until_done(folder: &Path, kills: usize) -> usize {
    // The times of a start and of a step on this machine are measured.
    let began = Instant::now();
    let mut child = start(folder);
    while saved_steps(folder).is_none() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let to_first = began.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();

    let mut stream: Stream = Seed(3).stream(Purpose::Tests, 0, 0);
    let mut killed = 1;
    let mut saved = saved_steps(folder).unwrap();
    loop {
        // Some kills come too early for a step, but at least half of the runs make progress.
        let time = to_first.mul_f64(if killed >= kills { 10.0 } else { 0.2 + 1.1 * stream.unit() });
        if let Some(status) = go_on(folder, time) {
            assert!(status.success(), "{status}");
            return killed;
        }
        killed += 1;
        let now = saved_steps(folder);
        assert!(now.is_none_or(|now| now >= saved), "steps get lost: {saved}, then {now:?}");
        saved = now.unwrap_or(saved);
    }
}

fn check(epochs: usize, kills: usize) {
    let folder = sent(&plan(epochs));
    let folder = folder.path();
    let undisturbed = silenzio(folder, &["train", "data.silenzio", "--out", "undisturbed"]);
    assert!(undisturbed.status.success(), "{}", text(&undisturbed.stderr));

    let killed = kill_until_done(folder, kills);
    println!("killed {killed} times in {} steps", 3 * epochs);
    assert!(killed >= kills, "killed only {killed} times");
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("model.silenzio") == read("undisturbed"), "the same bytes");
    assert!(saved_steps(folder).is_none(), "no checkpoint is left");
}

#[test]
fn a_training_survives_kills() {
    check(4, 3);
}

#[test]
#[ignore = "takes two minutes"]
fn a_training_survives_many_kills() {
    check(14, 20);
}

/// At SIGTERM, the step is finished and saved, and the exit status says so.
#[test]
fn a_training_stops_on_request() {
    let folder = sent(&plan(30));
    let folder = folder.path();
    let mut child = start(folder);
    while saved_steps(folder).is_none() {
        assert!(child.try_wait().unwrap().is_none(), "ended too early");
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let steps = saved_steps(folder).unwrap();
    assert!((1..90).contains(&steps), "{steps}");
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "no temporary file is left: {names:?}");

    let output = silenzio(folder, &["train", "data.silenzio"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--resume"), "{}", text(&output.stderr));
}
