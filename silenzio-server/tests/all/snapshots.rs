//! Models that a training keeps on its way.

use crate::common::{Setting, plan};
use silenzio_core::plan::EngineKind;
use silenzio_files::FileReader;
use silenzio_server::{Outcome, Report, SnapshotPolicy, TrainRequest};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

fn policy(count: usize, every: Option<u64>) -> SnapshotPolicy {
    SnapshotPolicy { count: NonZeroUsize::new(count).unwrap(), every: every.and_then(NonZeroU64::new) }
}

/// Training to "model", which has six steps, with snapshots.
fn request(setting: &Setting, snapshots: SnapshotPolicy) -> TrainRequest {
    TrainRequest { snapshots: Some(snapshots), ..setting.request() }
}

fn kept(outcome: Outcome) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    match outcome {
        Outcome::Finished { snapshots, .. } => snapshots.into_iter().map(name).collect(),
        Outcome::Stopped { .. } => unreachable!("{outcome:?}"),
    }
}

#[test]
fn the_last_models_are_kept() {
    let setting = Setting::new(plan(EngineKind::Exact));
    for (count, every, expected) in [
        (1, None, &[][..]),
        (2, None, &["model.snapshot-3"]),
        (9, None, &["model.snapshot-3"]),
        (3, Some(1), &["model.snapshot-4", "model.snapshot-5"]),
        (3, Some(4), &["model.snapshot-4"]),
        (2, Some(7), &[]),
    ] {
        let (outcome, _) = setting.train(&request(&setting, policy(count, every)), None).unwrap();
        assert_eq!(kept(outcome), expected);
        assert_eq!(setting.names(), [&["data", "model"], expected].concat());
        for name in [&["model"], expected].concat() {
            std::fs::remove_file(setting.path(name)).unwrap();
        }
    }
}

#[test]
fn a_snapshot_is_the_model_after_its_steps() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.train(&request(&setting, policy(2, None)), None).unwrap();
        // A stop after three steps leaves the same weights in a checkpoint.
        let stopped = TrainRequest { model: setting.path("stopped"), ..setting.request() };
        setting.train(&stopped, Some(3)).unwrap();
        let weights = |name: &str| {
            let mut payload = vec![];
            let mut file = FileReader::open_any(setting.path(name)).unwrap();
            file.decode(|from| from.read_to_end(&mut payload)).unwrap();
            payload
        };
        assert!(weights("model.snapshot-3") == weights("stopped.checkpoint"), "{kind}");
        assert!(weights("model.snapshot-3") != weights("model"), "{kind}");
    }
}

#[test]
fn resumed_trainings_keep_the_same_bytes() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        for snapshots in [policy(3, Some(1)), policy(2, None), policy(9, Some(2))] {
            setting.train(&request(&setting, snapshots), None).unwrap();
            let expected = setting.snapshot();
            for stop_after in 1..=5 {
                let all = setting.names();
                all.iter().filter(|name| *name != "data").for_each(|name| {
                    std::fs::remove_file(setting.path(name)).unwrap();
                });
                let request = TrainRequest { resume: true, ..request(&setting, snapshots) };
                while let (Outcome::Stopped { .. }, _) = setting.train(&request, Some(stop_after)).unwrap() {}
                assert!(setting.snapshot() == expected, "{kind}, {snapshots:?}, every {stop_after} steps");
                // Once more, with nothing left to do.
                let (outcome, _) = setting.train(&request, None).unwrap();
                assert_eq!(kept(outcome).len() + 2, expected.len());
                assert!(setting.snapshot() == expected);
            }
            for path in expected.keys().filter(|path| !path.ends_with("data")) {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn what_is_there_is_no_snapshot_of_this_training() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let snapshots = policy(2, None);
    setting.train(&request(&setting, snapshots), None).unwrap();
    std::fs::remove_file(setting.path("model")).unwrap();
    let refused = |request: &TrainRequest, part: &str| {
        let before = setting.snapshot();
        let error = setting.train(request, None).unwrap_err().to_string();
        assert!(error.contains("model.snapshot-3") && error.contains(part), "{error}");
        assert!(setting.snapshot() == before);
    };
    refused(&request(&setting, snapshots), "exists already");
    // Of this training: it may be written again.
    let resumed = TrainRequest { resume: true, ..request(&setting, snapshots) };
    setting.train(&resumed, None).unwrap();
    std::fs::remove_file(setting.path("model")).unwrap();
    // Of another data set.
    setting.write_other_data("data");
    refused(&resumed, "exists already");
    let forced = TrainRequest { force: true, ..request(&setting, snapshots) };
    setting.train(&forced, None).unwrap();
    // No model at all.
    std::fs::remove_file(setting.path("model")).unwrap();
    std::fs::copy(setting.path("data"), setting.path("model.snapshot-3")).unwrap();
    refused(&forced, "an encrypted data set");
    std::fs::write(setting.path("model.snapshot-3"), "my letters").unwrap();
    refused(&forced, "is not a Silenzio file");
}

/// Hours of training are not lost for a snapshot.
#[test]
fn a_snapshot_that_cannot_be_written_ends_nothing() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let snapshots = policy(3, Some(2));
    let mut problems = vec![];
    let outcome = setting.train_watched(&request(&setting, snapshots), &mut |report| match report {
        // A folder in its place.
        Report::Step { steps_done: 1, .. } => {
            std::fs::create_dir(setting.path("model.snapshot-2")).unwrap();
        }
        Report::NoSnapshot { steps_done, problem } => problems.push((steps_done, problem)),
        _ => {}
    });
    std::fs::remove_dir(setting.path("model.snapshot-2")).unwrap();
    assert!(matches!(&problems[..], [(2, problem)] if problem.contains("model.snapshot-2")), "{problems:?}");
    assert!(matches!(outcome.unwrap(), Outcome::Finished { .. }));
    assert_eq!(setting.names(), ["data", "model", "model.snapshot-4"]);
}
