//! The native part of the Python package `silenzio`: thin functions over the Rust library. The interface for users is in
//! `src/silenzio`.
//!
//! | what | file |
//! | --- | --- |
//! | errors by kind | `errors.rs` |
//! | long work without the GIL, with progress and interruption | `work.rs` |
//! | files and bytes | `places.rs` |
//! | the server | `server.rs` |
//! | the client | `client.rs` |
//! | decrypted models | `model.rs` |
//! | training in memory | `fit.rs` |
//! | simulations, estimates, sweeps | `experiments.rs` |
//!
//! Without the feature `client` only the server is left, and nothing can hold a secret key.

mod errors;
mod places;
mod server;
mod work;

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod experiments;
#[cfg(feature = "client")]
mod fit;
#[cfg(feature = "client")]
mod inputs;
#[cfg(feature = "client")]
mod model;

use pyo3::prelude::*;

#[pymodule]
mod _silenzio {
    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_export]
    use super::server::{Server, plan_of};

    #[cfg(feature = "client")]
    #[pymodule_export]
    use super::{
        client::Client,
        experiments::{estimate, simulate, sweep},
        fit::{Fitted, fit},
        model::{Model, probabilities},
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("HAS_CLIENT", cfg!(feature = "client"))
    }
}
