//! The array in an IDX file.

use super::IdxError;
use crate::array::{Elements, Kind};

/// An array with at least one element.
#[derive(Debug, PartialEq)]
pub struct Array<'a> {
    /// The dimensions, whose product is the number of elements.
    pub dimensions: Vec<usize>,
    /// The elements in row-major order.
    pub elements: Elements<'a>,
}

impl<'a> Array<'a> {
    /// Parses a whole file.
    ///
    /// No memory is allocated for a size that the file only claims.
    ///
    /// # Errors
    /// If the file is not an IDX file, or its length does not match its dimensions.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, IdxError> {
        let (element_type, rank) = match bytes {
            &[0, 0, element_type, rank, ..] => (element_type, usize::from(rank)),
            _ => return Err(IdxError::NotIdx),
        };
        let kind = match element_type {
            0x08 => Kind::Unsigned(1),
            0x09 => Kind::Signed(1),
            0x0b => Kind::Signed(2),
            0x0c => Kind::Signed(4),
            0x0d => Kind::Float(4),
            0x0e => Kind::Float(8),
            found => return Err(IdxError::ElementType { found }),
        };
        let header = 4 + 4 * rank;
        let Some((header, elements)) = bytes.split_at_checked(header) else {
            return Err(IdxError::TruncatedHeader { expected: header, found: bytes.len() });
        };
        let (_, dimensions) = header.split_at(4);
        let dimensions: Vec<u32> = dimensions.as_chunks().0.iter().map(|&d| u32::from_be_bytes(d)).collect();
        let elements = Elements { bytes: elements, kind, big_endian: true };
        check_length(&dimensions, &elements)?;
        Ok(Self { dimensions: dimensions.into_iter().map(|d| d as usize).collect(), elements })
    }
}

/// Compares the number of bytes in the file with that of its dimensions.
fn check_length(dimensions: &[u32], elements: &Elements<'_>) -> Result<(), IdxError> {
    if dimensions.is_empty() || dimensions.contains(&0) {
        return Err(IdxError::NoElements { dimensions: dimensions.to_vec() });
    }
    let size = elements.kind.size() as u128;
    let expected = dimensions.iter().fold(size, |product, &d| product.saturating_mul(d.into()));
    let (found, dimensions) = (elements.bytes.len(), dimensions.to_vec());
    match expected.cmp(&(found as u128)) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(IdxError::Truncated { dimensions, expected, found }),
        std::cmp::Ordering::Less => Err(IdxError::TrailingBytes { dimensions, expected, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: u8, dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
        let header = [0, 0, kind, dimensions.len() as u8];
        let dimensions = dimensions.iter().flat_map(|d| d.to_be_bytes());
        header.into_iter().chain(dimensions).chain(elements.iter().copied()).collect()
    }

    #[test]
    fn all_types_are_read() {
        let numbers = |kind: u8, elements: &[u8]| {
            let file = file(kind, &[1], elements);
            let array = Array::parse(&file).unwrap();
            array.elements.number(0)
        };
        assert_eq!(numbers(0x08, &[200]), Some(200.0));
        assert_eq!(numbers(0x09, &[0xff]), Some(-1.0));
        assert_eq!(numbers(0x0b, &(-300i16).to_be_bytes()), Some(-300.0));
        assert_eq!(numbers(0x0c, &70_000i32.to_be_bytes()), Some(70_000.0));
        assert_eq!(numbers(0x0d, &1.5f32.to_be_bytes()), Some(1.5));
        assert_eq!(numbers(0x0e, &0.1f64.to_be_bytes()), Some(0.1));
    }

    #[test]
    fn sizes_are_checked_against_the_file() {
        let claims =
            |dimensions: &[u32], elements: &[u8]| Array::parse(&file(8, dimensions, elements)).map(|_| ());
        assert_eq!(claims(&[2, 2], &[1; 4]), Ok(()));
        assert!(matches!(claims(&[2, 2], &[1; 3]), Err(IdxError::Truncated { expected: 4, found: 3, .. })));
        assert!(matches!(
            claims(&[2, 2], &[1; 5]),
            Err(IdxError::TrailingBytes { expected: 4, found: 5, .. })
        ));
        assert!(matches!(claims(&[u32::MAX; 3], &[1]), Err(IdxError::Truncated { .. })));
        assert!(matches!(
            claims(&[u32::MAX; 255], &[1]),
            Err(IdxError::Truncated { expected: u128::MAX, .. })
        ));
        assert!(matches!(claims(&[0, 5], &[]), Err(IdxError::NoElements { .. })));
        assert!(matches!(claims(&[], &[1]), Err(IdxError::NoElements { .. })));
        assert_eq!(
            Array::parse(&[0, 0, 8, 3, 0, 0]),
            Err(IdxError::TruncatedHeader { expected: 16, found: 6 })
        );
        assert_eq!(Array::parse(&[0, 0, 10, 1]), Err(IdxError::ElementType { found: 10 }));
        assert_eq!(Array::parse(&[0, 0]), Err(IdxError::NotIdx));
    }
}
