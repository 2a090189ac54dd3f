//! Results as a page for the browser, and its plots as SVG files.
//!
//! [`Results`] reads the results of simulations, rehearsals, evaluations and sweeps; [`write()`] makes a page of any number of
//! them. [`text`] has the number formats that pages and the program share.

#![deny(clippy::indexing_slicing)]

mod error;
mod page;
mod results;
pub mod text;

pub use error::ReportError;
pub use page::{Written, write};
pub use results::{
    Cost, EvaluatedModel, Evaluation, Rehearsal, Results, ResultsError, SimulatedSeed, Simulation,
};
