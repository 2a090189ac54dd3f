//! A training that is interrupted ends in the same bytes as one that is not.

use crate::common::{Setting, plan};
use silenzio_core::plan::EngineKind;
use silenzio_server::{CheckpointPolicy, Outcome, Report, TrainRequest};
use std::num::NonZeroU64;

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

/// The bytes of the model of an undisturbed training, which has six steps.
fn undisturbed(setting: &Setting) -> Vec<u8> {
    let request = TrainRequest { model: setting.path("undisturbed"), ..setting.request() };
    let (outcome, reports) = setting.train(&request, None).unwrap();
    assert!(matches!(outcome, Outcome::Finished { steps: 6, steps_before: 0, .. }), "{outcome:?}");
    assert_eq!(setting.names(), ["data", "undisturbed"], "no checkpoint is left");
    assert!(reports.contains(&Report::Begun { steps_done: 0, steps: 6 }));
    let steps = reports.iter().filter(|report| matches!(report, Report::Step { .. })).count();
    assert_eq!(steps, 6);
    setting.read("undisturbed")
}

#[test]
fn resumed_after_every_k_steps() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        let expected = undisturbed(&setting);
        for k in 1..=6 {
            let mut steps_done = 0;
            loop {
                let (outcome, reports) = setting.train(&setting.resumed(), Some(k)).unwrap();
                assert!(reports.contains(&Report::Begun { steps_done, steps: 6 }));
                match outcome {
                    Outcome::Stopped { steps_done: now, steps: 6, steps_before } => {
                        assert_eq!((steps_before, now), (steps_done, steps_done + k));
                        assert_eq!(reports.last(), Some(&Report::Saved { steps_done: now }));
                        assert_eq!(setting.names(), ["data", "model.checkpoint", "undisturbed"]);
                        steps_done = now;
                    }
                    Outcome::Finished { steps_before, .. } => {
                        assert_eq!((steps_before, steps_done + k >= 6), (steps_done, true));
                        break;
                    }
                    Outcome::Stopped { .. } => unreachable!(),
                }
            }
            assert_eq!(setting.names(), ["data", "model", "undisturbed"]);
            assert!(setting.read("model") == expected, "{kind}, every {k} steps");
            std::fs::remove_file(setting.path("model")).unwrap();
        }
    }
}

#[test]
fn checkpoints_are_written_as_often_as_told() {
    let setting = Setting::new(plan(EngineKind::Exact));
    for (steps, expected) in [(1, &[1, 2, 3, 4, 5][..]), (2, &[2, 4]), (4, &[4]), (7, &[])] {
        let policy = CheckpointPolicy { steps: NonZeroU64::new(steps), interval: None };
        let request = TrainRequest { policy, force: true, ..setting.request() };
        let (_, reports) = setting.train(&request, None).unwrap();
        let saved = reports.into_iter().filter_map(|report| match report {
            Report::Saved { steps_done } => Some(steps_done),
            _ => None,
        });
        assert_eq!(saved.collect::<Vec<_>>(), expected);
    }
    let always = CheckpointPolicy { steps: None, interval: Some(std::time::Duration::ZERO) };
    let request = TrainRequest { policy: always, force: true, ..setting.request() };
    let (_, reports) = setting.train(&request, None).unwrap();
    assert_eq!(reports.iter().filter(|report| matches!(report, Report::Saved { .. })).count(), 5);
}

#[test]
fn a_crash_between_model_and_checkpoint_is_no_harm() {
    let setting = Setting::new(plan(EngineKind::Exact));
    setting.train(&setting.request(), Some(4)).unwrap();
    let checkpoint = setting.read("model.checkpoint");
    setting.train(&setting.resumed(), None).unwrap();
    let model = setting.read("model");
    std::fs::write(setting.path("model.checkpoint"), checkpoint).unwrap();
    for names in [["data", "model"]; 2] {
        let (outcome, reports) = setting.train(&setting.resumed(), None).unwrap();
        assert!(matches!(outcome, Outcome::Finished { steps: 6, steps_before: 6, .. }), "{outcome:?}");
        assert!(reports.is_empty());
        assert_eq!(setting.names(), names);
        assert!(setting.read("model") == model);
    }
}

