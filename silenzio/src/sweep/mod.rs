//! Sweeps: the same experiment at many points, on the simulator.

mod distribution;
mod error;
mod grid;
mod point;
mod runner;
mod shard;
mod switches;
mod table;
mod writer;

pub use error::GridError;
pub use grid::Grid;
pub use point::Point;
pub use runner::{run, run_shard};
pub use shard::Shard;
pub use switches::Switches;
pub use table::{Outcome, Row, Table, TableError};
pub use writer::Writer;
