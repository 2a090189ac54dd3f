//! Trainings on the bundled data sets, from file to accuracy.

use super::{Mlp, train_reference};
use crate::metrics::{accuracy, cross_entropy};
use silenzio_core::plan::{DataPlan, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_data::{Split, load};
use std::path::Path;

fn bundled(file: &str) -> Split {
    let plan = DataPlan::of_file(file);
    load(&plan, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../data"), Seed(1)).unwrap()
}

/// The accuracies on the test part, for several seeds of the training.
fn accuracies(file: &str, hidden: &[usize], training: TrainingPlan) -> Vec<f64> {
    let Split { train, test, .. } = bundled(file);
    let accuracies: Vec<f64> = (1..=3)
        .map(|seed| {
            let training = TrainingPlan { seed, ..training.clone() };
            let network = train_reference(&train, hidden, &training, |_, _| ());
            accuracy(&network.predict(&test.inputs), &test.labels)
        })
        .collect();
    println!("{file}: {accuracies:.4?} on {} test samples", test.len());
    accuracies
}

#[test]
fn iris_is_learnt() {
    let training = TrainingPlan { epochs: 50, batch: 8, ..TrainingPlan::default() };
    assert!(accuracies("iris.csv", &[8], training).iter().all(|&accuracy| accuracy >= 0.9));
}

#[test]
fn breast_cancer_is_learnt() {
    let training = TrainingPlan { epochs: 20, batch: 16, ..TrainingPlan::default() };
    assert!(accuracies("breast_cancer.csv", &[16], training).iter().all(|&accuracy| accuracy >= 0.9));
}

#[test]
fn digits_are_learnt() {
    let training = TrainingPlan { epochs: 10, batch: 16, ..TrainingPlan::default() };
    assert!(accuracies("digits.csv", &[32], training).iter().all(|&accuracy| accuracy >= 0.9));
}

#[test]
fn the_loss_falls_and_training_is_reproducible() {
    let train = bundled("iris.csv").train;
    let training = TrainingPlan { epochs: 5, ..TrainingPlan::default() };
    let mut losses = vec![];
    let record = |_: usize, network: &Mlp| {
        losses.push(cross_entropy(&network.forward(&train.inputs), &train.labels));
    };
    let network = train_reference(&train, &[8, 8], &training, record);
    assert!(losses[4] < losses[0], "{losses:?}");
    assert_eq!(network, train_reference(&train, &[8, 8], &training, |_, _| ()));
    assert_eq!(network.check(4, 3), Ok(()));
}

/// `cargo test --release -p silenzio-nn -- --ignored --nocapture epoch_of_mnist_size`
#[test]
#[ignore = "a measurement of time, not a test"]
fn epoch_of_mnist_size() {
    use silenzio_data::Dataset;
    let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let inputs =
        ndarray::Array2::from_shape_fn((60_000, 784), |(i, j)| ((i * 31 + j * 17) % 256) as f32 / 255.0);
    let labels = (0..60_000).map(|sample| sample % 10).collect();
    let train = Dataset::new(inputs, labels, names(10), names(784)).unwrap();
    for batch in [8, 64] {
        let training = TrainingPlan { epochs: 1, batch, ..TrainingPlan::default() };
        let start = std::time::Instant::now();
        train_reference(&train, &[128], &training, |_, _| ());
        println!("60000 x 784-128-10, batch {batch}: {:.2?}", start.elapsed());
    }
}
