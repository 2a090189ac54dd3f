//! The interface of an approximate backend: additions, external products, bootstraps of real functions, packing and
//! circuit bootstrapping.

use super::{ApproximateParameters, ByPrecision, Precision, RealLut};
use crate::BackendError;
use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The types that client and server of an approximate backend share.
pub trait ApproximateTypes {
    /// A torus element.
    type Lwe: Clone + Send + Sync;
    /// A polynomial of torus elements.
    type Glwe: Clone + Send + Sync;
    /// A polynomial of small integers, as a factor of external products.
    type Ggsw: Send + Sync;
    /// Torus elements as a client sends them: one seed for everything random in them, and one number per element.
    type SeededLwes: Send + Sync;
    /// A factor as a client sends it: half of its numbers, and seeds for the other half.
    type SeededGgsw: Send + Sync;
}

/// A torus element of a backend.
pub type Lwe<Types> = <Types as ApproximateTypes>::Lwe;
/// A polynomial of torus elements of a backend.
pub type Glwe<Types> = <Types as ApproximateTypes>::Glwe;
/// A factor of a backend.
pub type Ggsw<Types> = <Types as ApproximateTypes>::Ggsw;
/// Torus elements of a backend, as a client sends them.
pub type SeededLwes<Types> = <Types as ApproximateTypes>::SeededLwes;
/// A factor of a backend, as a client sends it.
pub type SeededGgsw<Types> = <Types as ApproximateTypes>::SeededGgsw;
/// The operands of a sum of products.
pub type Pairs<'a, Types> = Vec<(&'a Ggsw<Types>, &'a Glwe<Types>)>;
/// The terms of a polynomial: the number of the coefficient, and its value.
pub type Terms<'a, Types> = Vec<(usize, &'a Lwe<Types>)>;

/// The server side of an approximate backend, with evaluation keys only.
///
/// # Requirements and guarantees
///
/// Torus elements are written as real numbers, which are taken modulo 1. Coefficients of polynomials are numbered from
/// 0 to N - 1, and X^N = -1. An implementation must not contain a secret key, and must support calls from many threads
/// at once. Results must carry noise with the variances that [`ApproximateParameters`] predicts, within a factor of two
/// in standard deviation.
///
/// A GGSW message is an integer polynomial whose coefficients are at most
/// [`largest_message`](ApproximateParameters::largest_message) in absolute value. The engine ensures that no sum and no
/// product leaves the half of the torus on which the next operation is unambiguous; a backend need not check that.
///
/// All operations that cost more than an addition take batches of borrowed operands. A backend spreads a batch over its
/// cores, or sends it to its device as a whole; callers do not spread single operations over threads. A result must not
/// depend on the batch in which it is computed.
pub trait ApproximateBackend: Send + Sync {
    /// The types of its ciphertexts, shared with the client side.
    type Types: ApproximateTypes;

    /// Expands the torus elements that a client encrypted, so that they can be computed with.
    ///
    /// # Errors
    /// If they were encrypted for other parameters.
    fn expand_lwes(&self, seeded: &SeededLwes<Self::Types>) -> Result<Vec<Lwe<Self::Types>>, BackendError>;

    /// Expands a factor that a client encrypted, so that it can be computed with.
    ///
    /// # Errors
    /// If it was encrypted for other parameters.
    fn expand_ggsw(&self, seeded: &SeededGgsw<Self::Types>) -> Result<Ggsw<Self::Types>, BackendError>;

    /// The parameters, from which the engine plans its scales.
    fn parameters(&self) -> &ApproximateParameters;

    /// The public constant `x` as a torus element.
    fn trivial_lwe(&self, x: f64) -> Lwe<Self::Types>;

    /// The public polynomial with these coefficients; missing ones are zero.
    fn trivial_glwe(&self, coefficients: &[f64]) -> Glwe<Self::Types>;

    /// `a += b`.
    fn add_lwe(&self, a: &mut Lwe<Self::Types>, b: &Lwe<Self::Types>);

    /// `a -= b`.
    fn sub_lwe(&self, a: &mut Lwe<Self::Types>, b: &Lwe<Self::Types>);

    /// `a += x` for a public constant.
    fn add_constant(&self, a: &mut Lwe<Self::Types>, x: f64);

    /// `a += b`.
    fn add_glwe(&self, a: &mut Glwe<Self::Types>, b: &Glwe<Self::Types>);

    /// `a -= b`.
    fn sub_glwe(&self, a: &mut Glwe<Self::Types>, b: &Glwe<Self::Types>);

    /// The given coefficients of polynomials.
    ///
    /// # Errors
    /// If a coefficient does not exist or a polynomial was made for other parameters.
    fn extract(&self, places: &[(&Glwe<Self::Types>, usize)]) -> Result<Vec<Lwe<Self::Types>>, BackendError>;

