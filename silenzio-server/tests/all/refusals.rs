//! What does not fit is refused with an error that names the file, and leaves everything as it was.

use crate::common::{Setting, plan, task};
use silenzio_core::Task;
use silenzio_core::plan::{EngineKind, EnginePlan};
use silenzio_files::{KeyId, Kind};
use silenzio_server::{ServerError, TrainRequest};
use silenzio_suite::{KeyName, PublicPlan};

fn setting() -> Setting {
    Setting::new(plan(EngineKind::Exact))
}

/// A training that is refused with an error that has all of `parts` in it.
fn refused(setting: &Setting, request: &TrainRequest, parts: &[&str]) {
    let before = setting.snapshot();
    check(setting.train(request, None).unwrap_err(), parts);
    assert!(setting.snapshot() == before, "everything is as it was: {parts:?}");
}

fn check(error: ServerError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn data_sets_that_do_not_fit() {
    let setting = setting();
    setting.write_data("unlabelled", 8, false);
    setting.write_data("few", 7, true);
    let with = |data: &str| TrainRequest { data: vec![setting.path(data)], ..setting.request() };
    refused(&setting, &with("missing"), &["missing", "cannot be read"]);
    refused(&setting, &with("unlabelled"), &["unlabelled", "no labels"]);
    refused(&setting, &with("few"), &["few", "7 samples", "8"]);

    let mut other = Setting { key: KeyName { id: KeyId(8), ..setting.key.clone() }, ..self::setting() };
    other.write_data("data", 8, true);
    std::fs::copy(other.path("data"), setting.path("foreign")).unwrap();
    refused(&setting, &with("foreign"), &["foreign", "belongs to key"]);

    other.key.id = setting.key.id;
    other.plan.task.training.epochs = 0;
    other.write_data("data", 8, true);
    std::fs::copy(other.path("data"), setting.path("invalid")).unwrap();
    refused(&setting, &with("invalid"), &["invalid", "training.epochs"]);

    other.plan = plan(EngineKind::Approximate);
    other.write_data("data", 8, true);
    std::fs::copy(other.path("data"), setting.path("mixed")).unwrap();
    refused(&setting, &with("mixed"), &["mixed", "parameters are not those of the header"]);
}

#[test]
fn another_plan_than_was_agreed_on() {
    let setting = setting();
    let write = |plan: &PublicPlan| {
        std::fs::write(setting.path("plan.toml"), toml::to_string(plan).unwrap()).unwrap();
    };
    let request = TrainRequest { plan: Some(setting.path("plan.toml")), ..setting.request() };
    refused(&setting, &request, &["plan.toml", "cannot be read"]);
    for (change, part) in [
        ((|task| task.widths = vec![3, 3, 2]) as fn(&mut Task), "widths"),
        (|task| task.samples = 9, "number of training samples"),
        (|task| task.training.epochs = 3, "[task.training]"),
        (
            |task| {
                if let EnginePlan::Exact(plan) = &mut task.engine {
                    plan.bits.inputs = 3;
                }
            },
            "[task.engine]",
        ),
    ] {
        let mut changed = setting.plan.task.clone();
        change(&mut changed);
        write(&PublicPlan::new(changed).unwrap());
        refused(&setting, &request, &["data", part]);
    }
    write(&setting.plan);
    setting.train(&request, None).unwrap();
}

#[test]
fn results_that_cannot_be_written() {
    let setting = setting();
    std::fs::write(setting.path("model"), "precious").unwrap();
    refused(&setting, &setting.request(), &["model", "exists already", "replaced"]);
    refused(&setting, &setting.resumed(), &["model", "exists already", "replaced"]);
    std::fs::create_dir(setting.path("folder")).unwrap();
    for (model, part) in [("no/folder", "cannot be written"), ("folder", "not a regular file")] {
        let request = TrainRequest { model: setting.path(model), force: true, ..setting.request() };
        refused(&setting, &request, &[model, part]);
    }
    let checkpoint = Some(setting.path("no/checkpoint"));
    let request = TrainRequest { checkpoint, force: true, ..setting.request() };
    refused(&setting, &request, &["no/checkpoint", "cannot be written"]);
    setting.train(&TrainRequest { force: true, ..setting.request() }, None).unwrap();
    assert_ne!(setting.read("model"), b"precious");
}

#[test]
fn checkpoints_that_do_not_fit() {
    let setting = setting();
    setting.train(&setting.request(), Some(2)).unwrap();
    let ours = setting.read("model.checkpoint");
    refused(&setting, &setting.request(), &["model.checkpoint", "resume", "start over"]);

    let checkpoint_of = |other: &Setting| {
        other.train(&other.request(), Some(2)).unwrap();
        std::fs::copy(other.path("model.checkpoint"), setting.path("model.checkpoint")).unwrap();
    };
    let other = Setting { key: KeyName { id: KeyId(8), ..setting.key.clone() }, ..self::setting() };
    other.write_data("data", 8, true);
    checkpoint_of(&other);
    refused(&setting, &setting.resumed(), &["model.checkpoint", "belongs to key"]);

    let mut changed = task(EngineKind::Exact);
    changed.training.epochs = 3;
    checkpoint_of(&Setting::new(PublicPlan::new(changed).unwrap()));
    refused(&setting, &setting.resumed(), &["model.checkpoint", "with another plan"]);

    let other = self::setting();
    other.write_other_data("data");
    checkpoint_of(&other);
    refused(&setting, &setting.resumed(), &["model.checkpoint", "on another data set"]);

    for kind in ["data", "model"] {
        let finished = TrainRequest { model: setting.path("finished"), force: true, ..setting.request() };
        setting.train(&finished, None).unwrap();
        let source = if kind == "model" { "finished" } else { kind };
        std::fs::copy(setting.path(source), setting.path("model.checkpoint")).unwrap();
        refused(&setting, &setting.resumed(), &["model.checkpoint", "a checkpoint is expected here"]);
    }

    std::fs::write(setting.path("model.checkpoint"), ours).unwrap();
    setting.train(&setting.resumed(), None).unwrap();
    assert!(setting.read("model") == setting.read("finished"));
}

#[test]
fn what_is_no_checkpoint_is_not_replaced() {
    let setting = setting();
    std::fs::write(setting.path("notes"), "important").unwrap();
    for (name, part) in [("notes", "not a Silenzio file"), ("data", "a checkpoint is expected here")] {
        for force in [false, true] {
            let checkpoint = Some(setting.path(name));
            let data = setting.path("other");
            std::fs::copy(setting.path("data"), &data).unwrap();
            let request = TrainRequest { checkpoint, data: vec![data], force, ..setting.request() };
            refused(&setting, &request, &[name, part]);
        }
    }
    std::fs::write(setting.path("model.checkpoint"), &setting.read("data")[..40]).unwrap();
    setting.train(&TrainRequest { force: true, ..setting.request() }, None).unwrap();
}

#[test]
fn damaged_files() {
    let setting = setting();
    setting.train(&setting.request(), Some(3)).unwrap();
    for name in ["data", "model.checkpoint"] {
        let whole = setting.read(name);
        for place in (0..whole.len()).step_by(whole.len() / 40).chain([whole.len() - 1]) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x40;
            std::fs::write(setting.path(name), &damaged).unwrap();
            refused(&setting, &setting.resumed(), &[name]);
        }
        for length in [0, 7, 40, whole.len() / 2, whole.len() - 1] {
            std::fs::write(setting.path(name), &whole[..length]).unwrap();
            refused(&setting, &setting.resumed(), &[name]);
        }
        std::fs::write(setting.path(name), [&whole[..], b"x"].concat()).unwrap();
        refused(&setting, &setting.resumed(), &[name, "too long"]);
        std::fs::write(setting.path(name), whole).unwrap();
    }
    setting.train(&setting.resumed(), None).unwrap();
}

