//! CSV files: a column of labels, and columns of numbers.

mod column;
mod error;
mod layout;
mod lines;
mod read;
#[cfg(test)]
mod tests;

pub use column::Column;
pub use error::CsvError;
pub(super) use layout::Layout;
pub(super) use read::{read, read_rows};
