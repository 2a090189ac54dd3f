//! Scales samples that are made by a formula, trains on them in the simulator, and computes the loss of each epoch: what `fit` of
//! the Python package asks of the library, and is held against (`python/benchmarks/overhead.py`, which makes the same samples).
//!
//! `cargo run --release -p silenzio-benches --bin fit_arrays -- SAMPLES FEATURES THREADS < plan.json`

#![allow(clippy::expect_used, reason = "a benchmark ends where it cannot go on")]

use ndarray::Array2;
use silenzio::arrays::{dataset, scaled};
use silenzio::{Arithmetic, Context, Error, Run};
use std::num::NonZeroUsize;
use std::time::Instant;

fn main() -> Result<(), Error> {
    let numbers: Vec<usize> =
        std::env::args().skip(1).map(|number| number.parse().expect("a whole number")).collect();
    let [samples, features, threads] = numbers[..] else {
        eprintln!("usage: fit_arrays SAMPLES FEATURES THREADS < plan.json");
        std::process::exit(2);
    };
    let plan: serde_json::Value = serde_json::from_reader(std::io::stdin()).expect("a plan in JSON");
    let part = |name: &str| plan.get(name).cloned().expect("the parts model, training and engine");
    let model = serde_json::from_value(part("model")).expect("a valid model");
    let training = serde_json::from_value(part("training")).expect("a valid training");
    let engine = serde_json::from_value(part("engine")).expect("a valid engine");
    let threads = NonZeroUsize::new(threads).expect("at least one thread");
    let context = Context::new().on_threads(threads)?;

    let input = |(sample, feature): (usize, usize)| {
        ((sample * (2 * feature + 1)) as f64 * 0.618_033_988_749_895 % 1.0) as f32
    };
    let inputs = Array2::from_shape_fn((samples, features), input);
    let labels = inputs.rows().into_iter().map(|row| usize::from(row[0] + row[1] > 1.0)).collect();
    let start = Instant::now();
    let train = dataset(inputs, labels)?;
    let test = train.select(&[]);
    let scaled = scaled(train, test)?;
    let run = Run::new(&model, &training, &engine, scaled.train, scaled.test)?;
    let mut losses = Vec::new();
    let fitted =
        run.fit(Arithmetic::Simulated, &context, &mut |network| losses.push(run.training_loss(network)))?;
    let seconds = start.elapsed().as_secs_f64();
    let weights: Vec<f32> = fitted.network.weights.iter().flatten().copied().collect();
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "steps": fitted.steps, "losses": losses, "weights": weights })
    );
    Ok(())
}
