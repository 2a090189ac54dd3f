//! The client: the only side that has the secret key, the samples and the model.
//!
//! | what | module |
//! | --- | --- |
//! | what is done to samples before they are encrypted | [`preprocessing`] |
//! | the secret key and the server's keys | [`SecretKey`], [`EvaluationKey`] |
//! | the record of a data set that was sent | [`Sent`] |
//! | encrypting, decrypting | [`encryption`], [`decryption`] |
//! | the client of a network, whatever its engine | [`NetworkClient`] |
//! | a decrypted model with everything needed to use it | [`model`] |
//! | its files | [`safetensors`], [`npz`] |
//! | its predictions for samples | [`predictions`] |

#![deny(clippy::indexing_slicing)]

pub mod decryption;
pub mod encryption;
pub mod model;
pub mod npz;
pub mod predictions;
pub mod preprocessing;
pub mod safetensors;

mod error;
mod sent;

pub use error::ClientError;
pub use model::{Model, Origin};
pub use preprocessing::Preprocessing;
pub use sent::{OtherSet, Sent};
pub use silenzio_suite::{EvaluationKey, NetworkClient, SecretKey};
