//! The origin of files: the `plan` of their headers.

use crate::data_sets::DataSets;
use crate::{Network, PublicPlan};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use silenzio_files::Digest;

/// An origin, which contains a public plan.
pub trait Planned: Serialize + DeserializeOwned {
    /// The public plan.
    fn plan(&self) -> &PublicPlan;
}

/// The origin of encrypted data sets and inputs. Inputs for a model may be more or fewer than the plan's training samples.
impl Planned for PublicPlan {
    fn plan(&self) -> &PublicPlan {
        self
    }
}

/// The origin of models and checkpoints.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// The plan of the training, with the samples of all data sets.
    pub plan: PublicPlan,
    /// The encrypted data sets of the training.
    pub data: DataSets,
    /// The public or encrypted model with which the training began; `None` for random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Digest>,
    /// The earlier trainings, if this one began with an encrypted model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
}

/// The sum of all earlier trainings of an encrypted model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The steps of the trainings.
    pub steps: u64,
    /// The samples that they visited, with repetitions.
    pub samples: u64,
    /// For each layer, the noise (standard deviation) that they left in a weight, as a fraction of a typical weight,
    /// 1 / √inputs; empty if weights have no noise.
    pub weight_noise: Vec<f64>,
}

impl Trained {
    /// The sum of the earlier trainings and of `steps` steps of this one, which visited `samples` samples. `network` must be
    /// that of the plan.
    ///
    /// # Errors
    /// What is wrong with `earlier`, which comes from a file.
    pub fn until(&self, network: &Network, steps: u64, samples: u64) -> Result<Earlier, String> {
        let earlier = self.earlier.as_ref();
        Ok(Earlier {
            steps: earlier.map_or(0, |earlier| earlier.steps).saturating_add(steps),
            samples: earlier.map_or(0, |earlier| earlier.samples).saturating_add(samples),
            weight_noise: self.weight_noise(network, samples)?,
        })
    }

    /// For each layer, the noise of a weight after the earlier trainings and `samples` samples of this one, as a fraction of a
    /// typical weight; empty if weights have no noise. `network` must be that of the plan.
    ///
    /// # Errors
    /// What is wrong with `earlier`, which comes from a file.
    pub fn weight_noise(&self, network: &Network, samples: u64) -> Result<Vec<f64>, String> {
        let mut noise = network.describe().weight_noise_per_sample;
        let before = match &self.earlier {
            Some(earlier) => earlier.weight_noise.clone(),
            None => vec![0.0; noise.len()],
        };
        if before.len() != noise.len() || !before.iter().all(|noise| (0.0..1e30).contains(noise)) {
            return Err(format!(
                "the noise that earlier trainings left in its {} layers is {before:?}",
                noise.len()
            ));
        }
        for (noise, before) in noise.iter_mut().zip(before) {
            *noise = (*noise * *noise * samples as f64 + before * before).sqrt();
        }
        Ok(noise)
    }
}

impl Planned for Trained {
    fn plan(&self) -> &PublicPlan {
        &self.plan
    }
}

/// The origin of logits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicted {
    /// The plan by which the model was trained.
    pub plan: PublicPlan,
    /// The encrypted data sets on which the model was trained.
    pub data: DataSets,
    /// The encrypted model.
    pub model: Digest,
    /// The encrypted inputs.
    pub inputs: Digest,
}

impl Planned for Predicted {
    fn plan(&self) -> &PublicPlan {
        &self.plan
    }
}
