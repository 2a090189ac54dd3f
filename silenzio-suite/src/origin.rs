//! What files say about where they come from: the `plan` of their headers.

use crate::PublicPlan;
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
    /// The plan that was trained by.
    pub plan: PublicPlan,
    /// The encrypted data set that was trained on.
    pub data: Digest,
    /// The public model that the training began with, if it was not random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Digest>,
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
    /// The encrypted data set that the model was trained on.
    pub data: Digest,
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
