//! Ciphertexts as a client sends them: without their masks.

use super::ciphertext::{LeveledGgsw, LeveledLwe, check_size, to_fourier};
use crate::bodies::Bodies;
use crate::keys::gaussian;
use crate::security::minimal_noise;
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::leveled::LeveledParameters;
use silenzio_core::noise::GadgetShape;
use silenzio_core::wire::Wire;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::polynomial_algorithms::polynomial_wrapping_sub_mul_assign;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Fft, GlweSecretKey, GlweSize, PlaintextList, Polynomial, PolynomialSize,
    SeededGlweCiphertextList, encrypt_seeded_glwe_ciphertext_list, new_seeder,
};
use zeroize::Zeroizing;

/// Fresh torus elements: one seed for all masks, and one body each.
#[derive(Clone, Debug)]
pub struct SeededLwes {
    dimension: usize,
    bodies: Bodies<u64>,
}

impl SeededLwes {
    /// Encryptions of `xs` under the bits `key`.
    pub(super) fn encrypt(key: &[u64], xs: &[f64]) -> Self {
        let phases: Zeroizing<Vec<u64>> = Zeroizing::new(xs.iter().map(|&x| Torus::from_real(x).0).collect());
        let dimension = key.len();
        Self { dimension, bodies: Bodies::encrypt_lwes(key, &phases, minimal_noise(dimension)) }
    }

    pub(super) fn expand(&self, dimension: usize) -> Result<Vec<LeveledLwe>, BackendError> {
        check_size("an LWE mask", self.dimension, dimension)?;
        Ok(self.bodies.expand_lwes(dimension).into_iter().map(LeveledLwe).collect())
    }
}

/// The parameters of the key, and the number of torus elements.
impl Wire<(LeveledParameters, usize)> for SeededLwes {
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.bodies.write(to)
    }

    fn read(from: &mut dyn Read, (parameters, count): &(LeveledParameters, usize)) -> io::Result<Self> {
        Ok(Self { dimension: parameters.polynomial_size, bodies: Bodies::read(from, count)? })
    }
}

/// A polynomial of small integers as a factor: one seed for the masks of all rows, and the rows' bodies.
#[derive(Clone, Debug)]
pub struct SeededGgsw(Bodies<u64>);

impl SeededGgsw {
    /// An encryption of the polynomial `message` of integers modulo 2^64 under the GLWE key with the bits `key`.
    ///
    /// Each level i has a key row, of phase -s m / B^i, and a body row, of phase m / B^i. The least significant level
    /// is first, and in it the key row, as in TFHE-rs.
    pub(super) fn encrypt(key: &[u64], message: &[u64], gadget: GadgetShape) -> Self {
        let size = PolynomialSize(key.len());
        let mut minus_product = Zeroizing::new(vec![0; size.0]);
        polynomial_wrapping_sub_mul_assign(
            &mut Polynomial::from_container(minus_product.as_mut_slice()),
            &Polynomial::from_container(key),
            &Polynomial::from_container(message),
        );
        let mut phases = Zeroizing::new(Vec::with_capacity(bodies(size.0, gadget)));
        for level in (1..=gadget.levels).rev() {
            let shift = u64::BITS as usize - gadget.base_log * level;
            for row in [minus_product.as_slice(), message] {
                phases.extend(row.iter().map(|&coefficient| coefficient << shift));
            }
        }
        let mut rows = Bodies::new(phases.len());
        let seed = rows.seed();
        encrypt_seeded_glwe_ciphertext_list(
            &GlweSecretKey::from_container(key, size),
            &mut SeededGlweCiphertextList::from_container(
                rows.elements_mut(),
                GlweSize(2),
                size,
                seed,
                CiphertextModulus::new_native(),
            ),
            &PlaintextList::from_container(phases.as_slice()),
            gaussian(minimal_noise(size.0)),
            new_seeder().as_mut(),
        );
        Self(rows)
    }

    /// Checks that there are the rows of a GGSW with this gadget.
    pub(super) fn check(&self, size: usize, gadget: GadgetShape) -> Result<(), BackendError> {
        check_size("a GGSW", self.0.elements().len(), bodies(size, gadget))
    }

    /// The GGSW, which has this gadget, with its masks and in Fourier form.
    pub(super) fn expand(&self, size: usize, gadget: GadgetShape, fft: &Fft) -> LeveledGgsw {
        let list = SeededGlweCiphertextList::from_container(
            self.0.elements().to_vec(),
            GlweSize(2),
            PolynomialSize(size),
            self.0.seed(),
            CiphertextModulus::new_native(),
        );
        to_fourier(list.decompress_into_glwe_ciphertext_list().into_container(), size, gadget, fft)
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }

    /// The size of a GGSW with this gadget, in bytes.
    pub(super) const fn bytes(size: usize, gadget: GadgetShape) -> usize {
        Bodies::<u64>::bytes(bodies(size, gadget))
    }

    /// Reads a GGSW with this gadget.
    pub(super) fn read_with(from: &mut dyn Read, size: usize, gadget: GadgetShape) -> io::Result<Self> {
        Ok(Self(Bodies::read(from, &bodies(size, gadget))?))
    }
}

/// How many bodies the rows of a GGSW have.
const fn bodies(size: usize, gadget: GadgetShape) -> usize {
    2 * gadget.levels * size
}

impl Wire<LeveledParameters> for SeededGgsw {
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.write(to)
    }

    fn read(from: &mut dyn Read, parameters: &LeveledParameters) -> io::Result<Self> {
        Self::read_with(from, parameters.polynomial_size, parameters.fresh)
    }
}
