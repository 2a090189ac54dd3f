//! The one place that names engines and backends.
//!
//! Everything above is generic over an [`Engine`](silenzio_core::Engine), or uses the types of this crate, which stand for
//! any engine. A new engine or backend takes a crate of its own, and its name in this one.
//!
//! | | |
//! | --- | --- |
//! | [`PublicPlan`] | what client and server agree on: a task, the parameters of keys, and the number formats, planned once |
//! | [`Network`] | the network of a public plan, ready for any side |
//! | [`Parameters`] | the parameters for which keys are made |
//! | [`KeyName`] | parameters and key id, by which files that fit together are recognised |
//! | [`Trained`], [`Predicted`] | the origin of results |
//! | [`payload`] | the content and order of the payload of each kind of file |
//! | [`security`] | everything encrypted that a server can get, and the problems on which its security rests |
//! | [`open`], [`open_key`] | opening files, and checking that the parts of their header agree |
//! | [`ServerKey`] | evaluation keys, and the [`ServerWork`] of any engine with them |
//! | `SecretKey`, `EvaluationKey`, `NetworkClient` | the client's side, with the feature `client` |
//! | `Simulator` | trainings on plain numbers, with the feature `simulator` |
//! | `rehearse` | both sides on ciphertexts in one process, with the feature `client` |
//! | `estimate` | estimates of an encrypted training, with both features |
//!
//! Without the feature `client`, no public type of this crate holds a secret key.

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
