//! The keys of the leveled backend.

use super::automorphism::substitute;
use super::ciphertext::{LeveledGgsw, LeveledGlwe, LeveledLwe};
use crate::keys::{binary_key, bootstrap_key, encryption_generator, gaussian, keyswitch_key};
use crate::parameters::Decomposition;
use crate::security::minimal_noise;
use crate::torus::Torus;
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::leveled::backend::LeveledCounters;
use silenzio_core::leveled::{LeveledClient, LeveledParameters, Precision};
use silenzio_core::noise::GadgetShape;
use std::fmt;
use std::sync::Arc;
use tfhe::core_crypto::prelude::PlaintextCount;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, Fft, FourierGgswCiphertext, FourierLweBootstrapKeyOwned, GgswCiphertext,
    GlweCiphertext, GlweSecretKey, GlweSize, LweCiphertext, LweKeyswitchKeyOwned, LweSecretKey, Plaintext,
    PlaintextList, PolynomialSize, convert_standard_ggsw_ciphertext_to_fourier, decrypt_glwe_ciphertext,
    decrypt_lwe_ciphertext, encrypt_glwe_ciphertext, encrypt_lwe_ciphertext,
};
use zeroize::Zeroizing;

/// The secret key. It is erased from memory when dropped.
pub struct LeveledClientKey {
    parameters: &'static LeveledParameters,
    glwe: Zeroizing<Vec<u64>>,
    small: Zeroizing<Vec<u32>>,
}

/// The evaluation keys, and counts of what was done with them.
///
/// A clone shares the keys, and counts from zero.
pub struct LeveledServerKey {
    pub(super) keys: Arc<EvaluationKeys>,
    pub(super) counters: LeveledCounters,
}

/// The keys that all clones share.
pub(super) struct EvaluationKeys {
    pub(super) parameters: &'static LeveledParameters,
    pub(super) fft: Fft,
    /// From N to n.
    pub(super) keyswitch: LweKeyswitchKeyOwned<u32>,
    coarse: FourierLweBootstrapKeyOwned,
    fine: FourierLweBootstrapKeyOwned,
    /// A GGSW of -s, for key rows.
    pub(super) minus_key: LeveledGgsw,
    /// For t = 2^l + 1, l = 1 ..= log2 N, and then t = 2N - 1.
    pub(super) automorphisms: Vec<AutomorphismKey>,
}

/// The key of X -> X^t.
pub(super) struct AutomorphismKey {
    /// t.
    pub(super) exponent: usize,
    /// A GGSW of -s(X^t).
    pub(super) minus_moved_key: LeveledGgsw,
}

impl LeveledClientKey {
    /// A new key, from the randomness of the operating system or the processor.
    pub fn generate(parameters: &'static LeveledParameters) -> Self {
        Self {
            parameters,
            glwe: binary_key(parameters.polynomial_size),
            small: binary_key(parameters.lwe_dimension),
        }
    }

    /// The parameters.
    pub const fn parameters(&self) -> &'static LeveledParameters {
        self.parameters
    }

    fn glwe_key(&self) -> GlweSecretKey<&[u64]> {
        GlweSecretKey::from_container(self.glwe.as_slice(), PolynomialSize(self.parameters.polynomial_size))
    }

    /// A GGSW of a polynomial of integers modulo 2^64.
    ///
    /// Each level has a key row and a body row: encryptions of zero, with the message times the level's power of the
    /// base added to the mask or to the body.
    fn encrypt_polynomial(&self, message: &[u64], gadget: GadgetShape) -> LeveledGgsw {
        let size = self.parameters.polynomial_size;
        let rows: Vec<_> = (0..2 * gadget.levels)
            .into_par_iter()
            .map(|row| {
                let mut glwe = self.encrypt_zero();
                let level = gadget.levels - row / 2;
                let target = if row % 2 == 0 { &mut glwe.0[..size] } else { &mut glwe.0[size..] };
                for (element, &coefficient) in target.iter_mut().zip(message) {
                    let scaled = coefficient << (u64::BITS as usize - gadget.base_log * level);
                    *element = element.wrapping_add(scaled);
                }
                glwe.0
            })
            .collect();
        to_fourier(rows.concat(), size, gadget)
    }

    fn encrypt_zero(&self) -> LeveledGlwe {
        let size = self.parameters.polynomial_size;
        let modulus = CiphertextModulus::new_native();
        let mut glwe = GlweCiphertext::new(0, GlweSize(2), PolynomialSize(size), modulus);
        encrypt_glwe_ciphertext(
            &self.glwe_key(),
            &mut glwe,
            &PlaintextList::new(0, PlaintextCount(size)),
            gaussian(minimal_noise(size)),
            &mut encryption_generator(),
        );
        LeveledGlwe(glwe.into_container())
    }

    /// -s(X^t).
    fn minus_moved_key(&self, t: usize) -> Zeroizing<Vec<u64>> {
        let minus: Zeroizing<Vec<u64>> =
            Zeroizing::new(self.glwe.iter().map(|bit| bit.wrapping_neg()).collect());
        let mut moved = Zeroizing::new(vec![0; minus.len()]);
        substitute(t, &minus, &mut moved);
        moved
    }
}

