//! Simulates an encrypted training on samples from arrays, with both engines.
//!
//! `cargo run --release -p silenzio-examples --bin simulate_arrays`

use ndarray::Array2;
use silenzio::arrays::{dataset, scaled};
use silenzio::core::plan::{EngineKind, EnginePlan, ModelPlan, TrainingPlan};
use silenzio::data::Dataset;
use silenzio::{Context, Error, Event, Run};

fn main() -> Result<(), Error> {
    let model = ModelPlan { hidden: vec![4] };
    let training = TrainingPlan { epochs: 10, ..TrainingPlan::default() };
    let context = Context::new().observed_by(|event| {
        if let Event::Warning { text } = event {
            eprintln!("warning: {text}");
        }
    });
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let samples = scaled(rings(0, 120)?, rings(120, 40)?)?;
        let run = Run::new(&model, &training, &EnginePlan::of(kind), samples.train, samples.test)?;
        let simulated = run.simulate(run.simulator(), None, &context)?;
        println!(
            "{kind} engine: test accuracy {:.2} after {} steps, which would take {} bootstraps",
            run.test_accuracy(&simulated.model),
            simulated.steps,
            simulated.observed.operations.total_bootstraps()
        );
    }
    Ok(())
}

/// Points of a spiral in two classes: those near the origin, and all others.
fn rings(first: usize, count: usize) -> Result<Dataset, Error> {
    let polar = |sample: usize| {
        let sample = (first + sample) as f32;
        ((sample * 0.618_034).fract(), 2.4 * sample)
    };
    let inputs = Array2::from_shape_fn((count, 2), |(sample, axis)| {
        let (radius, angle) = polar(sample);
        radius * if axis == 0 { angle.cos() } else { angle.sin() }
    });
    dataset(inputs, (0..count).map(|sample| usize::from(polar(sample).0 > 0.5)).collect())
}
