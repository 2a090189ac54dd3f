//! Public weights in safetensors files: `layers.0.weight` (outputs x inputs), `layers.0.bias` and so on, in the layout
//! of PyTorch's `Linear`, in single precision.

use crate::reference::Mlp;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// Reads the weights of a network with these `widths` (inputs, hidden layers, outputs) from a file. Its activations
/// have no limits.
///
/// # Errors
/// If the bytes are not a safetensors file, or do not have exactly the tensors of these layers. The text completes a
/// sentence that begins with the file's name, or names the tensor.
pub fn network(bytes: &[u8], widths: &[usize]) -> Result<Mlp, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| {
        format!("is not a valid safetensors file ({error}); give a model that was decrypted to one")
    })?;
    let layers = widths.len().saturating_sub(1);
    if tensors.len() != 2 * layers {
        return Err(format!(
            "has {} tensors, but a network of widths {widths:?} has {}",
            tensors.len(),
            2 * layers
        ));
    }
    let layer = |(number, (&inputs, &outputs)): (usize, (&usize, &usize))| {
        let weights = numbers(&tensors, &weight_name(number), &[outputs, inputs])?;
        let bias = Array1::from(numbers(&tensors, &bias_name(number), &[outputs])?);
        Array2::from_shape_vec((outputs, inputs), weights)
            .ok()
            .and_then(|weights| from_linear(weights.view(), bias.view()))
            .ok_or_else(|| format!("layer {number} (from 0) does not fit widths {widths:?}"))
    };
    let weights = widths.iter().zip(widths.iter().skip(1)).enumerate().map(layer);
    Ok(Mlp { weights: weights.collect::<Result<_, _>>()?, activation_limits: Vec::new() })
}

/// The numbers of a tensor of the given shape.
fn numbers(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("tensor {name:?} is missing"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        return Err(format!(
            "tensor {name:?} has type {} and shape {:?}, but must have type F32 and shape {shape:?}",
            tensor.dtype(),
            tensor.shape()
        ));
    }
    let (numbers, _) = tensor.data().as_chunks();
    Ok(numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
}

/// The name of the tensor of the weights of a layer, from 0.
pub fn weight_name(layer: usize) -> String {
    format!("layers.{layer}.weight")
}

/// The name of the tensor of the biases of a layer, from 0.
pub fn bias_name(layer: usize) -> String {
    format!("layers.{layer}.bias")
}

/// A layer in the layout of PyTorch: the weights, outputs x inputs, and the biases.
pub fn to_linear(layer: &Array2<f32>) -> (Array2<f32>, Array1<f32>) {
    let (weights, bias) = layer.view().split_at(Axis(0), layer.nrows().saturating_sub(1));
    (weights.t().as_standard_layout().into_owned(), bias.iter().copied().collect())
}

/// A layer, (inputs + 1) x outputs, from its weights, outputs x inputs, and its biases; `None` if their numbers of
/// outputs differ.
pub fn from_linear(weights: ArrayView2<'_, f32>, bias: ArrayView1<'_, f32>) -> Option<Array2<f32>> {
    let layer = concatenate(Axis(0), &[weights.t(), bias.insert_axis(Axis(0))]).ok()?;
    Some(layer.as_standard_layout().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;
    use safetensors::tensor::TensorView;

    /// A file with the weights of these layers.
    fn file(layers: &[Array2<f32>]) -> Vec<u8> {
        let bytes = |numbers: Vec<f32>| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let mut tensors = Vec::new();
        for (number, layer) in layers.iter().enumerate() {
            let (weights, bias) = to_linear(layer);
            tensors.push((
                weight_name(number),
                weights.shape().to_vec(),
                bytes(weights.iter().copied().collect()),
            ));
            tensors.push((bias_name(number), bias.shape().to_vec(), bytes(bias.to_vec())));
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    }

    fn layers() -> Vec<Array2<f32>> {
        vec![array![[1.0, -1.0, 0.5], [0.25, 0.0, 2.0]], array![[2.0], [0.0], [1.0], [0.125]]]
    }

    #[test]
    fn weights_come_back_from_the_layout_of_pytorch() {
        assert_eq!(network(&file(&layers()), &[1, 3, 1]).unwrap().weights, layers());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let refused = |widths: &[usize]| network(&file(&layers()), widths).unwrap_err();
        assert!(refused(&[1, 3, 2]).contains("\"layers.1.weight\" has type F32"));
        assert!(refused(&[1, 1]).contains("has 4 tensors"));
        assert!(network(b"no tensors", &[1, 1]).unwrap_err().contains("safetensors"));
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = file(&layers());
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = network(&bytes, &[1, 3, 1]);
            let _ = network(&bytes[..cut.index(bytes.len())], &[1, 3, 1]);
        }
    }
}
