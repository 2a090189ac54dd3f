//! What the benchmarks share.
//!
//! `cargo bench -p silenzio-benches` measures every building block on both backends. It prints a table in the end, in
//! which what runs on TFHE is also given in bare TFHE-rs bootstraps, measured in the same run. On two cores it takes a
//! quarter of an hour. `-- softmax/tfhe` after it selects by name; names are `group/backend/case`.
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

/// How a benchmark can fail.
pub type Failure = Box<dyn std::error::Error>;
