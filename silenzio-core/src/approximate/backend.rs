//! What an approximate backend offers: additions, external products, bootstraps of real functions, packing and circuit bootstrapping.

use super::{ApproximateParameters, Precision, RealLut};
use crate::BackendError;
use serde::Serialize;
use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The server side of an approximate backend, with evaluation keys only.
///
/// # What a backend author may assume, and has to provide
///
/// Torus elements are written as real numbers, and each that an engine passes is meant modulo 1. Coefficients of
/// polynomials are numbered from 0 to N - 1, and X^N = -1. An implementation must not contain a secret key, and may
/// be called from many threads at once. Results carry noise with the variances that [`ApproximateParameters`] predicts,
/// within a factor of two in standard deviation.
///
/// A GGSW message is an integer polynomial whose coefficients are at most
/// [`largest_message`](ApproximateParameters::largest_message) in absolute value. The engine sees to it that no sum and no
/// product leaves the half of the torus that its consumer can tell apart; a backend need not check that.
///
/// Only [`bootstrap`](Self::bootstrap) works in parallel by itself. The other operations take a few milliseconds at
/// most, and callers spread them over threads.
pub trait ApproximateBackend: Send + Sync {
    /// A torus element.
    type Lwe: Clone + Send + Sync;
    /// A polynomial of torus elements.
    type Glwe: Clone + Send + Sync;
    /// A polynomial of small integers, as a factor.
    type Ggsw: Send + Sync;
    /// Torus elements as a client sends them: one seed for all that is random in them, and one number for each.
    type SeededLwes: Send + Sync;
    /// A factor as a client sends it: half its size, with seeds for the other half.
    type SeededGgsw: Send + Sync;

    /// Makes torus elements that a client encrypted ready for computing.
    ///
    /// # Errors
    /// If they were made for other parameters.
    fn expand_lwes(&self, seeded: &Self::SeededLwes) -> Result<Vec<Self::Lwe>, BackendError>;

    /// Makes a factor that a client encrypted ready for computing.
    ///
    /// # Errors
    /// If it was made for other parameters.
    fn expand_ggsw(&self, seeded: &Self::SeededGgsw) -> Result<Self::Ggsw, BackendError>;

    /// The parameters, on which the engine plans its scales.
    fn parameters(&self) -> &ApproximateParameters;

    /// The public constant `x`.
    fn trivial_lwe(&self, x: f64) -> Self::Lwe;

    /// The public polynomial with these coefficients; missing ones are zero.
    fn trivial_glwe(&self, coefficients: &[f64]) -> Self::Glwe;

    /// `a += b`.
    fn add_lwe(&self, a: &mut Self::Lwe, b: &Self::Lwe);

    /// `a -= b`.
    fn sub_lwe(&self, a: &mut Self::Lwe, b: &Self::Lwe);

    /// `a += x` for a public constant.
    fn add_constant(&self, a: &mut Self::Lwe, x: f64);

    /// `a += b`.
    fn add_glwe(&self, a: &mut Self::Glwe, b: &Self::Glwe);

    /// `a -= b`.
    fn sub_glwe(&self, a: &mut Self::Glwe, b: &Self::Glwe);

    /// Coefficient `index` of a polynomial.
    ///
    /// # Errors
    /// If there is no such coefficient.
    fn extract(&self, glwe: &Self::Glwe, index: usize) -> Result<Self::Lwe, BackendError>;

    /// The product of the messages.
    ///
    /// # Errors
    /// If an operand was made for other parameters.
    fn external_product(&self, ggsw: &Self::Ggsw, glwe: &Self::Glwe) -> Result<Self::Glwe, BackendError>;

    /// All functions of `lut` at every value of `inputs`: one output vector per function. The functions of one input
    /// all see the same rounded input.
    ///
    /// # Errors
    /// If an input or the table was made for other parameters.
    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[Self::Lwe],
        lut: &RealLut,
    ) -> Result<Vec<Vec<Self::Lwe>>, BackendError>;

    /// A polynomial with the given values at the given coefficients, and zero at the others.
    ///
    /// # Errors
    /// If a coefficient does not exist or is given twice.
    fn pack(&self, values: &[(usize, Self::Lwe)]) -> Result<Self::Glwe, BackendError>;

    /// The polynomial `p(1/X)`: coefficient i moves to N - i, negated; coefficient 0 stays.
    ///
    /// # Errors
    /// If the polynomial was made for other parameters.
    fn automorphism_minus_one(&self, glwe: &Self::Glwe) -> Result<Self::Glwe, BackendError>;

    /// The GGSW of an integer polynomial m from its gadget rows: polynomial i holds `m / B^(i+1)`, for the base and
    /// the levels of [`ApproximateParameters::circuit`].
    ///
    /// # Errors
    /// If the number of rows is not that of the levels.
    fn scheme_switch(&self, rows: &[Self::Glwe]) -> Result<Self::Ggsw, BackendError>;

    /// What was done since the backend was made.
    fn counts(&self) -> ApproximateCounts;
}

