//! Client and server of a backend, together.

use crate::{Failure, Server};
use ndarray::Array2;
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::approximate::backend::{ApproximateTypes, Ggsw, Lwe};
use silenzio_core::approximate::parameters::N2048_BLOCKS;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient};
use silenzio_core::plan::SmallKeys;
use silenzio_core::random::Seed;
use silenzio_core::{Backend, BackendError, Client, Modulus, Value, ValueTypes};

/// A client and a server.
pub struct Sides<C, S> {
    /// The client.
    pub client: C,
    /// The server.
    pub server: S,
}

/// Both sides of a backend of the exact engine.
pub trait Exact {
    /// The types of values.
    type Types: ValueTypes;
    /// The client.
    type Client: Client<Types = Self::Types>;
    /// The server.
    type Server: Backend<Types = Self::Types> + Server;

    /// The client.
    fn client(&self) -> &Self::Client;

    /// The server.
    fn server(&self) -> &Self::Server;

    /// Encrypts integers modulo `m`.
    ///
    /// # Errors
    /// The errors of [`Client::encrypt`].
    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<Vec<Value<Self::Types>>, BackendError> {
        self.server().expand(&self.client().encrypt(m, xs)?)
    }

    /// Encrypts a matrix modulo `m`.
    ///
    /// # Errors
    /// The errors of [`Client::encrypt`].
    fn encrypt_matrix(&self, m: Modulus, xs: &Array2<i64>) -> Result<Array2<Value<Self::Types>>, Failure> {
        let values = self.encrypt(m, &xs.iter().copied().collect::<Vec<_>>())?;
        Ok(Array2::from_shape_vec(xs.dim(), values)?)
    }
}

impl<C: Client, S: Backend<Types = C::Types> + Server> Exact for Sides<C, S> {
    type Types = C::Types;
    type Client = C;
    type Server = S;

    fn client(&self) -> &C {
        &self.client
    }

    fn server(&self) -> &S {
        &self.server
    }
}

/// Both sides of a backend of the approximate engine.
pub trait Approximate {
    /// The types of ciphertexts.
    type Types: ApproximateTypes;
    /// The client.
    type Client: ApproximateClient<Types = Self::Types>;
    /// The server.
    type Server: ApproximateBackend<Types = Self::Types> + Server;

    /// The client.
    fn client(&self) -> &Self::Client;

    /// The server.
    fn server(&self) -> &Self::Server;

    /// Encrypts torus elements.
    ///
    /// # Errors
    /// If an operation of the backend fails.
    fn encrypt_lwes(&self, xs: &[f64]) -> Result<Vec<Lwe<Self::Types>>, BackendError> {
        self.server().expand_lwes(&self.client().encrypt_lwes(xs))
    }

    /// Encrypts an integer polynomial as a factor.
    ///
    /// # Errors
    /// The errors of [`ApproximateClient::encrypt_ggsw`].
    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<Ggsw<Self::Types>, BackendError> {
        self.server().expand_ggsw(&self.client().encrypt_ggsw(terms)?)
    }
}

impl<C: ApproximateClient, S: ApproximateBackend<Types = C::Types> + Server> Approximate for Sides<C, S> {
    type Types = C::Types;
    type Client = C;
    type Server = S;

    fn client(&self) -> &C {
        &self.client
    }

    fn server(&self) -> &S {
        &self.server
    }
}

/// The simulator, which plans with the look-up costs of TFHE.
pub fn plain() -> Sides<PlainClient, PlainBackend> {
    let server = PlainBackend::new(crate::server::lut_cost);
    Sides { client: PlainClient, server }
}

/// Generates keys for look-ups on these moduli.
///
/// # Errors
/// If a number is not a valid modulus, or keys cannot be expanded.
pub fn tfhe(moduli: &[u8]) -> Result<Sides<ClientKey, ServerKey>, Failure> {
    let moduli = moduli.iter().map(|&m| Modulus::new(m.into())).collect::<Result<Vec<_>, _>>()?;
    let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, moduli));
    let server = ServerKey::new(&client)?;
    Ok(Sides { client, server })
}

/// The approximate simulator.
pub fn plain_approximate() -> Sides<PlainApproximateClient, PlainApproximateBackend> {
    Sides {
        client: PlainApproximateClient::new(&N2048_BLOCKS),
        server: PlainApproximateBackend::new(&N2048_BLOCKS, Seed(1)),
    }
}

/// Generates keys of the approximate engine.
pub fn tfhe_approximate(
    parameters: &ApproximateParameters,
) -> Result<Sides<ApproximateClientKey, ApproximateServerKey>, BackendError> {
    let client = ApproximateClientKey::generate(parameters);
    let server = ApproximateServerKey::new(&client)?;
    Ok(Sides { client, server })
}
