//! The interface of a backend: values in Z_m that can be added and looked up.

use crate::{Lut, LutCounts, Modulus, modulus::InvalidModulus};
use ndarray::{Array2, ArrayView2};

/// The types that client and server of a backend share.
pub trait ValueTypes {
    /// One value of Z_m: a ciphertext, or its plain simulation. It knows its modulus.
    type Value: Clone + Send + Sync;
    /// Values as a client sends them: one seed for everything random in them, and one number per value.
    type Seeded: Send + Sync;
}

/// A value of a backend.
pub type Value<Types> = <Types as ValueTypes>::Value;
/// Values of a backend, as a client sends them.
pub type Seeded<Types> = <Types as ValueTypes>::Seeded;

/// The server side of a backend: arithmetic on values in Z_m, with evaluation keys only.
///
/// Every operation wraps modulo the value's modulus, identically in every backend; the
/// [`conformance`](crate::conformance) suite checks this. An implementation must not contain a secret key, and must
/// support calls from many threads at once.
///
/// A backend whose values carry noise tracks the variance of each value. It must refuse a look-up that could fail with
/// a probability above 2^-40 ([`BackendError::NoiseExceeded`]), and [`sum`](Self::sum) must refresh partial sums so
/// that a sum of any length can be looked up.
pub trait Backend: Send + Sync {
    /// The types of its values, shared with the client side.
    type Types: ValueTypes;

    /// Expands the values that a client encrypted, so that they can be computed with.
    ///
    /// # Errors
    /// If they were encrypted for other parameters.
    fn expand(&self, seeded: &Seeded<Self::Types>) -> Result<Vec<Value<Self::Types>>, BackendError>;

    /// The public constant `x` modulo `m`, as a value.
    fn trivial(&self, m: Modulus, x: i64) -> Value<Self::Types>;

    /// The modulus of a value.
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

    /// Looks up every value of `inputs` in every table of `luts`: one output vector per table, in order. Results are
    /// fresh values of the tables' output moduli. The tables of one call share the work on their common input.
    ///
    /// # Errors
    /// [`BackendError::ModulusMismatch`] if the modulus of an input is not the input modulus of a table,
    /// [`BackendError::MissingKey`] if there is no key for its size class, [`BackendError::NoiseExceeded`] if its noise
    /// is too high.
    fn luts(
        &self,
        inputs: &[Value<Self::Types>],
        luts: &[&Lut],
    ) -> Result<Vec<Vec<Value<Self::Types>>>, BackendError>;

    /// Looks up every value of `inputs` in one table.
    ///
    /// # Errors
    /// The errors of [`luts`](Self::luts).
    fn lut(&self, inputs: &[Value<Self::Types>], lut: &Lut) -> Result<Vec<Value<Self::Types>>, BackendError> {
        Ok(self.luts(inputs, &[lut])?.pop().unwrap_or_default())
    }

    /// The sum of `values`, all of modulus `m`, ready for a look-up.
    ///
    /// # Errors
    /// If a modulus differs from `m`; also the errors of [`luts`](Self::luts) where partial sums have to be refreshed.
    fn sum(&self, m: Modulus, values: &[Value<Self::Types>]) -> Result<Value<Self::Types>, BackendError>;

    /// The number of look-up results of modulus `m` that [`sum`](Self::sum) adds up without a refresh. It depends only
    /// on keys and parameters; there is no limit where values carry no noise.
    ///
    /// # Errors
    /// If there is no key for `m`.
    fn sum_capacity(&self, m: Modulus) -> Result<usize, BackendError>;

    /// The cost of one look-up on an input of modulus `m`, in a unit of the backend's choice (for TFHE: milliseconds of
    /// one core). Planners only compare these numbers with each other.
    fn lut_cost(&self, m: Modulus) -> f64;

    /// All look-ups since the backend was created, by size class, refreshes included.
    fn lut_counts(&self) -> LutCounts;

    /// Matrix products without look-ups, if the backend can compute them. By default it cannot.
    fn modular_products(&self) -> Option<&dyn ModularProducts<Value<Self::Types>>> {
        None
    }
}

/// An optional ability of a backend: whole matrix products, with the same results as by look-ups.
pub trait ModularProducts<V>: Sync {
    /// `factor * X W mod m`, a x c, for the a x b matrix `x` and the b x c matrix `w`, all of modulus `m`. `replaced`
    /// are the look-ups that the caller saves; the backend counts them as if it had performed them.
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

/// An error of a backend.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BackendError {
    /// Two operands, or a value and a table, have different moduli.
    #[error("the operands have different moduli: {left} and {right}")]
    ModulusMismatch {
        /// The modulus on the left, or of the value.
        left: Modulus,
        /// The modulus on the right, or of the table.
        right: Modulus,
    },
    /// There is no evaluation key for this size class.
    #[error("there is no key for modulus {0} ({bits}-bit look-ups): make keys for a plan that uses it", bits = .0.bits())]
    MissingKey(Modulus),
    /// A look-up could fail with a probability above 2^-40.
    #[error(
        "the noise of a value modulo {modulus} is too high for a look-up: its standard deviation is 2^{log2_std:.1}, \
         but at most 2^{log2_limit:.1} is allowed"
    )]
    NoiseExceeded {
        /// The modulus of the value.
        modulus: Modulus,
        /// log2 of the standard deviation of the value's noise.
        log2_std: f64,
        /// log2 of the largest standard deviation that its size class allows.
        log2_limit: f64,
    },
    /// A value or key does not have the shape that is expected.
    #[error("{0}")]
    WrongShape(String),
    /// A number is not a modulus.
    #[error(transparent)]
    InvalidModulus(#[from] InvalidModulus),
}
