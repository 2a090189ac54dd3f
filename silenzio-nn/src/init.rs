//! Initial weights.

use ndarray::Array2;
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::shapes;

/// The initial weights of a layer, `(inputs + 1) x outputs`, with the biases in the last row.
///
/// Weights are uniform in `[-b, b)` with `b = 1 / sqrt(inputs)`, a variance of `1 / (3 inputs)`, as in a linear layer
/// of PyTorch; but biases are 0. He initialisation, which is 2.4 times as wide, would start with activations and logits
/// that small integers cannot represent. The weights are public, and drawn row by row from the layer's own stream of
/// `seed`.
pub fn initial_weights(seed: Seed, layer: usize, inputs: usize, outputs: usize) -> Array2<f32> {
    let mut stream = seed.stream(Purpose::InitialWeights, 0, layer);
    let bound = 1.0 / (inputs.max(1) as f64).sqrt();
    let mut weights = Array2::zeros((inputs + 1, outputs));
    for weight in weights.iter_mut().take(inputs * outputs) {
        *weight = (bound * (2.0 * stream.unit() - 1.0)) as f32;
    }
    weights
}

/// The initial weights of all layers of a network with these `widths`: inputs, hidden layers, outputs.
pub fn initial_network(seed: Seed, widths: &[usize]) -> Vec<Array2<f32>> {
    let layers = shapes::of_layers(widths).enumerate();
    layers.map(|(layer, (inputs, outputs))| initial_weights(seed, layer, inputs, outputs)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;

    #[test]
    fn weights_are_uniform_and_biases_are_zero() {
        let weights = initial_weights(Seed(3), 0, 96, 200);
        assert_eq!(weights.dim(), (97, 200));
        assert!(weights.row(96).iter().all(|&bias| bias == 0.0));
        assert!(weights.iter().all(|weight| weight.abs() <= 0.1021));

        let (rows, _) = weights.view().split_at(Axis(0), 96);
        let variance = rows.mapv(|w| f64::from(w).powi(2)).mean().unwrap();
        assert!((variance * 96.0 * 3.0 - 1.0).abs() < 0.03, "variance {variance}");
    }

    #[test]
    fn layers_and_seeds_differ_and_repeat() {
        let network = initial_network(Seed(1), &[4, 4, 4]);
        assert_eq!(network.len(), 2);
        assert_ne!(network[0], network[1]);
        assert_eq!(network, initial_network(Seed(1), &[4, 4, 4]));
        assert_ne!(network, initial_network(Seed(2), &[4, 4, 4]));
    }

    #[test]
    fn a_layer_without_inputs_has_only_biases() {
        assert_eq!(initial_weights(Seed(1), 0, 0, 3), Array2::<f32>::zeros((1, 3)));
    }
}
