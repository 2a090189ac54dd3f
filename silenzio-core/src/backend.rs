//! What a backend offers: values in Z_m that can be added and looked up.

use crate::{Lut, LutCounts, Modulus, modulus::InvalidModulus};
use ndarray::{Array2, ArrayView2};

/// The types that client and server of a backend share.
pub trait ValueTypes {
    /// One value of Z_m: a ciphertext, or its plain simulation. It knows its modulus.
    type Value: Clone + Send + Sync;
    /// Values as a client sends them: one seed for all that is random in them, and one number for each.
    type Seeded: Send + Sync;
}

/// A value of a backend.
pub type Value<Types> = <Types as ValueTypes>::Value;
/// Values of a backend, as a client sends them.
pub type Seeded<Types> = <Types as ValueTypes>::Seeded;

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
    /// The types of its values, shared with the client side.
    type Types: ValueTypes;

    /// Makes what a client encrypted ready for computing.
    ///
    /// # Errors
    /// If it was made for other parameters.
    fn expand(&self, seeded: &Seeded<Self::Types>) -> Result<Vec<Value<Self::Types>>, BackendError>;

    /// The public constant `x` modulo `m`, as a value.
    fn trivial(&self, m: Modulus, x: i64) -> Value<Self::Types>;

    /// The modulus that a value lives in.
    fn modulus(&self, value: &Value<Self::Types>) -> Modulus;

    /// `a += b`.
    ///
    /// # Errors
    /// If the moduli differ.
    fn add_assign(&self, a: &mut Value<Self::Types>, b: &Value<Self::Types>) -> Result<(), BackendError>;

    /// `a -= b`.
    ///
    /// # Errors
    /// If the moduli differ.
    fn sub_assign(&self, a: &mut Value<Self::Types>, b: &Value<Self::Types>) -> Result<(), BackendError>;

    /// `a += x` for a public constant: free, and without noise.
    fn add_constant(&self, a: &mut Value<Self::Types>, x: i64);

    /// `a = -a`.
    fn neg_assign(&self, a: &mut Value<Self::Types>);

    /// `a *= factor` for a small public integer; the noise grows by `|factor|`.
    fn mul_assign(&self, a: &mut Value<Self::Types>, factor: i64);

    /// Every table of `luts` at every value of `inputs`: one output vector per table, in order. Results are
    /// fresh values of the tables' output moduli. Tables of one call share the work on their common input.
    ///
    /// # Errors
    /// If an input's modulus is not its table's input modulus, if there is no key for its size class, or if
    /// its noise is too high.
    fn luts(
        &self,
        inputs: &[Value<Self::Types>],
        luts: &[&Lut],
    ) -> Result<Vec<Vec<Value<Self::Types>>>, BackendError>;

    /// One table at every value of `inputs`.
    ///
    /// # Errors
    /// As [`luts`](Self::luts).
    fn lut(&self, inputs: &[Value<Self::Types>], lut: &Lut) -> Result<Vec<Value<Self::Types>>, BackendError> {
        Ok(self.luts(inputs, &[lut])?.pop().unwrap_or_default())
    }

    /// The sum of `values`, all of modulus `m`, ready for a look-up.
    ///
    /// # Errors
    /// If a modulus differs from `m`; as [`luts`](Self::luts) where partial sums have to be refreshed.
    fn sum(&self, m: Modulus, values: &[Value<Self::Types>]) -> Result<Value<Self::Types>, BackendError>;

    /// How many results of look-ups, of modulus `m`, [`sum`](Self::sum) adds up without a refresh: a number that keys and
    /// parameters alone decide. There is no limit where values carry no noise.
    ///
    /// # Errors
    /// If there is no key for `m`.
    fn sum_capacity(&self, m: Modulus) -> Result<usize, BackendError>;

    /// What one look-up on an input of modulus `m` costs, in units of the backend's choice (for TFHE:
    /// milliseconds of one core). Planners compare these numbers and nothing else.
    fn lut_cost(&self, m: Modulus) -> f64;

    /// All look-ups since the backend was made, by size class, refreshes included.
    fn lut_counts(&self) -> LutCounts;

    /// Products without look-ups, where the backend can do that. The default cannot.
    fn modular_products(&self) -> Option<&dyn ModularProducts<Value<Self::Types>>> {
        None
    }
}

/// What a backend may be able to do: matrix products at once that equal those by look-ups.
pub trait ModularProducts<V>: Sync {
    /// `factor * X W mod m` for a matrix `x` of a x b and a matrix `w` of b x c, all of modulus `m`. `replaced` are the
    /// look-ups that the caller saves, for the backend to count as if it had performed them.
    fn modular_product(
        &self,
        m: Modulus,
        factor: i64,
        x: ArrayView2<'_, V>,
        w: ArrayView2<'_, V>,
        replaced: LutCounts,
    ) -> Array2<V>;
}

/// The client side of a backend: the holder of the secret key.
pub trait Client: Send + Sync {
    /// The types of its values, shared with the server side.
    type Types: ValueTypes;

    /// Encrypts each of `xs` modulo `m`.
    ///
    /// # Errors
    /// If the key cannot encrypt for this modulus.
    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<Seeded<Self::Types>, BackendError>;

    /// Decrypts each value to its signed representative.
    ///
    /// # Errors
    /// If a value was made for another key's shape.
    fn decrypt(&self, values: &[Value<Self::Types>]) -> Result<Vec<i64>, BackendError>;
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
