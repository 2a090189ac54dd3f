//! Files of a client, written without the client's commands.

use ndarray::Array2;
use silenzio::Context;
use silenzio::PublicPlan;
use silenzio::client::{Samples, encrypt, evaluation_key, generate_key};
use silenzio::core::Task;
use silenzio::core::plan::{ApproximatePlan, EnginePlan, TrainingPlan};
use silenzio::data::Targets;
use silenzio::files::{Destination, Overwrite};
use tempfile::TempDir;

/// Two inputs, two hidden units, two classes; `epochs` epochs of six samples in three steps.
pub fn plan(epochs: usize) -> PublicPlan {
    let engine = ApproximatePlan { weight_noise: 1e3, ..ApproximatePlan::default() };
    let task = Task {
        widths: vec![2, 2, 2],
        samples: 6,
        training: TrainingPlan { epochs, batch: 2, learning_rate: 0.5, ..TrainingPlan::default() },
        engine: EnginePlan::Approximate(engine),
    };
    PublicPlan::new(task).unwrap()
}

/// A folder with "server.key" and "data.silenzio", as a client would send them.
pub fn sent(plan: &PublicPlan) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let destination = |name| Destination::new(folder.path().join(name), Overwrite::Refuse).unwrap();
    let key = generate_key(plan).unwrap();
    evaluation_key(&key, &Context::new()).write(&destination("server.key")).unwrap();
    let inputs = Array2::from_shape_fn((plan.task.samples, 2), |(sample, input)| match input {
        0 => 0.1 * sample as f32,
        _ => 0.9 - 0.1 * sample as f32,
    });
    let labels: Vec<usize> = (0..plan.task.samples).map(|sample| sample % 2).collect();
    let samples = Samples { inputs: inputs.view(), targets: Some(Targets::Classes(&labels)) };
    encrypt(&key, plan, samples, &destination("data.silenzio"), &Context::new()).unwrap();
    folder
}
