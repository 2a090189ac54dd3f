//! What files say about where they come from: the `plan` of their headers.

use crate::data_sets::DataSets;
use crate::{Network, PublicPlan};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use silenzio_files::Digest;

/// What has a public plan in it.
pub trait Planned: Serialize + DeserializeOwned {
    /// The public plan.
    fn plan(&self) -> &PublicPlan;
}

/// Of encrypted data sets and inputs. Inputs for a model may be more or fewer than the plan's training samples.
impl Planned for PublicPlan {
    fn plan(&self) -> &PublicPlan {
        self
    }
}

/// Of models and checkpoints.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// The plan that was trained by, with the samples of all data sets.
    pub plan: PublicPlan,
    /// The encrypted data sets that were trained on.
    pub data: DataSets,
    /// The public or encrypted model that the training began with, if it was not random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Digest>,
    /// What was trained before, if the training went on from an encrypted model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
}

/// What all trainings did together that an encrypted model went through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Their steps.
    pub steps: u64,
    /// The samples that they visited, counting again those that were visited again.
    pub samples: u64,
    /// For each layer the noise that they left in a weight (standard deviation), as a fraction of a typical weight,
    /// 1 / √inputs. Nothing where weights have no noise.
    pub weight_noise: Vec<f64>,
}

impl Trained {
    /// What was trained until the model of this training after `steps` steps, which visited `samples` samples. The
    /// network is that of the plan.
    ///
    /// # Errors
    /// What is wrong with what was trained before: it comes from a file.
    pub fn until(&self, network: &Network, steps: u64, samples: u64) -> Result<Earlier, String> {
        let earlier = self.earlier.as_ref();
        Ok(Earlier {
            steps: earlier.map_or(0, |earlier| earlier.steps).saturating_add(steps),
            samples: earlier.map_or(0, |earlier| earlier.samples).saturating_add(samples),
            weight_noise: self.weight_noise(network, samples)?,
        })
    }

    /// For each layer the noise of a weight after `samples` samples of this training, those before it included, as a
    /// fraction of a typical weight; nothing where weights have no noise. The network is that of the plan.
    ///
    /// # Errors
    /// What is wrong with what was trained before: it comes from a file.
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

/// Of logits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicted {
    /// The plan that the model was trained by.
    pub plan: PublicPlan,
    /// The encrypted data sets that the model was trained on.
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
