//! The client's key: the only thing that decrypts.

use super::KeyPlan;
use crate::ciphertext::Ciphertext;
use crate::noise;
use crate::parameters::{ParameterSet, VALUE_DIMENSION};
use crate::security::minimal_noise;
use crate::torus::Torus;
use silenzio_core::{BackendError, Client, Modulus};
use std::fmt;
use tfhe::core_crypto::commons::math::random::{RandomGenerable, UniformBinary};
use tfhe::core_crypto::prelude::slice_algorithms::slice_wrapping_dot_product;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, DefaultRandomGenerator, EncryptionRandomGenerator, Gaussian, LweCiphertextCount,
    LweCiphertextList, LweDimension, LweSecretKey, LweSize, PlaintextList, SecretRandomGenerator,
    StandardDev, UnsignedInteger, new_seeder, par_encrypt_lwe_ciphertext_list,
};
use zeroize::Zeroizing;

/// The secret key. It is erased from memory when dropped.
pub struct ClientKey {
    pub(super) plan: KeyPlan,
    master: Zeroizing<Vec<u64>>,
    small: Vec<Zeroizing<Vec<u32>>>,
}

impl ClientKey {
    /// A new key for the size classes of `plan`, from the randomness of the operating system or the processor.
    pub fn generate(plan: &KeyPlan) -> Self {
        let small = plan.parameter_sets().iter().map(|set| binary_key(set.lwe_dimension.0)).collect();
        Self { plan: plan.clone(), master: binary_key(plan.master_dimension()), small }
    }

    /// A key from its bits, as many as `plan` says.
    pub(super) const fn from_parts(
        plan: KeyPlan,
        master: Zeroizing<Vec<u64>>,
        small: Vec<Zeroizing<Vec<u32>>>,
    ) -> Self {
        Self { plan, master, small }
    }

    /// The master key.
    pub(super) fn master(&self) -> &[u64] {
        &self.master
    }

    /// The classes with their small keys.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (&'static ParameterSet, &[u32])> {
        self.plan.parameter_sets().iter().copied().zip(self.small.iter().map(|bits| bits.as_slice()))
    }

    /// The phase of a ciphertext: its encoded value plus its noise.
    pub(crate) fn phase(&self, value: &Ciphertext) -> Result<Torus, BackendError> {
        value.check_shape()?;
        let mask = value.mask();
        let mask_times_key = slice_wrapping_dot_product(mask, &self.master[..mask.len()]);
        Ok(Torus(value.body().0.wrapping_sub(mask_times_key)))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Client for ClientKey {
    type Value = Ciphertext;

    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<Vec<Ciphertext>, BackendError> {
        if xs.is_empty() {
            return Ok(Vec::new());
        }
        let size = LweSize(VALUE_DIMENSION + 1);
        let encoded =
            PlaintextList::from_container(xs.iter().map(|&x| Torus::encode(m, x).0).collect::<Vec<_>>());
        let mut list =
            LweCiphertextList::new(0, size, LweCiphertextCount(xs.len()), CiphertextModulus::new_native());
        par_encrypt_lwe_ciphertext_list(
            &LweSecretKey::from_container(&self.master[..VALUE_DIMENSION]),
            &mut list,
            &encoded,
            gaussian(minimal_noise(VALUE_DIMENSION)),
            &mut encryption_generator(),
        );
        let ciphertexts = list.as_ref().chunks_exact(size.0);
        Ok(ciphertexts.map(|lwe| Ciphertext::from_lwe(m, noise::fresh(), lwe.to_vec())).collect())
    }

    fn decrypt(&self, values: &[Ciphertext]) -> Result<Vec<i64>, BackendError> {
        values.iter().map(|value| Ok(self.phase(value)?.decode(value.modulus()))).collect()
    }
}

/// A generator of masks and noise, newly seeded.
pub(crate) fn encryption_generator() -> EncryptionRandomGenerator<DefaultRandomGenerator> {
    let mut seeder = new_seeder();
    let seed = seeder.seed();
    EncryptionRandomGenerator::new(seed, seeder.as_mut())
}

/// The normal distribution with mean zero.
pub(crate) fn gaussian(std: StandardDev) -> Gaussian<f64> {
    Gaussian::from_dispersion_parameter(std, 0.0)
}

pub(crate) fn binary_key<T>(dimension: usize) -> Zeroizing<Vec<T>>
where
    T: UnsignedInteger + RandomGenerable<UniformBinary> + zeroize::Zeroize,
{
    let mut generator = SecretRandomGenerator::<DefaultRandomGenerator>::new(new_seeder().seed());
    let key = LweSecretKey::generate_new_binary(LweDimension(dimension), &mut generator);
    Zeroizing::new(key.into_container())
}
