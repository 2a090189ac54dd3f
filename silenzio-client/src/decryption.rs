//! Decrypting models and logits.

use crate::error::ClientError;
use crate::keys::SecretKey;
use crate::model::{Model, Origin};
use crate::preprocessing::Preprocessing;
use ndarray::{Array2, Axis, concatenate};
use silenzio_core::PublicPlan;
use silenzio_core::plan::EngineKind;
use silenzio_files::{Contents, Kind};
use silenzio_nn::reference::Mlp;
use silenzio_protocol::payload::decode_layers;
use silenzio_protocol::{Opened, Predicted, Trained, open};
use std::path::Path;

/// What happens to the digits of decrypted weights that are below their noise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digits {
    /// They are rounded off, to multiples of [`weight_step`](silenzio_core::EngineClient::weight_step).
    Rounded,
    /// They are kept. They say nothing about the model, but tell whoever has the ciphertexts about the secret key.
    Kept,
}

/// Decrypts a model.
///
/// # Errors
/// If the file is no model, is damaged, or belongs to another key or to other samples.
pub fn decrypt_model(
    path: &Path,
    key: &SecretKey,
    preprocessing: &Preprocessing,
    digits: Digits,
) -> Result<Model, ClientError> {
    let Opened { mut file, origin, network, .. } = open::<Trained>(path, Kind::Model)?;
    key.name().require(&file)?;
    fits(path, &origin.plan, preprocessing)?;
    let client = key.client_of(&network)?;
    let layers = origin.plan.widths.len() - 1;
    let mut weights = decode_layers(&mut file, layers, |from, layer| client.decrypt_weights(from, layer))?;
    let engine = origin.plan.engine.kind;
    // The weights of the exact engine are integers: there is nothing below their last digit.
    let weight_steps = match (engine, digits) {
        (EngineKind::Exact, _) | (_, Digits::Rounded) => {
            Some((0..layers).map(|layer| client.weight_step(layer)).collect::<Result<Vec<_>, _>>()?)
        }
        (EngineKind::Approximate, Digits::Kept) => None,
    };
    if let (EngineKind::Approximate, Some(steps)) = (engine, &weight_steps) {
        weights.iter_mut().zip(steps).for_each(|(layer, &step)| round(layer, step));
    }
    let steps = match file.header().contents {
        Contents::Model { steps } => steps,
        _ => 0,
    };
    Ok(Model {
        network: Mlp { weights, activation_limits: client.activation_limits() },
        origin: Origin { engine, steps, data: origin.data.to_string(), weight_steps },
        preprocessing: preprocessing.clone(),
    })
}

/// Decrypts logits, samples x classes.
///
/// # Errors
/// If the file holds no logits, is damaged, or belongs to another key or to other samples.
pub fn decrypt_logits(
    path: &Path,
    key: &SecretKey,
    preprocessing: &Preprocessing,
) -> Result<Array2<f32>, ClientError> {
    let Opened { mut file, origin, network, .. } = open::<Predicted>(path, Kind::Logits)?;
    key.name().require(&file)?;
    fits(path, &origin.plan, preprocessing)?;
    let client = key.client_of(&network)?;
    let samples = match file.header().contents {
        Contents::Logits { samples } => samples,
        _ => 0,
    };
    // Sample by sample: a file cannot claim more than it has.
    let rows = file.decode(|from| {
        (0..samples).map(|_| client.decrypt_logits(from)).collect::<std::io::Result<Vec<_>>>()
    })?;
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    if views.is_empty() {
        return Ok(Array2::zeros((0, preprocessing.classes.len())));
    }
    concatenate(Axis(0), &views).map_err(ClientError::encode)
}

/// Refuses the preprocessing of other samples.
fn fits(path: &Path, plan: &PublicPlan, preprocessing: &Preprocessing) -> Result<(), ClientError> {
    let found = [preprocessing.features.len(), preprocessing.classes.len()];
    let (first, last) = (plan.widths.first(), plan.widths.last());
    if (first, last) == (Some(&found[0]), Some(&found[1])) {
        return Ok(());
    }
    Err(ClientError::invalid(
        path,
        format!(
            "is for a network of widths {:?}, but the preprocessing has {} features and {} classes; \
             give the preprocessing that was written when the training samples were encrypted",
            plan.widths, found[0], found[1]
        ),
    ))
}

/// Rounds to multiples of `step`, a power of two.
fn round(weights: &mut Array2<f32>, step: f32) {
    weights.mapv_inplace(|weight| (weight / step).round() * step);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn only_digits_below_the_step_go() {
        let mut weights = array![[0.3, -0.3, 1.25, 0.124]];
        round(&mut weights, 0.25);
        assert_eq!(weights, array![[0.25, -0.25, 1.25, 0.0]]);
    }
}
