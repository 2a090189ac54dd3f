//! Encryption to the seeded form that a client sends.

use super::seeded::{SeededGgsw, SeededLwes, bodies};
use crate::bodies::Bodies;
use crate::security::minimal_noise;
use crate::torus::Torus;
use silenzio_core::noise::GadgetShape;
use tfhe::core_crypto::prelude::Polynomial;
use tfhe::core_crypto::prelude::polynomial_algorithms::polynomial_wrapping_sub_mul_assign;
use zeroize::Zeroizing;

impl SeededLwes {
    /// Encrypts the torus elements `xs` under the bits `key`.
    pub(super) fn encrypt(key: &[u64], xs: &[f64]) -> Self {
        let phases: Zeroizing<Vec<u64>> = Zeroizing::new(xs.iter().map(|&x| Torus::from_real(x).0).collect());
        let dimension = key.len();
        Self { dimension, bodies: Bodies::encrypt_lwes(key, &phases, minimal_noise(dimension)) }
    }
}

impl SeededGgsw {
    /// Encrypts the polynomial `message` of integers modulo 2^64 under the GLWE key with the bits `key`.
    ///
    /// Each level i has a key row, of phase -s m / B^i, and a body row, of phase m / B^i. The least significant level
    /// is first, and in it the key row, as in TFHE-rs.
    pub(super) fn encrypt(key: &[u64], message: &[u64], gadget: GadgetShape) -> Self {
        let size = key.len();
        let mut minus_product = Zeroizing::new(vec![0; size]);
        polynomial_wrapping_sub_mul_assign(
            &mut Polynomial::from_container(minus_product.as_mut_slice()),
            &Polynomial::from_container(key),
            &Polynomial::from_container(message),
        );
        let mut phases = Zeroizing::new(Vec::with_capacity(bodies(size, gadget)));
        for level in (1..=gadget.levels).rev() {
            let shift = u64::BITS as usize - gadget.base_log * level;
            for row in [minus_product.as_slice(), message] {
                phases.extend(row.iter().map(|&coefficient| coefficient << shift));
            }
        }
        Self(Bodies::encrypt_glwes(key, &phases, minimal_noise(size)))
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }
}
