//! Training neural networks on encrypted data.
//!
//! | what | where | feature |
//! | --- | --- | --- |
//! | how long work is observed, stopped and given threads | [`Context`] | |
//! | a plan with its data | [`Experiment`], [`Run`] | |
//! | training on the simulator | [`Run::simulate`] | `simulator` |
//! | the same plan at many points | [`sweep`] | `simulator` |
//! | what encrypted training would take | [`Run::estimate`] | `simulator` and `client` |
//! | training on ciphertexts in one process | [`Rehearsal`] | `simulator` and `client` |
//! | keys, encryption, decryption | [`client`] | `client` |
//! | training and inference on encrypted files | [`server`] | `server` |
//!
//! All features are on by default. With `server` alone, no type of the library can hold a secret key.

mod context;
mod error;
mod experiment;
mod overrides;
mod run;

#[cfg(feature = "client")]
pub mod client;
#[cfg(all(feature = "simulator", feature = "client"))]
mod estimate;
#[cfg(all(feature = "simulator", feature = "client"))]
mod rehearsal;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "simulator")]
mod simulation;
#[cfg(feature = "simulator")]
pub mod sweep;
#[cfg(feature = "simulator")]
mod training;

pub use silenzio_core as core;
pub use silenzio_data as data;
pub use silenzio_files as files;
pub use silenzio_nn as nn;
pub use silenzio_suite as suite;

pub use context::{CancelToken, Context, Event, Stage};
pub use error::Error;
#[cfg(all(feature = "simulator", feature = "client"))]
pub use estimate::Estimate;
pub use experiment::Experiment;
pub use overrides::Override;
#[cfg(all(feature = "simulator", feature = "client"))]
pub use rehearsal::{Cost, EncryptedTraining, Rehearsal};
pub use run::{Confusion, Run, shape};
pub use silenzio_suite::{Description, Operations, ProductDescription, PublicPlan};
#[cfg(feature = "simulator")]
pub use silenzio_suite::{Observed, ObservedProduct, Simulator};
#[cfg(feature = "simulator")]
pub use simulation::SimulatedTraining;