#[test]
fn a_damaged_model_is_not_finished() {
    let setting = Setting::new(plan(EngineKind::Exact));
    setting.train(&setting.request(), Some(4)).unwrap();
    let checkpoint = setting.read("model.checkpoint");
    setting.train(&setting.resumed(), None).unwrap();
    let model = setting.read("model");
    for place in [model.len() / 2, model.len() - 1] {
        let mut damaged = model.clone();
        damaged[place] ^= 1;
        std::fs::write(setting.path("model"), &damaged).unwrap();
        std::fs::write(setting.path("model.checkpoint"), &checkpoint).unwrap();
        let error = setting.train(&setting.resumed(), None).unwrap_err().to_string();
        assert!(error.contains("model") && error.contains("exists already"), "{error}");
        assert!(setting.read("model.checkpoint") == checkpoint, "the good checkpoint stays");
    }
    let request = TrainRequest { force: true, ..setting.resumed() };
    setting.train(&request, None).unwrap();
    assert!(setting.read("model") == model);
}

#[test]
fn a_stop_before_the_first_step_writes_nothing() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let (outcome, _) = setting.train(&setting.request(), Some(0)).unwrap();
    assert_eq!(outcome, Outcome::Stopped { steps_done: 0, steps: 6, steps_before: 0 });
    assert_eq!(setting.names(), ["data"]);
}

#[test]
fn a_stop_in_the_last_step_is_too_late() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let (outcome, _) = setting.train(&setting.request(), Some(6)).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }));
}

/// A checkpoint that cannot be written costs nothing but itself, and is tried again at the next step.
#[test]
fn a_checkpoint_that_cannot_be_written_ends_nothing() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let expected = undisturbed(&setting);
    let away = setting.path("away");
    let folder = setting.path("checkpoints");
    std::fs::create_dir(&folder).unwrap();
    let policy = CheckpointPolicy { steps: NonZeroU64::new(1), interval: None };
    let request = TrainRequest { checkpoint: Some(folder.join("c")), policy, ..setting.request() };
    let mut reports = vec![];
    let outcome = setting.train_watched(&request, &mut |report| {
        match report {
            Report::Step { steps_done: 2, .. } => std::fs::rename(&folder, &away).unwrap(),
            Report::Step { steps_done: 4, .. } => std::fs::rename(&away, &folder).unwrap(),
            _ => {}
        }
        reports.push(report);
    });
    assert!(matches!(outcome.unwrap(), Outcome::Finished { .. }));
    let saved = |steps_done| reports.contains(&Report::Saved { steps_done });
    let failed = |step| {
        reports
            .iter()
            .any(|report| matches!(report, Report::NotSaved { steps_done, .. } if *steps_done == step))
    };
    assert!(saved(1) && failed(2) && failed(3) && saved(4) && saved(5), "{reports:?}");
    assert!(setting.read("model") == expected);
}

/// When the model cannot be written, all steps are in the checkpoint.
#[test]
fn a_model_that_cannot_be_written_leaves_a_checkpoint() {
    let setting = Setting::new(plan(EngineKind::Exact));
    let expected = undisturbed(&setting);
    let outcome = setting.train_watched(&setting.request(), &mut |report| {
        if matches!(report, Report::Step { steps_done: 6, .. }) {
            std::fs::write(setting.path("model"), "another's").unwrap();
        }
    });
    assert!(outcome.unwrap_err().to_string().contains("exists already"));
    assert_eq!(setting.read("model"), b"another's");
    std::fs::remove_file(setting.path("model")).unwrap();
    let (outcome, _) = setting.train(&setting.resumed(), None).unwrap();
    assert!(matches!(outcome, Outcome::Finished { steps_before: 6, .. }), "{outcome:?}");
    assert!(setting.read("model") == expected);
}
