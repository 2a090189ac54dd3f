//! The client's key: the only thing that decrypts.

use crate::approximate::automorphism::substitute;
use crate::approximate::backend::ApproximateTfhe;
use crate::approximate::ciphertext::{ApproximateGlwe, ApproximateLwe};
use crate::approximate::seeded::{SeededGgsw, SeededLwes};
use crate::encryption::random_number;
use crate::keys::{binary_key, read_bits, write_bits};
use crate::rotation::random_blocks;
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::approximate::{ApproximateClient, ApproximateParameters};
use silenzio_core::noise::GadgetShape;
use silenzio_core::wire::{self, Wire};
use std::fmt;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, GlweSecretKey, LweCiphertext, LweSecretKey, PlaintextCount, PlaintextList,
    PolynomialSize, decrypt_glwe_ciphertext, decrypt_lwe_ciphertext,
};
use zeroize::Zeroizing;

/// The secret key. It is erased from memory when dropped.
pub struct ApproximateClientKey {
    id: u128,
    parameters: ApproximateParameters,
    glwe: Zeroizing<Vec<u64>>,
    small: Zeroizing<Vec<u32>>,
}

impl ApproximateClientKey {
    /// Generates a key from the randomness of the operating system.
    pub fn generate(parameters: &ApproximateParameters) -> Self {
        Self {
            id: random_number(),
            parameters: *parameters,
            glwe: binary_key(parameters.polynomial_size),
            small: random_blocks(parameters.lwe_dimension, parameters.block),
        }
    }

    /// The random number that identifies this key and the server keys that belong to it. It is public.
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The parameters of the key.
    pub const fn parameters(&self) -> &ApproximateParameters {
        &self.parameters
    }

    /// The bits of the GLWE key.
    pub(super) fn glwe_bits(&self) -> &[u64] {
        &self.glwe
    }

    /// The bits of the small key.
    pub(super) fn small_bits(&self) -> &[u32] {
        &self.small
    }

    /// Encrypts -s(X^t) as a GGSW.
    pub(super) fn encrypt_moved_key(&self, t: usize, gadget: GadgetShape) -> SeededGgsw {
        let minus: Zeroizing<Vec<u64>> =
            Zeroizing::new(self.glwe.iter().map(|bit| bit.wrapping_neg()).collect());
        let mut moved = Zeroizing::new(vec![0; minus.len()]);
        substitute(t, &minus, &mut moved);
        SeededGgsw::encrypt(&self.glwe, &moved, gadget)
    }
}

impl ApproximateClient for ApproximateClientKey {
    type Types = ApproximateTfhe;

    fn encrypt_lwes(&self, xs: &[f64]) -> SeededLwes {
        SeededLwes::encrypt(&self.glwe, xs)
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<SeededGgsw, BackendError> {
        let size = self.parameters.polynomial_size;
        let mut message = Zeroizing::new(vec![0; size]);
        for &(place, coefficient) in terms {
            let element = message.get_mut(place).ok_or_else(|| {
                BackendError::WrongShape(format!(
                    "there is no coefficient {place} in a polynomial with {size}"
                ))
            })?;
            *element = coefficient as u64;
        }
        Ok(SeededGgsw::encrypt(&self.glwe, &message, self.parameters.fresh))
    }

    fn decrypt_lwe(&self, lwe: &ApproximateLwe) -> Result<f64, BackendError> {
        lwe.check(self.parameters.polynomial_size)?;
        let key = LweSecretKey::from_container(self.glwe.as_slice());
        let lwe = LweCiphertext::from_container(lwe.0.as_slice(), CiphertextModulus::new_native());
        Ok(Torus(decrypt_lwe_ciphertext(&key, &lwe).0).distance(Torus(0)))
    }

    fn decrypt_glwe(&self, glwe: &ApproximateGlwe) -> Result<Vec<f64>, BackendError> {
        let size = self.parameters.polynomial_size;
        glwe.check(size)?;
        let key = GlweSecretKey::from_container(self.glwe.as_slice(), PolynomialSize(size));
        let mut phases = PlaintextList::new(0, PlaintextCount(size));
        decrypt_glwe_ciphertext(&key, &glwe.as_tfhe(), &mut phases);
        Ok(phases.as_ref().iter().map(|&phase| Torus(phase).distance(Torus(0))).collect())
    }
}

impl fmt::Debug for ApproximateClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApproximateClientKey")
            .field("parameters", &self.parameters.name)
            .finish_non_exhaustive()
    }
}

/// The binary form is the key's id, the bits of the GLWE key, and those of the small key. It is as secret as the key.
impl Wire<ApproximateParameters> for ApproximateClientKey {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok((size_of::<u128>() + parameters.polynomial_size + parameters.lwe_dimension) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u128s(to, &[self.id])?;
        write_bits(to, &self.glwe)?;
        write_bits(to, &self.small)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut id = [0];
        wire::read_u128s(from, &mut id)?;
        Ok(Self {
            id: id[0],
            parameters: *parameters,
            glwe: read_bits(from, parameters.polynomial_size)?,
            small: read_bits(from, parameters.lwe_dimension)?,
        })
    }
}
