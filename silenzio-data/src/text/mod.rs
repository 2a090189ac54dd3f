//! Text files with a delimiter.
//!
//! ```text
//! bytes -> dialect (what separates cells) -> blocks (whole records, with their lines) -> cells, block by block in
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

/// The longest record, in bytes.
pub const MAX_RECORD: usize = 1 << 26;
