//! All numbers of the keys of size classes, as they are written to files.

use super::KeyPlan;
use crate::parameters::{Decomposition, ParameterSet, VALUE_DIMENSION};
use crate::shrink;
use serde::{Deserialize, Serialize};
use silenzio_core::noise::{GadgetShape, minimal_block_log2_std, minimal_log2_std};
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Modulus, record};

/// All numbers of the keys of some size classes. A reader compares them with its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// The dimension of encrypted values.
    pub value_dimension: usize,
    /// log2 of the noise of encrypted values (standard deviation, relative to the torus).
    pub value_log2_std: f64,
    /// The keyswitch that shrinks the outputs of wide classes.
    pub shrink: GadgetShape,
    /// The classes, narrowest first.
    pub classes: Vec<ClassRecord>,
}

/// All numbers of the keys of a size class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRecord {
    /// The widest modulus.
    pub widest: u8,
    /// n, the dimension of the small key.
    pub lwe_dimension: usize,
    /// ℓ, the block length of the small key.
    #[serde(default = "record::one", skip_serializing_if = "record::is_one")]
    pub block: usize,
    /// log2 of the noise of the small key.
    pub lwe_log2_std: f64,
    /// k, the dimension of the GLWE key.
    pub glwe_dimension: usize,
    /// N, the number of coefficients of a polynomial.
    pub polynomial_size: usize,
    /// log2 of the noise of the GLWE key.
    pub glwe_log2_std: f64,
    /// The gadget of the bootstrap.
    pub bootstrap: GadgetShape,
    /// The gadget of the keyswitch.
    pub keyswitch: GadgetShape,
    /// N' of the ring in which the keyswitch goes to a partial key; `None` for a plain keyswitch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyswitch_ring: Option<usize>,
}

impl From<&ParameterSet> for ClassRecord {
    fn from(set: &ParameterSet) -> Self {
        Self {
            widest: set.widest,
            lwe_dimension: set.lwe_dimension.0,
            block: set.block,
            lwe_log2_std: minimal_block_log2_std(set.lwe_dimension.0, set.block).unwrap_or(0.0),
            glwe_dimension: set.glwe_dimension.0,
            polynomial_size: set.polynomial_size.0,
            glwe_log2_std: minimal_log2_std(set.output_dimension()),
            bootstrap: Decomposition::shape(set.bootstrap),
            keyswitch: Decomposition::shape(set.keyswitch),
            keyswitch_ring: set.keyswitch_ring,
        }
    }
}

impl From<&KeyPlan> for KeyRecord {
    fn from(plan: &KeyPlan) -> Self {
        Self {
            value_dimension: VALUE_DIMENSION,
            value_log2_std: minimal_log2_std(VALUE_DIMENSION),
            shrink: shrink::DECOMPOSITION.shape(),
            classes: plan.parameter_sets().iter().map(|&set| set.into()).collect(),
        }
    }
}

impl KeyRecord {
    /// The size classes with exactly these numbers; `None` if this version has none.
    pub fn known(&self) -> Option<KeyPlan> {
        let widest = self.classes.iter().map(|class| Modulus::new(class.widest.into()).ok());
        let widest = widest.collect::<Option<Vec<_>>>()?;
        let plan = |small_keys| KeyPlan::for_moduli(small_keys, widest.iter().copied());
        let mut plans = [SmallKeys::Blocks, SmallKeys::Binary].map(plan).into_iter();
        plans.find(|plan| Self::from(plan) == *self)
    }
}
