//! The client: the only place that has the secret key, the samples and the model.
//!
//! | what | module |
//! | --- | --- |
//! | what is done to samples before they are encrypted | [`preprocessing`] |
//! | a decrypted model with all that is needed to use it | [`model`] |
//! | its files | [`safetensors`], [`npz`] |
//! | what it says about samples | [`predictions`] |
//! | samples as CSV | [`table`] |

pub mod model;
pub mod npz;
pub mod predictions;
pub mod preprocessing;
pub mod safetensors;
pub mod table;

mod error;

pub use error::ClientError;
pub use model::{Model, Origin};
pub use preprocessing::Preprocessing;
