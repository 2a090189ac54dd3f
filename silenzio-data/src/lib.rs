//! Reads tables in common file formats, checks and splits them, and encodes them as numbers for training.
//!
//! ```text
//! files -> source (standard input, gzip, Zstandard) -> format, by the first bytes
//!       -> text | ARFF | Parquet | NumPy | IDX -> table (columns of cells)
//!       -> roles (features, label or targets) -> classes, split -> encoding (scaled, one-hot) -> dataset
//! ```
//!
//! All of this happens at the client, on plain data, before anything is encrypted. No file content causes a panic, and
//! a size that a file claims is compared with the actual file before it is trusted.
//!
//! # Libraries
//!
//! Parquet is read with Apache Arrow's `parquet`, in batches. Text is parsed with `csv`, whose core Arrow's own CSV
//! reader also uses. That reader reports records where people look for lines, treats a quote that is never closed as
//! closed at the end of the file, and supports neither decimal commas nor runs of spaces. Here, a file is cut into
//! blocks of whole records with known line numbers, and blocks are parsed on all cores. Memory is bounded by the
//! numbers (8 bytes each, or 1 if a column has only small whole numbers), not by the text. Polars would bring a whole
//! query engine for the same purpose.

#![deny(clippy::indexing_slicing)]

mod arff;
mod array;
mod cell;
mod classes;
mod column;
mod dataset;
mod encoding;
mod error;
mod files;
mod format;
mod held_back;
mod idx;
mod load;
mod npy;
mod parquet;
mod place;
mod reading;
mod roles;
mod rows;
mod scaling;
mod shown;
mod source;
#[allow(clippy::indexing_slicing, reason = "labels are classes, which all have a size and a share")]
mod split;
mod table;
mod targets;
mod text;

pub use dataset::{Dataset, DatasetError};
pub use encoding::{EncodedColumn, EncodedKind, Encoding, LabelPlace};
pub use error::DataError;
pub use held_back::HeldBack;
pub use idx::IdxError;
pub use load::{Data, Split, load};
pub use npy::NpyError;
pub use place::Place;
pub use reading::{Described, Header, Range, ReadColumn, Reading};
pub use rows::{Rows, read_rows};
pub use scaling::Scale;
pub use shown::{listed, shown};
pub use source::{MAX_BYTES, MAX_WHOLE_BYTES};
pub use table::{MAX_CELLS, MAX_FEATURES};
pub use targets::{RealTargets, TargetColumn, Targets, unscaled};
pub use text::TextError;
