//! Text files with delimiters.
//!
//! ```text
//! bytes -> dialect (such as the delimiter) -> blocks (whole records, with their lines) -> cells, block by block in
//! parallel -> columns
//! ```

mod blocks;
mod dialect;
mod error;
mod header;
mod read;

pub use dialect::Dialect;
pub use error::TextError;
pub use header::Known;
pub use read::{Options, read, read_with};

/// The largest length of a record, in bytes.
pub const MAX_RECORD: usize = 1 << 26;
