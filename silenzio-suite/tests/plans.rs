//! What follows from a plan.

#![allow(clippy::unwrap_used)]

use silenzio_core::PublicPlan;
use silenzio_core::plan::{EngineKind, EnginePlan, Gadget, TrainingPlan};
use silenzio_suite::{Network, Parameters, exact, read_plan};

fn plan() -> PublicPlan {
    PublicPlan {
        widths: vec![4, 8, 3],
        samples: 120,
        training: TrainingPlan::default(),
        engine: EnginePlan::default(),
    }
}

#[test]
fn one_sample_tells_the_size_classes_of_a_batch() {
    for gadget in [Gadget::Squares, Gadget::Karatsuba] {
        let plan = PublicPlan { engine: EnginePlan { gadget, ..EnginePlan::default() }, ..plan() };
        let Network::Exact(network) = Network::new(&plan).unwrap() else { panic!("exact") };
        let bits = |samples| {
            let luts = exact::luts_per_step(&network, samples).unwrap();
            luts.classes().filter(|(_, count)| *count > 0).map(|(bits, _)| bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(1), bits(plan.training.batch), "{gadget:?}");
    }
}

#[test]
fn parameters_follow_from_the_plan() {
    let exact = Network::new(&plan()).unwrap().parameters().unwrap();
    assert_eq!((exact.engine(), exact.to_string().as_str()), (EngineKind::Exact, "15-31"));
    let mut plan = plan();
    plan.engine.kind = EngineKind::Approximate;
    for name in ["N2048", "N2048-precise"] {
        plan.engine.parameters = Some(name.into());
        plan.engine.weight_noise = 1e3;
        let approximate = Network::new(&plan).unwrap().parameters().unwrap();
        assert_eq!(approximate, Parameters::named(EngineKind::Approximate, name).unwrap());
    }
}

#[test]
fn impossible_plans_name_their_field() {
    for (change, field) in [
        ((|plan| plan.widths = vec![4]) as fn(&mut PublicPlan), "widths"),
        (|plan| plan.widths[0] = 65_537, "widths"),
        (|plan| plan.samples = 0, "samples"),
        (|plan| plan.training.batch = 0, "training.batch"),
        (|plan| plan.engine.range.logits = 1e-300, "engine.cover"),
    ] {
        let mut plan = plan();
        change(&mut plan);
        let error = Network::new(&plan).unwrap_err().to_string();
        assert!(error.contains(field), "{field} is not in: {error}");
    }
}

#[test]
fn plan_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    let text = toml::to_string(&plan()).unwrap();
    std::fs::write(&path, &text).unwrap();
    assert_eq!(read_plan(&path).unwrap(), plan());
    for (damaged, part) in [
        (text.replace("samples = 120", "samples = 0"), "samples"),
        (text.replace("batch", "bach"), "bach"),
        (text[..text.len() / 2].into(), "line"),
    ] {
        std::fs::write(&path, damaged).unwrap();
        let error = read_plan(&path).unwrap_err().to_string();
        assert!(error.contains("plan.toml") && error.contains(part), "{error}");
    }
}
