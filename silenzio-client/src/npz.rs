//! Models as NumPy archives: the arrays of the safetensors file, and its metadata as bytes.
//!
//! They are for other programs, and this one does not read them: the format cannot be read without trusting the sizes that
//! a file claims.

use crate::error::ClientError;
use crate::model::Model;
use crate::safetensors::{METADATA, metadata_json};
use ndarray::Array1;
use ndarray_npy::NpzWriter;
use silenzio_nn::pretrained::{bias_name, to_linear, weight_name};
use std::io::Cursor;

/// Encodes a model as a file.
///
/// # Errors
/// [`ClientError::Encode`] if the metadata cannot be written as JSON, or an array cannot be encoded, neither of which
/// happens for a valid model.
pub fn to_bytes(model: &Model) -> Result<Vec<u8>, ClientError> {
    let mut archive = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    for (number, layer) in model.network.weights.iter().enumerate() {
        let (weights, bias) = to_linear(layer);
        archive.add_array(weight_name(number), &weights).map_err(ClientError::encode)?;
        archive.add_array(bias_name(number), &bias).map_err(ClientError::encode)?;
    }
    let metadata = Array1::from(metadata_json(model)?.into_bytes());
    archive.add_array(METADATA, &metadata).map_err(ClientError::encode)?;
    Ok(archive.finish().map_err(ClientError::encode)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::example;
    use ndarray::Array2;
    use ndarray_npy::NpzReader;

    #[test]
    fn other_programs_find_the_same_arrays() {
        let model = example();
        let mut archive = NpzReader::new(Cursor::new(to_bytes(&model).unwrap())).unwrap();
        let names = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", METADATA];
        assert_eq!(archive.names().unwrap(), names);
        for (number, layer) in model.network.weights.iter().enumerate() {
            let weights: Array2<f32> = archive.by_name(&weight_name(number)).unwrap();
            let bias: Array1<f32> = archive.by_name(&bias_name(number)).unwrap();
            assert_eq!((weights, bias), to_linear(layer));
        }
        let metadata: Array1<u8> = archive.by_name(METADATA).unwrap();
        assert_eq!(metadata.to_vec(), metadata_json(&model).unwrap().into_bytes());
    }
}
