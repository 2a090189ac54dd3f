//! Decryption of models and logits.

use crate::error::ClientError;
use crate::model::{Model, Origin};
use crate::sent::Sent;
use ndarray::{Array2, Axis, concatenate};
use silenzio_files::{Contents, FileError, Kind, Problem, Source};
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::Schedule;
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{Opened, Predicted, SecretKey, Trained, open};

/// What happens to the last digits of decrypted weights, which are noise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digits {
    /// They are rounded off, to multiples of [`weight_step`](silenzio_core::EngineClient::weight_step).
    Rounded,
    /// They are kept. They say nothing about the model, but reveal the secret key to whoever has the ciphertexts.
    Kept,
}

/// Decrypts a model of the data set that was sent.
///
/// # Errors
/// If the file is not a model, is damaged, belongs to another key, data set or plan, or has weights that are not finite.
pub fn decrypt_model(
    model: impl Into<Source>,
    key: &SecretKey,
    sent: &Sent,
    digits: Digits,
) -> Result<Model, ClientError> {
    let model = model.into();
    let path = model.path();
    let Opened { mut file, origin, network, .. } = open::<Trained>(&model, Kind::Model)?;
    key.name().require(&file)?;
    sent.require_key(key.name())?;
    sent.require(path, &origin.data, &origin.plan)?;
    let task = &origin.plan.task;
    let steps = match file.header().contents {
        Contents::Model { steps } => steps,
        _ => 0,
    };
    // Whatever a server says about earlier trainings, weights are rounded by the noise of at least this one.
    let samples = Schedule::new(&task.training, task.samples).samples() as u64;
    let unusable = |problem: String| FileError { path: path.into(), problem: Problem::Plan(problem) };
    let until = origin.until(&network, steps, samples).map_err(unusable)?;
    // The plan's own steps are for the samples of one data set.
    let more = origin.earlier.is_some() || !sent.others.is_empty();
    let network = if more { network.with_weight_noise(&until.weight_noise) } else { network };
    let client = key.client_of(&network)?;
    let layers = task.widths.len() - 1;
    let weights = decode_layers(&mut file, layers, |from, layer| client.decrypt_weights(from, layer))?;
    if let Some(layer) = weights.iter().position(|layer| layer.iter().any(|weight| !weight.is_finite())) {
        let what = format!("a weight of layer {layer} (from 0)");
        return Err(ClientError::NotFinite { path: path.into(), what });
    }
    // The weights of an exact network are multiples of their step: there is no noise below their last digit.
    let weight_steps = match digits {
        Digits::Kept if !network.is_exact() => None,
        _ => Some((0..layers).map(|layer| client.weight_step(layer)).collect::<Result<Vec<_>, _>>()?),
    };
    let mut decrypted = Mlp { weights, activation_limits: client.activation_limits() };
    if let (false, Some(steps)) = (network.is_exact(), &weight_steps) {
        decrypted.round(steps);
    }
    Ok(Model {
        network: decrypted,
        origin: Origin {
            engine: network.engine(),
            steps: until.steps,
            data: origin.data.to_string(),
            weight_steps,
            averaged: Vec::new(),
        },
        preprocessing: sent.preprocessing.clone(),
    })
}

/// Decrypts logits of a model of the data set that was sent: samples x classes.
///
/// # Errors
/// If the file does not hold logits, is damaged, belongs to another key, data set or plan, or has logits that are not
/// finite.
pub fn decrypt_logits(
    logits: impl Into<Source>,
    key: &SecretKey,
    sent: &Sent,
) -> Result<Array2<f32>, ClientError> {
    let source = logits.into();
    let path = source.path();
    let Opened { mut file, origin, network, .. } = open::<Predicted>(&source, Kind::Logits)?;
    key.name().require(&file)?;
    sent.require_key(key.name())?;
    sent.require(path, &origin.data, &origin.plan)?;
    let client = key.client_of(&network)?;
    let samples = match file.header().contents {
        Contents::Logits { samples } => samples,
        _ => 0,
    };
    // Logits are read sample by sample, so that a file cannot claim more than it has.
    let rows = file.decode(|from| {
        (0..samples).map(|_| client.decrypt_logits(from)).collect::<std::io::Result<Vec<_>>>()
    })?;
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    if views.is_empty() {
        return Ok(Array2::zeros((0, sent.preprocessing.outputs())));
    }
    let logits = concatenate(Axis(0), &views).map_err(ClientError::encode)?;
    match logits.iter().position(|logit| !logit.is_finite()) {
        Some(at) => {
            let what = format!("a logit of sample {} (from 0)", at / logits.ncols().max(1));
            Err(ClientError::NotFinite { path: path.into(), what })
        }
        None => Ok(logits),
    }
}
