//! What plans derive from a task, and which plans are refused.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use silenzio_core::Task;
use silenzio_core::plan::{EngineKind, EnginePlan, ExactPlan, Gadget, Loss, TrainingPlan};
use silenzio_suite::{Network, PLAN_VERSION, PlanProblem, PublicPlan, read_plan, to_toml};

fn task(kind: EngineKind) -> Task {
    Task {
        widths: vec![4, 8, 3],
        samples: 120,
        training: TrainingPlan::default(),
        engine: EnginePlan::of(kind),
    }
}

#[test]
fn formats_round_trip_and_give_the_planned_network() {
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let plan = PublicPlan::new(task(kind)).unwrap();
        assert_eq!(plan.network().unwrap(), Network::plan(&plan.task).unwrap());
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<PublicPlan>(&json).unwrap(), plan);
        assert_eq!(toml::from_str::<PublicPlan>(&to_toml(&plan).unwrap()).unwrap(), plan);
    }
}

#[test]
fn parameters_follow_from_the_task() {
    let exact = PublicPlan::new(task(EngineKind::Exact)).unwrap().parameters().unwrap();
    assert_eq!((exact.engine(), exact.to_string().as_str()), (EngineKind::Exact, "15-31-blocks"));
    for name in ["N2048", "N2048-precise"] {
        let mut task = task(EngineKind::Approximate);
        if let EnginePlan::Approximate(plan) = &mut task.engine {
            plan.parameters = Some(name.into());
            plan.weight_noise = 1e3;
        }
        assert_eq!(PublicPlan::new(task).unwrap().parameters().unwrap().to_string(), name);
    }
}

#[test]
fn the_published_gadget_needs_wider_keys() {
    let engine = EnginePlan::Exact(ExactPlan { gadget: Gadget::Karatsuba, ..ExactPlan::default() });
    let plan = PublicPlan::new(Task { engine, ..task(EngineKind::Exact) }).unwrap();
    assert!(plan.parameters().unwrap().to_string().ends_with("-255-blocks"));
}

#[test]
fn impossible_tasks_name_their_field() {
    for (change, field) in [
        ((|task| task.widths = vec![4]) as fn(&mut Task), "widths"),
        (|task| task.widths[0] = 65_537, "widths"),
        (|task| task.widths = vec![65_536, 65_536, 2], "67108864 weights"),
        (|task| task.samples = 0, "samples"),
        (|task| task.training.batch = 0, "training.batch"),
        (
            |task| {
                if let EnginePlan::Exact(plan) = &mut task.engine {
                    plan.range.logits = 1e-300;
                }
            },
            "engine.cover",
        ),
        (
            |task| {
                if let EnginePlan::Exact(plan) = &mut task.engine {
                    plan.range.weights = vec![1.0; 3];
                }
            },
            "engine.range.weights",
        ),
    ] {
        let mut task = task(EngineKind::Exact);
        change(&mut task);
        let error = PublicPlan::new(task).unwrap_err().to_string();
        assert!(error.contains(field), "{field} is not in: {error}");
    }
}

#[test]
fn plans_of_other_versions_or_parameters_say_so() {
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let mut plan = PublicPlan::new(task(kind)).unwrap();
        plan.version += 1;
        assert_eq!(plan.network(), Err(PlanProblem::Version { found: PLAN_VERSION + 1 }));
        let mut plan = PublicPlan::new(task(kind)).unwrap();
        let text = plan.parameters.numbers.to_string().replace("2048", "4096");
        plan.parameters.numbers = serde_json::from_str(&text).unwrap();
        let name = plan.parameters.name.clone();
        assert_eq!(plan.network(), Err(PlanProblem::Parameters { name }));
    }
}

#[test]
fn formats_of_other_tasks_are_refused() {
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let plan = PublicPlan::new(task(kind)).unwrap();
        for (change, what) in [
            ((|task| task.widths = vec![4, 7, 3]) as fn(&mut Task), "layer of a format"),
            (|task| task.widths = vec![4, 3], "layers of a format"),
        ] {
            let mut changed = plan.clone();
            change(&mut changed.task);
            let error = changed.network().unwrap_err().to_string();
            assert!(error.contains(what), "{what} is not in: {error}");
        }
        let mut changed = plan.clone();
        changed.task.engine = EnginePlan::of(match kind {
            EngineKind::Exact => EngineKind::Approximate,
            EngineKind::Approximate => EngineKind::Exact,
        });
        assert!(changed.network().is_err());
    }
}

#[test]
fn plan_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    let plan = PublicPlan::new(task(EngineKind::Exact)).unwrap();
    let text = to_toml(&plan).unwrap();
    std::fs::write(&path, &text).unwrap();
    assert_eq!(read_plan(&path).unwrap(), plan);
    for (damaged, part) in [
        (text.replace("samples = 120", "samples = 0"), "samples"),
        (text.replace("batch", "bach"), "bach"),
        (text.replace("input_alpha = 15", "input_alpha = 1000"), "input_alpha"),
        (text.replace("bias_input = 15", "bias_input = 0"), "bias_input"),
        (text[..text.len() / 2].into(), "line"),
    ] {
        assert_ne!(damaged, text, "{part}");
        std::fs::write(&path, damaged).unwrap();
        let error = read_plan(&path).unwrap_err().to_string();
        assert!(error.contains("plan.toml") && error.contains(part), "{error}");
    }
}

/// Files of before have no loss, and it is written only where it is another.
#[test]
fn the_squared_loss_is_named_and_the_default_is_not() {
    let plan = PublicPlan::new(task(EngineKind::Approximate)).unwrap();
    assert!(!to_toml(&plan).unwrap().contains("loss ="));
    let mut squared = task(EngineKind::Approximate);
    squared.training.loss = Loss::Squared;
    let plan = PublicPlan::new(squared).unwrap();
    let text = to_toml(&plan).unwrap();
    assert!(text.contains("loss = \"squared\""), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(read_plan(&path).unwrap(), plan);
    let mut exact = task(EngineKind::Exact);
    exact.training.loss = Loss::Squared;
    let error = PublicPlan::new(exact).unwrap_err().to_string();
    assert!(error.contains("training.loss") && error.contains("engine.kind"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Whatever a stranger writes as a number of a format is refused or used, without a panic.
    #[test]
    fn changed_numbers_are_never_a_panic(approximate: bool, place: prop::sample::Index, number in "-?[0-9]{1,20}(\\.[0-9]{1,3})?(e-?[0-9]{1,3})?") {
        let kind = if approximate { EngineKind::Approximate } else { EngineKind::Exact };
        let text = serde_json::to_string(&PublicPlan::new(task(kind)).unwrap()).unwrap();
        let numbers: Vec<(usize, usize)> = text
            .match_indices(':')
            .map(|(colon, _)| (colon + 1, text[colon + 1..].find([',', '}']).map_or(text.len(), |end| colon + 1 + end)))
            .filter(|&(start, end)| text[start..end].parse::<f64>().is_ok())
            .collect();
        let (start, end) = numbers[place.index(numbers.len())];
        let changed = format!("{}{number}{}", &text[..start], &text[end..]);
        if let Ok(plan) = serde_json::from_str::<PublicPlan>(&changed) {
            let _ = plan.network();
        }
    }
}
