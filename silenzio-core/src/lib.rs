//! The traits and types that every Silenzio crate shares.
//!
//! The system is a stack of layers, and this crate defines the interfaces between them:
//!
//! ```text
//! training loop (silenzio-nn)          knows layers, no ciphertexts
//!     over an Engine                   engine.rs
//! exact engine (silenzio-rns)          knows layers and residues, no TFHE
//!     over a Backend                   backend.rs
//! approximate engine (silenzio-approximate)  knows layers, GLWEs and factors, no keys
//!     over an ApproximateBackend       approximate/backend.rs
//! silenzio-backend-plain, -tfhe        know how values are added, looked up and multiplied, no layers
//! ```
//!
//! Besides the traits, it has the types in their signatures ([`Modulus`], [`Lut`], [`LutCounts`]), the public training
//! [`plan`], the seeded public [`random`] streams, and a [`conformance`] suite that every backend has to pass.

#![deny(clippy::indexing_slicing)]

pub mod approximate;
pub mod backend;
#[allow(clippy::indexing_slicing, reason = "a suite of assertions panics where a backend fails it")]
pub mod conformance;
pub mod engine;
pub mod log_mean_exp;
pub mod lut;
pub mod lut_counts;
pub mod lwe_problem;
pub mod modulus;
pub mod noise;
pub mod plan;
pub mod random;
pub mod record;
pub mod shapes;
pub mod storage;
pub mod target;
pub mod task;
pub mod wire;

pub use backend::{Backend, BackendError, Client, Seeded, Value, ValueTypes};
pub use engine::{Engine, EngineClient, EngineError, Mode, StepContext, WeightBlocks};
pub use lut::Lut;
pub use lut_counts::LutCounts;
pub use lwe_problem::{Encryption, LweProblem, SecretDistribution};
pub use modulus::Modulus;
pub use storage::{StoredClient, StoredEngine};
pub use target::Target;
pub use task::Task;
pub use wire::Wire;