#[test]
fn a_file_of_each_kind_in_the_wrong_place() {
    let setting = setting();
    setting.train(&setting.request(), None).unwrap();
    setting.infer("data", false).unwrap();
    std::fs::rename(setting.path("model"), setting.path("trained")).unwrap();
    for (name, kind) in [("trained", Kind::Model), ("logits", Kind::Logits)] {
        let request = TrainRequest { data: vec![setting.path(name)], ..setting.request() };
        refused(&setting, &request, &[name, &kind.to_string(), "an encrypted data set is expected"]);
    }
    let stop = std::sync::atomic::AtomicBool::new(false);
    for name in ["data", "trained", "logits"] {
        let error = silenzio_server::train(&setting.path(name), &setting.request(), &mut |_| (), &stop);
        check(error.unwrap_err(), &[name, "a server key is expected"]);
    }
}

#[test]
fn small_files_of_huge_networks() {
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let setting = Setting::new(plan(kind));
        for widths in
            [vec![4, 20_000, 20_000, 3], vec![65_536, 65_536], [&[4][..], &[65_536; 32], &[3]].concat()]
        {
            let mut hostile = Setting::new(plan(kind));
            hostile.plan.task.widths = widths;
            hostile.write_data("data", 8, true);
            std::fs::copy(hostile.path("data"), setting.path("hostile")).unwrap();
            let request = TrainRequest { data: vec![setting.path("hostile")], ..setting.request() };
            refused(&setting, &request, &["hostile", "67108864 weights"]);
        }
        // The number formats have to be those of the widths.
        let mut hostile = Setting::new(plan(kind));
        hostile.plan.task.widths = vec![4, 8000, 8000, 3];
        hostile.write_data("data", 8, true);
        std::fs::copy(hostile.path("data"), setting.path("hostile")).unwrap();
        let request = TrainRequest { data: vec![setting.path("hostile")], ..setting.request() };
        refused(&setting, &request, &["hostile", "layers of a format"]);
    }
}
