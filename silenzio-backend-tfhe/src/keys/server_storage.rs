//! The server's key under Serde.
//!
//! Bootstrapping keys are stored in Fourier form, in an order that does not depend on the machine. What is read
//! is compared with the parameter sets before it is used.

use super::{ClassKey, ServerKey};
use crate::parameters::{ALL, Decomposition, ParameterSet, VALUE_DIMENSION};
use crate::shrink::{self, ShrinkKey};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Fft, FourierLweBootstrapKeyOwned, LweKeyswitchKeyOwned, UnsignedInteger,
};

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoredServerKey<C, S> {
    version: u32,
    classes: C,
    shrink: S,
}

#[derive(Serialize, Deserialize)]
struct StoredClassKey<K, B> {
    widest: u8,
    keyswitch: K,
    bootstrap: B,
}

impl Serialize for ServerKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shrink = self.shrink_key().map(ShrinkKey::rows);
        StoredServerKey { version: VERSION, classes: self.classes(), shrink }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ServerKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Stored = StoredServerKey<Vec<ClassKey>, Option<LweKeyswitchKeyOwned<u64>>>;
        let StoredServerKey { version, classes, shrink } = Stored::deserialize(deserializer)?;
        if version != VERSION {
            return Err(D::Error::custom(format!("a server key of version {version} instead of {VERSION}")));
        }
        if !classes.is_sorted_by(|a, b| a.parameters.widest < b.parameters.widest) {
            return Err(D::Error::custom("the size classes are not in order"));
        }
        let master = classes.iter().map(|class| class.parameters.output_dimension()).max();
        let beyond = master.unwrap_or_default().saturating_sub(VALUE_DIMENSION);
        let fits = shrink
            .as_ref()
            .map_or(beyond == 0, |rows| is_conformant(rows, shrink::DECOMPOSITION, beyond, VALUE_DIMENSION));
        if !fits {
            return Err(D::Error::custom("the shrinking key does not fit the size classes"));
        }
        Ok(Self::from_parts(classes, shrink.map(ShrinkKey::new)))
    }
}

impl Serialize for ClassKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { parameters, keyswitch, bootstrap, .. } = self;
        StoredClassKey { widest: parameters.widest, keyswitch, bootstrap }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClassKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Stored = StoredClassKey<LweKeyswitchKeyOwned<u32>, FourierLweBootstrapKeyOwned>;
        let StoredClassKey { widest, keyswitch, bootstrap } = Stored::deserialize(deserializer)?;
        let parameters = ALL
            .into_iter()
            .find(|set| set.widest == widest)
            .ok_or_else(|| D::Error::custom(format!("there is no size class up to {widest}")))?;
        let small = parameters.lwe_dimension.0;
        let fits = is_conformant(&keyswitch, parameters.keyswitch, VALUE_DIMENSION, small)
            && is_bootstrap_key_conformant(&bootstrap, parameters);
        if !fits {
            return Err(D::Error::custom(format!(
                "the keys of the size class up to {widest} have other parameters"
            )));
        }
        Ok(Self { parameters, keyswitch, bootstrap, fft: Fft::new(parameters.polynomial_size) })
    }
}

fn is_conformant<T: UnsignedInteger>(
    key: &LweKeyswitchKeyOwned<T>,
    decomposition: Decomposition,
    from: usize,
    to: usize,
) -> bool {
    key.decomposition_base_log() == decomposition.base_log
        && key.decomposition_level_count() == decomposition.levels
        && key.output_lwe_size().0 == to + 1
        && key.as_ref().len() == from * decomposition.levels.0 * (to + 1)
        && key.ciphertext_modulus() == CiphertextModulus::new_native()
}

fn is_bootstrap_key_conformant(key: &FourierLweBootstrapKeyOwned, set: &ParameterSet) -> bool {
    key.input_lwe_dimension() == set.lwe_dimension
        && key.glwe_size() == set.glwe_dimension.to_glwe_size()
        && key.polynomial_size() == set.polynomial_size
        && key.decomposition_base_log() == set.bootstrap.base_log
        && key.decomposition_level_count() == set.bootstrap.levels
        && size_of_val(key.as_view().data()) == set.bootstrap_key_bytes()
}
