//! What a backend offers: values in Z_m that can be added and looked up.

use crate::{Lut, LutCounts, Modulus, modulus::InvalidModulus};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// The server side of a backend: arithmetic on values in Z_m, with evaluation keys only.
///
/// Every operation wraps modulo the value's modulus, identically in every backend; the
/// [`conformance`](crate::conformance) suite holds a backend to it. An implementation must not contain a
/// secret key. It may be shared between threads, and callers do call it from many at once.
///
/// A backend whose values carry noise tracks the variance of each value. It must refuse (with
/// [`BackendError::NoiseExceeded`]) a look-up whose input could fail with a probability above 2^-40, and
/// [`sum`](Self::sum) must refresh partial sums so that a sum of any length can be looked up.
pub trait Backend: Send + Sync {
    /// One value of Z_m: a ciphertext, or its plain simulation. It knows its modulus.
    type Value: Clone + Send + Sync;
    /// Values as a client sends them: one seed for all that is random in them, and one number for each.
    type Seeded: Send + Sync;

    /// Makes what a client encrypted ready for computing.
    ///
    /// # Errors
    /// If it was made for other parameters.
    fn expand(&self, seeded: &Self::Seeded) -> Result<Vec<Self::Value>, BackendError>;

    /// The public constant `x` modulo `m`, as a value.
    fn trivial(&self, m: Modulus, x: i64) -> Self::Value;

    /// The modulus that a value lives in.
    fn modulus(&self, value: &Self::Value) -> Modulus;

    /// `a += b`.
    ///
    /// # Errors
    /// If the moduli differ.
    fn add_assign(&self, a: &mut Self::Value, b: &Self::Value) -> Result<(), BackendError>;

    /// `a -= b`.
    ///
    /// # Errors
    /// If the moduli differ.
    fn sub_assign(&self, a: &mut Self::Value, b: &Self::Value) -> Result<(), BackendError>;

    /// `a += x` for a public constant: free, and without noise.
    fn add_constant(&self, a: &mut Self::Value, x: i64);

    /// `a = -a`.
    fn neg_assign(&self, a: &mut Self::Value);

    /// `a *= factor` for a small public integer; the noise grows by `|factor|`.
    fn mul_assign(&self, a: &mut Self::Value, factor: i64);

    /// Every table of `luts` at every value of `inputs`: one output vector per table, in order. Results are
    /// fresh values of the tables' output moduli. Tables of one call share the work on their common input.
    ///
    /// # Errors
    /// If an input's modulus is not its table's input modulus, if there is no key for its size class, or if
    /// its noise is too high.
    fn luts(&self, inputs: &[Self::Value], luts: &[&Lut]) -> Result<Vec<Vec<Self::Value>>, BackendError>;

    /// One table at every value of `inputs`.
    ///
    /// # Errors
    /// As [`luts`](Self::luts).
    fn lut(&self, inputs: &[Self::Value], lut: &Lut) -> Result<Vec<Self::Value>, BackendError> {
        Ok(self.luts(inputs, &[lut])?.pop().unwrap_or_default())
    }

    /// The sum of `values`, all of modulus `m`, ready for a look-up.
    ///
    /// # Errors
    /// If a modulus differs from `m`; as [`luts`](Self::luts) where partial sums have to be refreshed.
    fn sum(&self, m: Modulus, values: &[Self::Value]) -> Result<Self::Value, BackendError>;

    /// What one look-up on an input of modulus `m` costs, in units of the backend's choice (for TFHE:
    /// milliseconds of one core). Planners compare these numbers and nothing else.
    fn lut_cost(&self, m: Modulus) -> f64;

    /// All look-ups since the backend was made, by size class, refreshes included.
    fn lut_counts(&self) -> LutCounts;

    /// `factor * X W mod m` at once, for a backend that can prove it equal to computing it by look-ups.
    ///
    /// `x` is a x b, `w` is b x c, all of modulus `m`. `replaced` are the look-ups that the caller saves, for
    /// the backend to count as if it had performed them. `None`, the default, means: do it by look-ups.
    fn modular_product(
        &self,
        m: Modulus,
        factor: i64,
        x: ArrayView2<'_, Self::Value>,
        w: ArrayView2<'_, Self::Value>,
        replaced: LutCounts,
    ) -> Option<Array2<Self::Value>> {
        let _ = (m, factor, x, w, replaced);
        None
    }

    /// Shown to the backend by an engine: the mixed-radix digits of the wide integers that product `name` of
    /// layer `layer` came to, before scaling, one digit vector per modulus (lowest first), and the public
    /// offset (dither included) already added to each. A simulator may record ranges; the default ignores it.
    fn observe(
        &self,
        product: ProductName,
        moduli: &[Modulus],
        digits: &[Vec<Self::Value>],
        offsets: &[i64],
    ) {
        let _ = (product, moduli, digits, offsets);
    }
}

/// Which matrix product of a network a value belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ProductName {
    /// The layer, from 0.
    pub layer: usize,
    /// Which of the layer's three products.
    pub kind: ProductKind,
}

/// The three matrix products of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ProductKind {
    /// Activations times weights.
    Forward,
    /// Deltas times transposed weights.
    Delta,
    /// Transposed activations times deltas.
    Gradient,
}

impl std::fmt::Display for ProductName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            ProductKind::Forward => "forward",
            ProductKind::Delta => "delta",
            ProductKind::Gradient => "gradient",
        };
        write!(f, "layer {} {kind}", self.layer + 1)
    }
}

/// The client side of a backend: the holder of the secret key.
pub trait Client: Send + Sync {
    /// The value type shared with the server side.
    type Value: Clone + Send + Sync;
    /// What is sent to the server side, which [expands](Backend::expand) it.
    type Seeded: Send + Sync;

    /// Encrypts each of `xs` modulo `m`.
    ///
    /// # Errors
    /// If the key cannot encrypt for this modulus.
    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<Self::Seeded, BackendError>;

    /// Decrypts each value to its signed representative.
    ///
    /// # Errors
    /// If a value was made for another key's shape.
    fn decrypt(&self, values: &[Self::Value]) -> Result<Vec<i64>, BackendError>;
}

/// What can go wrong below an engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BackendError {
    /// Two values, or a value and a table, of different moduli met.
    #[error("values of different moduli met: {left} and {right}")]
    ModulusMismatch {
        /// The modulus on the left, or of the value.
        left: Modulus,
        /// The modulus on the right, or of the table.
        right: Modulus,
    },
    /// There is no evaluation key for this size class.
    #[error("no key for modulus {0} ({bits}-bit look-ups): make keys for a plan that lists it", bits = .0.bits())]
    MissingKey(Modulus),
    /// A look-up could fail with a probability above 2^-40.
    #[error(
        "the noise of a value modulo {modulus} is too high for a look-up: standard deviation 2^{log2_std:.1}, \
         at most 2^{log2_limit:.1} allowed"
    )]
    NoiseExceeded {
        /// The modulus of the value.
        modulus: Modulus,
        /// log2 of the standard deviation that the value really has.
        log2_std: f64,
        /// log2 of the standard deviation that its size class allows.
        log2_limit: f64,
    },
    /// A value or key is not of the shape that this key expects.
    #[error("{0}")]
    WrongShape(String),
    /// A number is not a modulus.
    #[error(transparent)]
    InvalidModulus(#[from] InvalidModulus),
}
