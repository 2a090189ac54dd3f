//! The array in an IDX file.

use super::IdxError;

const UNSIGNED_BYTES: u8 = 0x08;

/// An array of unsigned bytes, with at least one element.
#[derive(Debug, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its dimensions, whose product is the number of elements.
    pub dimensions: Vec<u32>,
    /// Its elements, the last dimension running fastest.
    pub elements: &'a [u8],
}

/// Whether a file that begins with `bytes` is taken for IDX; no text begins with zero bytes.
pub fn is_idx(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0, 0])
}

impl<'a> Array<'a> {
    /// Reads a whole file.
    ///
    /// Nothing is allocated by a size that the file claims, except for the at most 255 dimensions, which
    /// the file has been seen to hold.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, IdxError> {
        let (element_type, rank) = match bytes {
            &[0, 0, element_type, rank, ..] => (element_type, usize::from(rank)),
            _ => return Err(IdxError::NotIdx),
        };
        if element_type != UNSIGNED_BYTES {
            return Err(IdxError::ElementType { found: element_type });
        }
        let header = 4 + 4 * rank;
        let Some((header, elements)) = bytes.split_at_checked(header) else {
            return Err(IdxError::TruncatedHeader { expected: header, found: bytes.len() });
        };
        let (_, dimensions) = header.split_at(4);
        let dimensions: Vec<u32> =
            dimensions.chunks_exact(4).map(|d| u32::from_be_bytes([d[0], d[1], d[2], d[3]])).collect();
        check_length(&dimensions, elements.len())?;
        Ok(Self { dimensions, elements })
    }
}

/// Compares the promised with the real number of elements.
fn check_length(dimensions: &[u32], found: usize) -> Result<(), IdxError> {
    if dimensions.is_empty() || dimensions.contains(&0) {
        return Err(IdxError::NoElements { dimensions: dimensions.to_vec() });
    }
    let expected = dimensions.iter().fold(1u128, |product, &d| product.saturating_mul(d.into()));
    let dimensions = || dimensions.to_vec();
    match expected.cmp(&(found as u128)) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(IdxError::Truncated { dimensions: dimensions(), expected, found }),
        std::cmp::Ordering::Less => {
            Err(IdxError::TrailingBytes { dimensions: dimensions(), expected, found })
        }
    }
}
