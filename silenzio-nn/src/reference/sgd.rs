//! Stochastic gradient descent in `f32`.

use super::mlp::{Mlp, parts};
use crate::batches::epoch_order;
use crate::init::initial_network;
use crate::trainer::Schedule;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut1, Axis, Zip};
use silenzio_core::Target;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::Seed;
use silenzio_data::Dataset;

/// Trains a network with hidden layers of these widths on `train`, by plain stochastic gradient descent on the mean of
/// the plan's loss over each batch, without label smoothing or logit penalty.
///
/// Initial weights and batches are those of an encrypted run with the same plan; the last batch of an epoch may be
/// smaller. `on_epoch` is called with the number of each epoch, from 0, and the network after it.
pub fn train_reference(
    train: &Dataset,
    hidden: &[usize],
    training: &TrainingPlan,
    on_epoch: impl FnMut(usize, &Mlp),
) -> Mlp {
    let widths = [&[train.inputs.ncols()], hidden, &[train.outputs()]].concat();
    let weights = initial_network(Seed(training.seed), &widths);
    train_reference_from(Mlp { weights, activation_limits: vec![] }, train, training, on_epoch)
}

/// Trains a given network in the same way as [`train_reference`] trains a new one.
pub fn train_reference_from(
    mut network: Mlp,
    train: &Dataset,
    training: &TrainingPlan,
    mut on_epoch: impl FnMut(usize, &Mlp),
) -> Mlp {
    let seed = Seed(training.seed);
    let schedule = Schedule::new(training, train.len());
    let trained = training.train.numbers(network.weights.len());
    let mut steps = 0..;
    for epoch in 0..training.epochs {
        for (batch, number) in
            epoch_order(seed, epoch, train.len()).chunks(training.batch.max(1)).zip(&mut steps)
        {
            let rate = training.learning_rate * schedule.rate_at(number);
            let inputs = train.inputs.select(Axis(0), batch);
            let targets = batch.iter().filter_map(|&sample| train.target(sample)).collect::<Vec<_>>();
            step(&mut network, &inputs, &targets, rate as f32, &trained);
        }
        on_epoch(epoch, &network);
    }
    network
}

/// One step of the layers in `trained` on the mean loss over a batch of `inputs`, samples x features.
fn step(
    network: &mut Mlp,
    inputs: &Array2<f32>,
    targets: &[Target<'_>],
    learning_rate: f32,
    trained: &[usize],
) {
    let mut outputs = network.outputs(inputs);
    let Some(mut errors) = outputs.pop() else { return };
    to_loss_gradient(&mut errors, targets);
    for (layer, weights) in network.weights.iter_mut().enumerate().rev() {
        let activations = outputs.pop();
        let next = activations.as_ref().map(|activations| backward(&errors, weights, activations));
        if trained.contains(&layer) {
            descend(weights, activations.as_ref().unwrap_or(inputs), &errors, learning_rate);
        }
        if let Some(next) = next {
            errors = next;
        }
    }
}

/// Replaces logits, samples x outputs, by the gradient of the mean loss with respect to them.
fn to_loss_gradient(logits: &mut Array2<f32>, targets: &[Target<'_>]) {
    let samples = targets.len() as f32;
    for (mut row, target) in logits.rows_mut().into_iter().zip(targets) {
        match target {
            Target::Class(label) => softmax_minus(&mut row, *label),
            Target::Values(values) => row -= values,
        }
        row.mapv_inplace(|error| error / samples);
    }
}

/// The gradient of the cross entropy of a sample: `softmax(z) - onehot(y)`.
fn softmax_minus(row: &mut ArrayViewMut1<'_, f32>, label: usize) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.mapv_inplace(|logit| (logit - largest).exp());
    let sum = row.sum();
    row.mapv_inplace(|exponential| exponential / sum);
    if let Some(probability) = row.get_mut(label) {
        *probability -= 1.0;
    }
}

/// The errors of the previous layer: `errors W^T` where its activations are positive, 0 elsewhere.
fn backward(errors: &Array2<f32>, weights: &Array2<f32>, activations: &Array2<f32>) -> Array2<f32> {
    let mut before = errors.dot(&parts(weights).0.t());
    Zip::from(&mut before).and(activations).for_each(|error, &activation| {
        if activation <= 0.0 {
            *error = 0.0;
        }
    });
    before
}

/// `W -= learning_rate * x^T errors`, where `x = 1` for the biases.
fn descend(weights: &mut Array2<f32>, x: &Array2<f32>, errors: &Array2<f32>, learning_rate: f32) {
    let inputs = weights.nrows() - 1;
    let (mut weights, mut bias) = weights.view_mut().split_at(Axis(0), inputs);
    general_mat_mul(-learning_rate, &x.t(), errors, 1.0, &mut weights);
    bias.scaled_add(-learning_rate, &errors.sum_axis(Axis(0)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::cross_entropy;
    use ndarray::array;

    #[test]
    fn a_step_follows_the_gradient_of_the_cross_entropy() {
        let labels = [0, 1, 1];
        check_step(&labels.map(Target::Class), |logits| cross_entropy(logits, &labels));
    }

    #[test]
    fn a_step_follows_the_gradient_of_the_squared_loss() {
        let values = array![[0.5f32, -0.25], [-1.0, 1.0], [0.0, 0.75]];
        let targets: Vec<Target<'_>> = values.rows().into_iter().map(Target::Values).collect();
        let half_squares = |logits: &Array2<f32>| {
            let squares = logits.iter().zip(&values).map(|(o, t)| f64::from(o - t).powi(2));
            squares.sum::<f64>() / 2.0 / values.nrows() as f64
        };
        check_step(&targets, half_squares);
    }

    /// Checks that a step of size 1 changes each weight by the derivative of the mean loss, which a difference quotient
    /// approximates.
    fn check_step(targets: &[Target<'_>], loss: impl Fn(&Array2<f32>) -> f64) {
        let weights = initial_network(Seed(5), &[3, 4, 4, 2]);
        let before = Mlp { weights, activation_limits: vec![] };
        let inputs = array![[0.3, 0.9, 0.1], [0.8, 0.2, 0.5], [0.4, 0.4, 1.0]];
        let mut after = before.clone();
        step(&mut after, &inputs, targets, 1.0, &[0, 1, 2]);

        for layer in 0..before.weights.len() {
            for (index, &weight) in before.weights[layer].indexed_iter() {
                let loss = |shift: f32| {
                    let mut moved = before.clone();
                    moved.weights[layer][index] += shift;
                    loss(&moved.forward(&inputs))
                };
                let slope = (loss(5e-3) - loss(-5e-3)) / 1e-2;
                let moved = f64::from(weight - after.weights[layer][index]);
                assert!((moved - slope).abs() < 2e-3, "layer {layer}, {index:?}: {moved} for {slope}");
            }
        }
    }

    #[test]
    fn training_without_samples_leaves_the_initial_weights() {
        let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        let none = Dataset::new(Array2::zeros((0, 3)), vec![], names(2), names(3)).unwrap();
        let mut epochs = vec![];
        let plan = TrainingPlan { epochs: 3, ..TrainingPlan::default() };
        let network = train_reference(&none, &[4], &plan, |epoch, _| epochs.push(epoch));
        assert_eq!(network.weights, initial_network(Seed(plan.seed), &[3, 4, 2]));
        assert_eq!(epochs, [0, 1, 2]);
    }
}
