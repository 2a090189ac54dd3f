//! IDX files, the format of MNIST and its relatives: the dimensions of an array, followed by its elements.
//!
//! ```text
//! bytes 0..2      0, 0
//! byte  2         the type of the elements
//!                     0x08 unsigned bytes, 0x09 signed bytes, 0x0b 16 bits, 0x0c 32 bits, 0x0d floats, 0x0e doubles
//! byte  3         d, the number of dimensions
//! bytes 4..4+4d   the dimensions, 32-bit big-endian, the first one counts the items
//! the rest        the elements, big-endian, in row-major order
//! ```
//!
//! Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

mod array;
mod error;

pub use array::Array;
pub use error::IdxError;
