//! Encryption to the seeded form that a client sends.

use crate::bodies::{Bodies, Element};
use crate::keys::gaussian;
use crate::parameters::VALUE_DIMENSION;
use crate::randomness::SystemSeeder;
use crate::security::minimal_noise;
use crate::seeded::Seeded;
use crate::torus::Torus;
use silenzio_core::Modulus;
use tfhe::core_crypto::commons::math::random::{Seeder, Uniform};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Encryptable, Gaussian, GlweSecretKey, GlweSize, LweDimension, LweSecretKey,
    PlaintextList, PolynomialSize, SeededGlweCiphertextList, SeededLweCiphertextList, StandardDev,
    UnsignedTorus, encrypt_seeded_glwe_ciphertext_list, par_encrypt_seeded_lwe_ciphertext_list,
};
use zeroize::Zeroizing;

impl<T: Element> Bodies<T> {
    /// `count` zero bodies to be filled in, with a seed from the randomness of the operating system.
    pub(crate) fn new(count: usize) -> Self {
        Self { seed: random_number(), elements: vec![T::ZERO; count] }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        Self::bytes(self.elements.len())
    }

    pub(crate) fn elements_mut(&mut self) -> &mut [T] {
        &mut self.elements
    }
}

impl<T: Element + UnsignedTorus + Encryptable<Uniform, Gaussian<f64>>> Bodies<T> {
    /// Encrypts polynomials, whose coefficients are `phases` one after the other, to GLWEs with k = 1 under the key with the
    /// bits `key`.
    pub(crate) fn encrypt_glwes(key: &[T], phases: &[T], noise: StandardDev) -> Self {
        let mut bodies = Self::new(phases.len());
        let (seed, size) = (bodies.seed(), PolynomialSize(key.len()));
        encrypt_seeded_glwe_ciphertext_list(
            &GlweSecretKey::from_container(key, size),
            &mut SeededGlweCiphertextList::from_container(
                bodies.elements_mut(),
                GlweSize(2),
                size,
                seed,
                CiphertextModulus::new_native(),
            ),
            &PlaintextList::from_container(phases),
            gaussian(noise),
            &mut SystemSeeder,
        );
        bodies
    }
}

impl Bodies<u64> {
    /// Encrypts `phases` to LWEs under the key with the bits `key`.
    pub(crate) fn encrypt_lwes(key: &[u64], phases: &[u64], noise: StandardDev) -> Self {
        let mut bodies = Self::new(phases.len());
        if phases.is_empty() {
            return bodies; // TFHE-rs panics on empty lists.
        }
        let (seed, size) = (bodies.seed(), LweDimension(key.len()).to_lwe_size());
        let mut list = SeededLweCiphertextList::from_container(
            bodies.elements_mut(),
            size,
            seed,
            CiphertextModulus::new_native(),
        );
        par_encrypt_seeded_lwe_ciphertext_list(
            &LweSecretKey::from_container(key),
            &mut list,
            &PlaintextList::from_container(phases),
            gaussian(noise),
            &mut SystemSeeder,
        );
        bodies
    }
}

impl Seeded {
    /// Encrypts `xs` under the first [`VALUE_DIMENSION`] bits of a master key.
    pub(crate) fn encrypt(values_key: &[u64], modulus: Modulus, xs: &[i64]) -> Self {
        let phases: Zeroizing<Vec<u64>> =
            Zeroizing::new(xs.iter().map(|&x| Torus::encode(modulus, x).0).collect());
        Self { modulus, bodies: Bodies::encrypt_lwes(values_key, &phases, minimal_noise(VALUE_DIMENSION)) }
    }
}

/// 128 bits from the randomness of the operating system.
pub(crate) fn random_number() -> u128 {
    SystemSeeder.seed().0
}
