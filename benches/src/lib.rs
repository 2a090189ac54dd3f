//! Code that the benchmarks share.
//!
//! `cargo bench -p silenzio-benches` measures every building block on both backends. At the end it prints a table, in which
//! times on TFHE are also given in bare TFHE-rs bootstraps, which are measured in the same run. On two cores it takes a
//! quarter of an hour. The argument `-- softmax/tfhe` selects by name; names are `group/backend/case`.
//!
//! `cargo run --release -p silenzio-benches --bin comparison` compares the published gadget, squares and the approximate
//! engine on four networks.

pub mod markdown;
pub mod operands;
pub mod server;
pub mod sides;
pub mod suite;
pub mod training;

pub use server::Server;
pub use sides::{Approximate, Exact, Sides};
pub use suite::{Case, Suite};

/// The error of a benchmark.
pub type Failure = Box<dyn std::error::Error>;