/// A GGSW of dimension 1 in Fourier form.
pub(super) fn to_fourier(elements: Vec<u64>, size: usize, gadget: GadgetShape) -> LeveledGgsw {
    let (size, Decomposition { base_log, levels }) = (PolynomialSize(size), Decomposition::from(gadget));
    let standard = GgswCiphertext::from_container(
        elements,
        GlweSize(2),
        size,
        base_log,
        CiphertextModulus::new_native(),
    );
    let mut fourier = FourierGgswCiphertext::new(GlweSize(2), size, base_log, levels);
    convert_standard_ggsw_ciphertext_to_fourier(&standard, &mut fourier);
    LeveledGgsw(fourier)
}

impl LeveledClient for LeveledClientKey {
    type Lwe = LeveledLwe;
    type Glwe = LeveledGlwe;
    type Ggsw = LeveledGgsw;

    fn encrypt_lwe(&self, x: f64) -> LeveledLwe {
        let size = self.parameters.polynomial_size;
        let mut lwe = LweCiphertext::from_container(vec![0; size + 1], CiphertextModulus::new_native());
        encrypt_lwe_ciphertext(
            &LweSecretKey::from_container(self.glwe.as_slice()),
            &mut lwe,
            Plaintext(Torus::from_real(x).0),
            gaussian(minimal_noise(size)),
            &mut encryption_generator(),
        );
        LeveledLwe(lwe.into_container())
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<LeveledGgsw, BackendError> {
        let size = self.parameters.polynomial_size;
        let mut message = Zeroizing::new(vec![0; size]);
        for &(place, coefficient) in terms {
            let element = message.get_mut(place).ok_or_else(|| {
                BackendError::WrongShape(format!("coefficient {place} of a polynomial with {size}"))
            })?;
            *element = coefficient as u64;
        }
        Ok(self.encrypt_polynomial(&message, self.parameters.fresh))
    }

    fn decrypt_lwe(&self, lwe: &LeveledLwe) -> Result<f64, BackendError> {
        lwe.check(self.parameters.polynomial_size)?;
        let key = LweSecretKey::from_container(self.glwe.as_slice());
        let lwe = LweCiphertext::from_container(lwe.0.as_slice(), CiphertextModulus::new_native());
        Ok(Torus(decrypt_lwe_ciphertext(&key, &lwe).0).distance(Torus(0)))
    }

    fn decrypt_glwe(&self, glwe: &LeveledGlwe) -> Result<Vec<f64>, BackendError> {
        glwe.check(self.parameters.polynomial_size)?;
        let mut phases = PlaintextList::new(0, PlaintextCount(self.parameters.polynomial_size));
        decrypt_glwe_ciphertext(&self.glwe_key(), &glwe.as_tfhe(), &mut phases);
        Ok(phases.as_ref().iter().map(|&phase| Torus(phase).distance(Torus(0))).collect())
    }
}

impl LeveledServerKey {
    /// The evaluation keys that belong to `client`.
    pub fn new(client: &LeveledClientKey) -> Self {
        let parameters = client.parameters;
        let size = PolynomialSize(parameters.polynomial_size);
        let (small_noise, glwe_noise) =
            (minimal_noise(parameters.lwe_dimension), minimal_noise(parameters.polynomial_size));
        let bootstrap = |gadget: GadgetShape| {
            bootstrap_key(&client.small, &client.glwe, size, gadget.into(), glwe_noise, &|_| ())
        };
        let automorphism = |exponent: usize| AutomorphismKey {
            exponent,
            minus_moved_key: client
                .encrypt_polynomial(&client.minus_moved_key(exponent), parameters.automorphism),
        };
        let exponents = (1..=parameters.log_size()).map(|l| (1 << l) + 1).chain([2 * size.0 - 1]);
        let keys = EvaluationKeys {
            parameters,
            fft: Fft::new(size),
            keyswitch: keyswitch_key(
                &client.glwe,
                &client.small,
                parameters.keyswitch.into(),
                small_noise,
                &|_| (),
            ),
            coarse: bootstrap(parameters.coarse),
            fine: bootstrap(parameters.fine),
            minus_key: client.encrypt_polynomial(&client.minus_moved_key(1), parameters.key_row),
            automorphisms: exponents.map(automorphism).collect(),
        };
        Self { keys: Arc::new(keys), counters: LeveledCounters::default() }
    }

    /// The size of all keys in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        let keys = &self.keys;
        let ggsw = |ggsw: &LeveledGgsw| size_of_val(ggsw.0.as_view().data());
        let bootstrap = |key: &FourierLweBootstrapKeyOwned| size_of_val(key.as_view().data());
        let automorphisms: usize = keys.automorphisms.iter().map(|key| ggsw(&key.minus_moved_key)).sum();
        size_of_val(keys.keyswitch.as_ref())
            + bootstrap(&keys.coarse)
            + bootstrap(&keys.fine)
            + ggsw(&keys.minus_key)
            + automorphisms
    }
}

impl EvaluationKeys {
    pub(super) const fn bootstrap(&self, precision: Precision) -> &FourierLweBootstrapKeyOwned {
        match precision {
            Precision::Coarse => &self.coarse,
            Precision::Fine => &self.fine,
        }
    }
}

impl Clone for LeveledServerKey {
    fn clone(&self) -> Self {
        Self { keys: Arc::clone(&self.keys), counters: LeveledCounters::default() }
    }
}

impl fmt::Debug for LeveledClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeveledClientKey").field("parameters", &self.parameters.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for LeveledServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeveledServerKey").field("size_bytes", &self.size_bytes()).finish_non_exhaustive()
    }
}
