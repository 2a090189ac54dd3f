//! Sweeps: the same experiment at many points, on the simulator.

mod distribution;
mod grid;
mod point;
mod runner;
mod switches;
mod table;

pub use grid::{Grid, GridError};
pub use runner::run;
pub use table::{Outcome, Row, Table, Writer};
