//! A multilayer perceptron in `f32`.

use crate::metrics::predictions;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

/// A multilayer perceptron with ReLUs between its layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    /// The weights of each layer, `(inputs + 1) x outputs`, with the biases in the last row.
    pub weights: Vec<Array2<f32>>,
    /// The value at which the activations of each hidden layer saturate, `min(max(z, 0), limit)`, as in a network of
    /// small integers. Layers without an entry do not saturate.
    pub activation_limits: Vec<f32>,
}

/// The error of layers that do not fit together, or do not fit the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "layer {layer} (from 0) has {found} {side}, but should have {expected}; is this the model of these data?"
)]
pub struct ShapeError {
    /// The layer.
    pub layer: usize,
    /// "inputs" or "outputs".
    pub side: &'static str,
    /// The number that the layer has.
    pub found: usize,
    /// The number that it should have.
    pub expected: usize,
}

impl Mlp {
    /// Checks that every layer has as many inputs as the previous one has outputs, from `features` to `classes`. A
    /// network from a file must be checked before it is used.
    ///
    /// # Errors
    /// The first layer that does not fit. For a network without layers, it is layer 0.
    pub fn check(&self, features: usize, classes: usize) -> Result<(), ShapeError> {
        let mut width = features;
        for (layer, weights) in self.weights.iter().enumerate() {
            let found = weights.nrows();
            if found != width + 1 {
                let found = found.saturating_sub(1);
                return Err(ShapeError { layer, side: "inputs", found, expected: width });
            }
            width = weights.ncols();
        }
        let layer = self.weights.len().saturating_sub(1);
        let found = if self.weights.is_empty() { 0 } else { width };
        if found == classes {
            Ok(())
        } else {
            Err(ShapeError { layer, side: "outputs", found, expected: classes })
        }
    }

    /// Rounds the weights of each layer to multiples of its step. Layers without an entry are left as they are.
    pub fn round(&mut self, steps: &[f32]) {
        for (layer, &step) in self.weights.iter_mut().zip(steps) {
            layer.mapv_inplace(|weight| (weight / step).round() * step);
        }
    }

    /// The network whose weights are the means of those of several networks of one training. The noise of their
    /// weights, which differs between them, partly averages out. `None` if there are no networks, or their layers or
    /// limits differ.
    pub fn average<'a>(networks: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut networks = networks.into_iter();
        let Self { weights, activation_limits } = networks.next()?;
        let mut sums: Vec<Array2<f64>> = weights.iter().map(|layer| layer.mapv(f64::from)).collect();
        let mut count = 1.0;
        for network in networks {
            let dims = |weights: &[Array2<f32>]| weights.iter().map(Array2::dim).collect::<Vec<_>>();
            if dims(&network.weights) != dims(weights) || network.activation_limits != *activation_limits {
                return None;
            }
            for (sum, layer) in sums.iter_mut().zip(&network.weights) {
                sum.zip_mut_with(layer, |sum, &weight| *sum += f64::from(weight));
            }
            count += 1.0;
        }
        let weights = sums.into_iter().map(|sum| sum.mapv(|sum| (sum / count) as f32)).collect();
        Some(Self { weights, activation_limits: activation_limits.clone() })
    }

    /// The logits, samples x classes, of `inputs`, samples x features.
    ///
    /// # Panics
    /// If [`Mlp::check`] fails for this number of features.
    pub fn forward(&self, inputs: &Array2<f32>) -> Array2<f32> {
        self.outputs(inputs).pop().unwrap_or_else(|| inputs.clone())
    }

    /// The predicted class of each sample of `inputs`, samples x features.
    ///
    /// # Panics
    /// If [`Mlp::forward`] panics.
    pub fn predict(&self, inputs: &Array2<f32>) -> Vec<usize> {
        predictions(&self.forward(inputs))
    }

    /// The activations of each hidden layer, then the logits.
    pub(super) fn outputs(&self, inputs: &Array2<f32>) -> Vec<Array2<f32>> {
        let mut outputs: Vec<Array2<f32>> = Vec::with_capacity(self.weights.len());
        for (layer, weights) in self.weights.iter().enumerate() {
            let mut sums = affine(outputs.last().unwrap_or(inputs), weights);
            if layer + 1 < self.weights.len() {
                let limit = self.activation_limits.get(layer).copied().unwrap_or(f32::INFINITY);
                sums.mapv_inplace(|sum| sum.max(0.0).min(limit));
            }
            outputs.push(sums);
        }
        outputs
    }
}

/// The weights W and the biases b of a layer.
pub(super) fn parts(layer: &Array2<f32>) -> (ArrayView2<'_, f32>, ArrayView1<'_, f32>) {
    let (weights, bias) = layer.view().split_at(Axis(0), layer.nrows() - 1);
    (weights, bias.index_axis_move(Axis(0), 0))
}

/// `x W + b`.
fn affine(x: &Array2<f32>, layer: &Array2<f32>) -> Array2<f32> {
    let (weights, bias) = parts(layer);
    x.dot(&weights) + bias
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn network() -> Mlp {
        Mlp {
            weights: vec![array![[1.0, -1.0], [0.5, 0.0]], array![[2.0, 0.0], [0.0, 1.0], [0.0, 0.25]]],
            activation_limits: vec![],
        }
    }

    #[test]
    fn hidden_layers_are_rectified_and_biased() {
        // Hidden: max(x + 0.5, 0) and max(-x, 0).
        let logits = network().forward(&array![[1.0], [-2.0]]);
        assert_eq!(logits, array![[3.0, 0.25], [0.0, 2.25]]);
        assert_eq!(network().predict(&array![[1.0], [-2.0]]), [0, 1]);
    }

    #[test]
    fn an_average_is_that_of_every_weight() {
        let mut other = network();
        other.weights.iter_mut().for_each(|layer| layer.mapv_inplace(|weight| weight + 1.0));
        let average = Mlp::average([&network(), &other]).unwrap();
        for (layer, average) in network().weights.iter().zip(&average.weights) {
            assert_eq!(*average, layer + 0.5);
        }
        assert_eq!(Mlp::average([&other]), Some(other.clone()));
        assert_eq!(Mlp::average([]), None);
        other.weights.pop();
        assert_eq!(Mlp::average([&network(), &other]), None);
        assert_eq!(Mlp::average([&network(), &Mlp { activation_limits: vec![1.0], ..network() }]), None);
    }

    #[test]
    fn each_layer_is_rounded_to_its_own_step() {
        let mut rounded = network();
        rounded.weights[0] = array![[0.3, -0.3], [1.25, 0.124]];
        rounded.round(&[0.25, 2.0]);
        assert_eq!(rounded.weights[0], array![[0.25, -0.25], [1.25, 0.0]]);
        assert_eq!(rounded.weights[1], array![[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]);
    }

    #[test]
    fn activations_stop_at_the_limit() {
        let clipped = Mlp { activation_limits: vec![1.0], ..network() };
        assert_eq!(clipped.forward(&array![[1.0], [-2.0]]), array![[2.0, 0.25], [0.0, 1.25]]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_found() {
        assert_eq!(network().check(1, 2), Ok(()));
        assert_eq!(network().check(3, 2).unwrap_err().layer, 0);
        assert_eq!(network().check(1, 3).unwrap_err().side, "outputs");
        let empty = Mlp { weights: vec![], activation_limits: vec![] };
        assert!(empty.check(2, 2).is_err());
    }
}
