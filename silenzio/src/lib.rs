//! Training neural networks on encrypted data.
//!
//! | what | where | feature |
//! | --- | --- | --- |
//! | how long work is observed and cancelled, and on which threads it runs | [`Context`] | |
//! | a plan with its data, from files or arrays | [`Experiment`], [`Run`], [`arrays`] | |
//! | training on the simulator | [`Run::simulate`] | `simulator` |
//! | the same plan at many points | [`sweep`] | `simulator` |
//! | a plan for a table that nobody has seen | [`planning`] | `simulator` |
//! | what an encrypted training takes | [`Run::estimate`] | `simulator` and `client` |
//! | training on ciphertexts in one process, with its cost | [`Rehearsal`] | `simulator` and `client` |
//! | training in one process, simulated or on ciphertexts, for the model | [`Run::fit`] | `simulator` and `client` |
//! | keys, encryption, decryption | [`client`] | `client` |
//! | training and inference on encrypted files | [`server`] | `server` |
//!
//! All features are on by default. With `server` alone, no type of the library can hold a secret key.
//!
//! # Examples
//!
//! What an encrypted training would learn:
//!
//! ```
//! use ndarray::array;
//! use silenzio::core::plan::{EnginePlan, ModelPlan, TrainingPlan};
//! use silenzio::arrays::{dataset, scaled};
//! use silenzio::{Context, Run};
//!
//! # fn main() -> Result<(), silenzio::Error> {
//! let train = array![[0.1, 0.9], [0.9, 0.2], [0.2, 0.7], [0.8, 0.1], [0.0, 1.0], [1.0, 0.0]];
//! let train = dataset(train, vec![0, 1, 0, 1, 0, 1])?;
//! let test = dataset(array![[0.3, 0.8], [0.7, 0.3]], vec![0, 1])?;
//! let model = ModelPlan { hidden: vec![8] };
//! let training = TrainingPlan { epochs: 60, batch: 2, ..TrainingPlan::default() };
//! let samples = scaled(train, test)?;
//! let run = Run::new(&model, &training, &EnginePlan::default(), samples.train, samples.test)?;
//! let simulated = run.simulate(run.simulator(), None, &Context::new())?;
//! assert_eq!(simulated.simulated_accuracies.last(), Some(&1.0));
//! println!("{} bootstraps", simulated.observed.operations.total_bootstraps());
//! # Ok(())
//! # }
//! ```
//!
//! The folder `examples/` has a client and a server that exchange bytes, and a backend of one's own.

#![deny(clippy::indexing_slicing)]

pub mod arrays;
mod context;
mod error;
mod experiment;
mod measure;
mod overrides;
mod run;

#[cfg(feature = "client")]
pub mod client;
#[cfg(all(feature = "simulator", feature = "client"))]
mod cluster;
#[cfg(all(feature = "simulator", feature = "client"))]
mod estimate;
#[cfg(all(feature = "simulator", feature = "client"))]
mod fit;
#[cfg(feature = "simulator")]
pub mod planning;
#[cfg(all(feature = "simulator", feature = "client"))]
mod rehearsal;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "simulator")]
mod simulation;
#[cfg(feature = "simulator")]
#[allow(
    clippy::indexing_slicing,
    reason = "points are numbered from 1, and choices are drawn below their number"
)]
pub mod sweep;
#[cfg(feature = "simulator")]
mod training;

pub use silenzio_core as core;
pub use silenzio_data as data;
pub use silenzio_files as files;
pub use silenzio_nn as nn;
pub use silenzio_suite as suite;

#[cfg(all(feature = "simulator", feature = "client"))]
pub use cluster::{Cluster, ClusterEstimate};
pub use context::{CancelToken, Context, Event, Stage};
pub use error::Error;
#[cfg(all(feature = "simulator", feature = "client"))]
pub use estimate::Estimate;
pub use experiment::Experiment;
#[cfg(all(feature = "simulator", feature = "client"))]
pub use fit::{Arithmetic, Fitted};
pub use measure::Measure;
pub use overrides::Override;
#[cfg(all(feature = "simulator", feature = "client"))]
pub use rehearsal::{Cost, EncryptedTraining, Rehearsal};
pub use run::{Confusion, Course, Run, Score, shape};
pub use silenzio_nn::snapshots::SnapshotPolicy;
pub use silenzio_suite::{Description, Operations, ProductDescription, PublicPlan};
#[cfg(feature = "simulator")]
pub use silenzio_suite::{Observed, ObservedProduct, Simulator};
#[cfg(feature = "simulator")]
pub use simulation::SimulatedTraining;
