//! The one place that names engines and backends.
//!
//! Everything above is generic over an [`Engine`](silenzio_core::Engine), or handles the types of this crate, which
//! are those of any engine. To add an engine or a backend is to write its crate, and to add it here.
//!
//! | | |
//! | --- | --- |
//! | [`PublicPlan`] | what client and server agree on: a task, the parameters of keys and the number formats, planned once |
//! | [`Network`] | the network of a public plan, ready for any side |
//! | [`Parameters`] | what keys are made for |
//! | [`KeyName`] | whose files fit together: parameters and key id |
//! | [`Trained`], [`Predicted`] | what results say about where they come from |
//! | [`payload`] | what the payload of each kind of file is, and in which order |
//! | [`security`] | everything encrypted that a server can get, and the problems that it rests on |
//! | [`open`], [`open_key`] | files whose header agrees with itself |
//! | [`ServerKey`] | evaluation keys, and the [`ServerWork`] of any engine with them |
//! | `SecretKey`, `EvaluationKey`, `NetworkClient` | the client's side, with the feature `client` |
//! | `Simulator` | trainings on plain numbers, with the feature `simulator` |
//! | `rehearse` | both sides on ciphertexts in one process, with the feature `client` |
//! | `estimate` | what an encrypted training would take, with both features |
//!
//! Without the feature `client` no type that can be named here holds a secret key.

#![deny(clippy::indexing_slicing)]

mod approximate;
mod data_sets;
mod exact;
mod key_name;
mod network;
mod observation;
mod open;
mod origin;
mod parameters;
pub mod payload;
mod plan_file;
mod public_plan;
pub mod security;
mod server;
mod suite;

#[cfg(all(feature = "client", feature = "simulator"))]
mod estimate;
#[cfg(feature = "client")]
mod keys;
#[cfg(any(feature = "client", feature = "simulator"))]
mod local;
#[cfg(feature = "client")]
mod network_client;
#[cfg(feature = "client")]
mod rehearsal;
#[cfg(feature = "simulator")]
mod simulator;

pub use data_sets::DataSets;
#[cfg(all(feature = "client", feature = "simulator"))]
pub use estimate::{Estimate, MessageCost, StepCost, WeightCost, estimate};
pub use key_name::KeyName;
#[cfg(feature = "client")]
pub use keys::{EvaluationKey, SecretKey};
#[cfg(any(feature = "client", feature = "simulator"))]
pub use local::{LocalWork, Watch};
pub use network::{Description, Network, ProductDescription};
#[cfg(feature = "client")]
pub use network_client::NetworkClient;
pub use observation::Operations;
pub use open::{Opened, check, open, open_key};
pub use origin::{Earlier, Planned, Predicted, Trained};
pub use parameters::Parameters;
pub use plan_file::{read_plan, to_toml};
pub use public_plan::{PLAN_VERSION, PlanProblem, PublicPlan};
#[cfg(feature = "client")]
pub use rehearsal::{BareBootstrap, Phase, RehearsalCost, on_ciphertexts, rehearse};
pub use server::{ServerKey, ServerWork};
#[cfg(feature = "client")]
pub use silenzio_backend_tfhe::Progress as KeyProgress;
#[cfg(feature = "simulator")]
pub use simulator::{InapplicableSwitch, Observed, ObservedProduct, Simulator};
