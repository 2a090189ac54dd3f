//! Samples: read from CSV or IDX files, split in a training and a test part, scaled to `[0, 1]`.
//!
//! ```text
//! files -> source (unpacks gzip) -> csv | idx -> samples -> split -> scaling -> dataset
//! ```
//!
//! Everything here happens at the client, in plain, before anything is encrypted. No content of a file
//! leads to a panic, and no size that a file claims is believed before it was compared with the file.

mod classes;
mod csv;
mod dataset;
mod error;
mod files;
mod idx;
mod load;
mod rows;
mod samples;
mod scaling;
mod source;
mod split;
#[cfg(test)]
mod tests;

pub use csv::{Column, CsvError};
pub use dataset::{Dataset, DatasetError};
pub use error::DataError;
pub use idx::IdxError;
pub use load::{Split, load, load_unscaled};
pub use rows::{Columns, Rows, load_rows};
pub use samples::Place;
pub use scaling::{Scaling, ScalingError};

/// The most features that a sample may have.
pub const MAX_FEATURES: usize = 1 << 20;

/// The most bytes that a file may have, unpacked.
pub const MAX_BYTES: u64 = 1 << 30;