    /// Sums of external products: for each vector of pairs, the sum of the products of its pairs, which is zero if
    /// there are none. The order of the pairs does not matter.
    ///
    /// # Errors
    /// If an operand was made for other parameters.
    fn dot_products(&self, sums: &[Pairs<'_, Self::Types>]) -> Result<Vec<Glwe<Self::Types>>, BackendError>;

    /// Evaluates all functions of `lut` at every value of `inputs`: one output vector per function. All functions of
    /// one input see the same rounded input.
    ///
    /// # Errors
    /// If an input or the table was made for other parameters.
    fn bootstrap(
        &self,
        precision: Precision,
        inputs: &[Lwe<Self::Types>],
        lut: &RealLut,
    ) -> Result<Vec<Vec<Lwe<Self::Types>>>, BackendError>;

    /// Polynomials with the given values at the given coefficients, and zero at the others.
    ///
    /// # Errors
    /// If a coefficient does not exist or is given twice.
    fn pack(&self, polynomials: &[Terms<'_, Self::Types>]) -> Result<Vec<Glwe<Self::Types>>, BackendError>;

    /// The polynomials `p(1/X)`: coefficient i moves to N - i, negated; coefficient 0 stays.
    ///
    /// # Errors
    /// If a polynomial was made for other parameters.
    fn automorphism_minus_one(
        &self,
        glwes: &[Glwe<Self::Types>],
    ) -> Result<Vec<Glwe<Self::Types>>, BackendError>;

    /// The GGSWs of integer polynomials m from their gadget rows, whose values are results of bootstraps to a precision. For
    /// the base B and the number of levels of [`ApproximateParameters::factor`], `rows` has one polynomial per level for
    /// each m, of which the i-th (from 0) holds `m / B^(i+1)`.
    ///
    /// # Errors
    /// If the number of rows is not a multiple of the number of levels.
    fn scheme_switch(
        &self,
        precision: Precision,
        rows: &[Glwe<Self::Types>],
    ) -> Result<Vec<Ggsw<Self::Types>>, BackendError>;

    /// The operations since the backend was created.
    fn counts(&self) -> ApproximateCounts;
}

/// The client side of an approximate backend: the holder of the secret key.
pub trait ApproximateClient: Send + Sync {
    /// The types of its ciphertexts, shared with the server side.
    type Types: ApproximateTypes;

    /// Encrypts torus elements.
    fn encrypt_lwes(&self, xs: &[f64]) -> SeededLwes<Self::Types>;

    /// Encrypts an integer polynomial, given by its terms: the numbers of coefficients, and their values.
    ///
    /// # Errors
    /// If a coefficient does not exist.
    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<SeededGgsw<Self::Types>, BackendError>;

    /// Decrypts a torus element to [-1/2, 1/2), noise included.
    ///
    /// # Errors
    /// If it was made for another key's shape.
    fn decrypt_lwe(&self, lwe: &Lwe<Self::Types>) -> Result<f64, BackendError>;

    /// Decrypts all coefficients to [-1/2, 1/2), noise included.
    ///
    /// # Errors
    /// If they were made for another key's shape.
    fn decrypt_glwe(&self, glwe: &Glwe<Self::Types>) -> Result<Vec<f64>, BackendError>;
}

/// Numbers of operations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ApproximateCounts {
    /// Bootstraps, each with one keyswitch.
    pub bootstraps: ByPrecision<u64>,
    /// External products, except those inside other operations.
    pub external_products: u64,
    /// Automorphisms, in packing and inversion.
    pub automorphisms: u64,
    /// Circuit-bootstrapped GGSW ciphertexts.
    pub scheme_switches: u64,
}

impl Sub for ApproximateCounts {
    type Output = Self;

    /// The operations since `before`; 0 where `before` has more, and so is not an earlier count of the same backend.
    fn sub(self, before: Self) -> Self {
        let bootstraps = |precision| self.bootstraps[precision].saturating_sub(before.bootstraps[precision]);
        Self {
            bootstraps: ByPrecision::from_fn(bootstraps),
            external_products: self.external_products.saturating_sub(before.external_products),
            automorphisms: self.automorphisms.saturating_sub(before.automorphisms),
            scheme_switches: self.scheme_switches.saturating_sub(before.scheme_switches),
        }
    }
}

/// [`ApproximateCounts`] to which many threads can add.
#[derive(Default, Debug)]
pub struct ApproximateCounters {
    bootstraps: ByPrecision<AtomicU64>,
    external_products: AtomicU64,
    automorphisms: AtomicU64,
    scheme_switches: AtomicU64,
}

impl ApproximateCounters {
    /// Counts bootstraps.
    pub fn bootstraps(&self, precision: Precision, count: usize) {
        self.bootstraps[precision].fetch_add(count as u64, Relaxed);
    }

    /// Counts external products.
    pub fn external_products(&self, count: usize) {
        self.external_products.fetch_add(count as u64, Relaxed);
    }

    /// Counts automorphisms.
    pub fn automorphisms(&self, count: usize) {
        self.automorphisms.fetch_add(count as u64, Relaxed);
    }

    /// Counts scheme switches.
    pub fn scheme_switches(&self, count: usize) {
        self.scheme_switches.fetch_add(count as u64, Relaxed);
    }

    /// The counts so far.
    pub fn get(&self) -> ApproximateCounts {
        ApproximateCounts {
            bootstraps: ByPrecision::from_fn(|precision| self.bootstraps[precision].load(Relaxed)),
            external_products: self.external_products.load(Relaxed),
            automorphisms: self.automorphisms.load(Relaxed),
            scheme_switches: self.scheme_switches.load(Relaxed),
        }
    }
}
