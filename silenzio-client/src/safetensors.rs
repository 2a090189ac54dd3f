//! Models as safetensors files: `layers.0.weight` (outputs x inputs), `layers.0.bias` and so on, as in PyTorch's `Linear`,
//! and everything else as JSON in the metadata entry [`METADATA`].

use crate::error::{ClientError, read};
use crate::model::{Model, Origin};
use crate::preprocessing::Preprocessing;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use silenzio_files::MAGIC;
use silenzio_nn::pretrained::{self, bias_name, to_linear, weight_name};
use silenzio_nn::reference::Mlp;
use std::collections::HashMap;
use std::path::Path;

/// The name of the metadata entry.
pub const METADATA: &str = "silenzio";

/// The parts of a model that are not tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    widths: Vec<usize>,
    activation_limits: Vec<f32>,
    origin: Origin,
    preprocessing: Preprocessing,
}

/// Encodes the parts of a model that are not tensors as JSON.
pub(crate) fn metadata_json(model: &Model) -> Result<String, ClientError> {
    let metadata = Metadata {
        widths: model.widths(),
        activation_limits: model.network.activation_limits.clone(),
        origin: model.origin.clone(),
        preprocessing: model.preprocessing.clone(),
    };
    serde_json::to_string(&metadata).map_err(ClientError::encode)
}

/// Encodes a model as a file.
///
/// # Errors
/// [`ClientError::Encode`] if the metadata cannot be written as JSON, which does not happen for a valid model.
pub fn to_bytes(model: &Model) -> Result<Vec<u8>, ClientError> {
    let mut tensors = Vec::new();
    for (number, layer) in model.network.weights.iter().enumerate() {
        let (weights, bias) = to_linear(layer);
        tensors.push((weight_name(number), vec![weights.nrows(), weights.ncols()], bytes(weights.iter())));
        tensors.push((bias_name(number), vec![bias.len()], bytes(bias.iter())));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(ClientError::encode)?;
        Ok((name.as_str(), view))
    });
    let views: Vec<_> = views.collect::<Result<_, ClientError>>()?;
    let metadata = HashMap::from([(METADATA.to_owned(), metadata_json(model)?)]);
    safetensors::serialize(views, Some(metadata)).map_err(ClientError::encode)
}

/// Reads a model from a file.
///
/// # Errors
/// [`ClientError::File`] if the file cannot be read, [`ClientError::Invalid`] if it is not a model that this program wrote,
/// with the name of the tensor that is wrong.
pub fn read_model(path: &Path) -> Result<Model, ClientError> {
    parse_model(&read(path)?, path)
}

/// Reads a model from a file in memory, which errors call by this name.
///
/// # Errors
/// [`ClientError::Invalid`], as of [`read_model`].
pub fn parse_model(bytes: &[u8], name: &Path) -> Result<Model, ClientError> {
    from_bytes(bytes).map_err(|problem| ClientError::invalid(name, problem))
}

fn from_bytes(bytes: &[u8]) -> Result<Model, String> {
    if bytes.starts_with(&MAGIC) {
        return Err(
            "is a file of keys or ciphertexts; give the safetensors file that a model was decrypted to"
                .into(),
        );
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| {
        format!("is not a valid safetensors file ({error}); give a model that was decrypted to one")
    })?;
    let metadata = header.metadata().as_ref().and_then(|entries| entries.get(METADATA)).ok_or_else(|| {
        format!("has no metadata entry {METADATA:?}; give a model that was decrypted to safetensors")
    })?;
    let Metadata { widths, activation_limits, origin, preprocessing } = serde_json::from_str(metadata)
        .map_err(|error| format!("metadata entry {METADATA:?}: {error}; decrypt the model again"))?;

    let network = Mlp { activation_limits, ..pretrained::network(bytes, &widths)? };
    let model = Model { network, origin, preprocessing };
    model.check()?;
    Ok(model)
}

fn bytes<'a>(numbers: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::example;
    use proptest::prelude::*;

    #[test]
    fn models_come_back() {
        let bytes = to_bytes(&example()).unwrap();
        assert_eq!(from_bytes(&bytes), Ok(example()));
        assert_eq!(to_bytes(&example()).unwrap(), bytes, "the same model gives the same bytes");
    }

    #[test]
    fn bad_models_name_the_tensor() {
        let replaced = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let bytes = to_bytes(&example()).unwrap();
            let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
            let bytes = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
            from_bytes(&bytes).unwrap_err()
        };
        assert!(replaced("layers.1.bias", "layers.7.bias").contains("\"layers.1.bias\" is missing"));
        assert!(replaced("\"shape\":[3,2]", "\"shape\":[2,3]").contains("\"layers.0.weight\" has type F32"));
        assert!(replaced("\"silenzio\"", "\"otherone\"").contains("\"silenzio\""));
        assert!(replaced("[2,3,2]", "[2,9,2]").contains("must have type F32 and shape [9, 2]"));
        assert!(replaced("[2,3,2]", "[3,2  ]").contains("has 4 tensors"));
        assert!(from_bytes(b"no tensors at all").unwrap_err().contains("safetensors"));
        assert!(from_bytes(b"SILENZIO\x02\0\0\0 and more").unwrap_err().contains("decrypted"));
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = to_bytes(&example()).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = from_bytes(&bytes);
            let _ = from_bytes(&bytes[..cut.index(bytes.len())]);
        }
    }
}
