//! The client: the only place that has the secret key, the samples and the model.
//!
//! | what | module |
//! | --- | --- |
//! | what is done to samples before they are encrypted | [`preprocessing`] |
//! | the secret key and the server's keys | [`keys`] |
//! | encrypting, decrypting | [`encryption`], [`decryption`] |
//! | the client of a network, whatever its engine | [`NetworkClient`] |
//! | a decrypted model with all that is needed to use it | [`model`] |
//! | its files | [`safetensors`], [`npz`] |
//! | what it says about samples | [`predictions`] |
//! | samples as CSV | [`table`] |
//! | public plans as files | [`public_plan`] |

#![deny(clippy::indexing_slicing)]

pub mod decryption;
pub mod encryption;
pub mod keys;
pub mod model;
pub mod npz;
pub mod predictions;
pub mod preprocessing;
pub mod public_plan;
pub mod safetensors;
pub mod table;

mod error;
mod network_client;

pub use error::ClientError;
pub use keys::{EvaluationKey, SecretKey};
pub use model::{Model, Origin};
pub use network_client::NetworkClient;
pub use preprocessing::Preprocessing;