/// The client side of an approximate backend: the holder of the secret key.
pub trait ApproximateClient: Send + Sync {
    /// The LWE type shared with the server side.
    type Lwe: Clone + Send + Sync;
    /// The GLWE type shared with the server side.
    type Glwe: Clone + Send + Sync;
    /// What is sent to the server side, which [expands](ApproximateBackend::expand_lwes) it.
    type SeededLwes: Send + Sync;
    /// What is sent to the server side, which [expands](ApproximateBackend::expand_ggsw) it.
    type SeededGgsw: Send + Sync;

    /// Encrypts torus elements.
    fn encrypt_lwes(&self, xs: &[f64]) -> Self::SeededLwes;

    /// Encrypts an integer polynomial, given by its terms: coefficient and value.
    ///
    /// # Errors
    /// If a coefficient does not exist.
    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<Self::SeededGgsw, BackendError>;

    /// Decrypts a torus element to [-1/2, 1/2), noise included.
    ///
    /// # Errors
    /// If it was made for another key's shape.
    fn decrypt_lwe(&self, lwe: &Self::Lwe) -> Result<f64, BackendError>;

    /// Decrypts all coefficients to [-1/2, 1/2), noise included.
    ///
    /// # Errors
    /// If they were made for another key's shape.
    fn decrypt_glwe(&self, glwe: &Self::Glwe) -> Result<Vec<f64>, BackendError>;
}

/// Numbers of operations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct ApproximateCounts {
    /// Bootstraps to [`Precision::Coarse`], each with one keyswitch.
    pub coarse_bootstraps: u64,
    /// Bootstraps to [`Precision::Fine`], each with one keyswitch.
    pub fine_bootstraps: u64,
    /// External products, without those inside of other operations.
    pub external_products: u64,
    /// Automorphisms, in packing and inversion.
    pub automorphisms: u64,
    /// GGSW ciphertexts circuit-bootstrapped.
    pub scheme_switches: u64,
}

impl ApproximateCounts {
    /// Bootstraps of either precision.
    pub const fn bootstraps(&self) -> u64 {
        self.coarse_bootstraps + self.fine_bootstraps
    }
}

impl Sub for ApproximateCounts {
    type Output = Self;

    /// What was counted since `before`; 0 where that has more, and so is no earlier count of the same backend.
    fn sub(self, before: Self) -> Self {
        Self {
            coarse_bootstraps: self.coarse_bootstraps.saturating_sub(before.coarse_bootstraps),
            fine_bootstraps: self.fine_bootstraps.saturating_sub(before.fine_bootstraps),
            external_products: self.external_products.saturating_sub(before.external_products),
            automorphisms: self.automorphisms.saturating_sub(before.automorphisms),
            scheme_switches: self.scheme_switches.saturating_sub(before.scheme_switches),
        }
    }
}

/// A [`ApproximateCounts`] that many threads add to.
#[derive(Default, Debug)]
pub struct ApproximateCounters {
    coarse_bootstraps: AtomicU64,
    fine_bootstraps: AtomicU64,
    external_products: AtomicU64,
    automorphisms: AtomicU64,
    scheme_switches: AtomicU64,
}

impl ApproximateCounters {
    /// Counts bootstraps.
    pub fn bootstraps(&self, precision: Precision, count: usize) {
        let counter = match precision {
            Precision::Coarse => &self.coarse_bootstraps,
            Precision::Fine => &self.fine_bootstraps,
        };
        counter.fetch_add(count as u64, Relaxed);
    }

    /// Counts an external product.
    pub fn external_product(&self) {
        self.external_products.fetch_add(1, Relaxed);
    }

    /// Counts automorphisms.
    pub fn automorphisms(&self, count: usize) {
        self.automorphisms.fetch_add(count as u64, Relaxed);
    }

    /// Counts a scheme switch.
    pub fn scheme_switch(&self) {
        self.scheme_switches.fetch_add(1, Relaxed);
    }

    /// The counts so far.
    pub fn get(&self) -> ApproximateCounts {
        ApproximateCounts {
            coarse_bootstraps: self.coarse_bootstraps.load(Relaxed),
            fine_bootstraps: self.fine_bootstraps.load(Relaxed),
            external_products: self.external_products.load(Relaxed),
            automorphisms: self.automorphisms.load(Relaxed),
            scheme_switches: self.scheme_switches.load(Relaxed),
        }
    }
}
