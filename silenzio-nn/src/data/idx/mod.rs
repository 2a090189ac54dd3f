//! IDX files, the format of MNIST and its relatives: an array of bytes behind its dimensions.
//!
//! ```text
//! bytes 0..2      0, 0
//! byte  2         the type of the elements; 0x08: unsigned bytes
//! byte  3         d, the number of dimensions
//! bytes 4..4+4d   the dimensions, 32-bit big-endian, the first one counts the items
//! the rest        the elements, the last dimension running fastest
//! ```
//!
//! Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

mod array;
mod error;
mod samples;
#[cfg(test)]
mod tests;

pub(super) use array::is_idx;
pub use error::IdxError;
pub(super) use samples::{parse_images, parse_labels, to_samples};
