//! The elements of binary arrays, and tables made of arrays.

use crate::cell::Cell;
use crate::column::Column;

/// The type of the elements of an array, with the size of an element: in bytes, or in characters for [`Self::Unicode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned integers.
    Unsigned(usize),
    /// Signed integers.
    Signed(usize),
    /// Floating-point numbers of single or double precision.
    Float(usize),
    /// Text in 32-bit characters.
    Unicode(usize),
    /// Text in bytes.
    Bytes(usize),
    /// Booleans.
    Truth,
}

impl Kind {
    /// The size of an element in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Unsigned(size) | Self::Signed(size) | Self::Float(size) | Self::Bytes(size) => size,
            Self::Unicode(size) => 4 * size,
            Self::Truth => 1,
        }
    }
}

/// The elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements<'a> {
    /// The bytes of all elements, one element after the other.
    pub bytes: &'a [u8],
    /// The type of the elements.
    pub kind: Kind,
    /// Whether the most significant byte of an element is the first.
    pub big_endian: bool,
}

impl Elements<'_> {
    /// An element as a number; `None` if it does not exist or is not a number.
    pub fn number(&self, index: usize) -> Option<f64> {
        let bytes = self.element(index)?;
        let mut little = [0; 8];
        for (to, from) in little.iter_mut().zip(0..bytes.len()) {
            *to = *bytes.get(if self.big_endian { bytes.len() - 1 - from } else { from })?;
        }
        let unsigned = u64::from_le_bytes(little);
        Some(match self.kind {
            Kind::Unsigned(_) => unsigned as f64,
            Kind::Signed(size) => {
                let shift = 64 - 8 * size as u32;
                (((unsigned << shift) as i64) >> shift) as f64
            }
            Kind::Float(4) => f32::from_bits(unsigned as u32).into(),
            Kind::Float(_) => f64::from_bits(unsigned),
            Kind::Unicode(_) | Kind::Bytes(_) | Kind::Truth => return None,
        })
    }

    /// Adds an element to a column, as a missing value if it does not exist.
    fn push_to(&self, column: &mut Column, index: usize) {
        match self.kind {
            Kind::Unicode(_) | Kind::Bytes(_) => {
                let text = self.text(index).unwrap_or_default();
                column.push(Cell::parse(&text, b'.'));
            }
            Kind::Truth => {
                let truth = self.element(index).is_some_and(|bytes| bytes != [0]);
                column.push(Cell::Text(if truth { "true" } else { "false" }));
            }
            _ => column.push_number(self.number(index).unwrap_or(f64::NAN)),
        }
    }

    fn text(&self, index: usize) -> Option<String> {
        let bytes = self.element(index)?;
        let character = |code: &[u8]| {
            let code: [u8; 4] = code.try_into().ok()?;
            char::from_u32(if self.big_endian { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) })
        };
        let text: String = match self.kind {
            Kind::Unicode(_) => bytes.chunks_exact(4).filter_map(character).collect(),
            _ => String::from_utf8_lossy(bytes).into_owned(),
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    fn element(&self, index: usize) -> Option<&[u8]> {
        let size = self.kind.size();
        let start = index.checked_mul(size)?;
        self.bytes.get(start..start.checked_add(size)?)
    }
}

/// The columns of an array, rows x width, whose elements are stored row by row, or column by column if `by_column`.
pub fn columns(elements: Elements<'_>, rows: usize, width: usize, by_column: bool) -> Vec<Column> {
    let column = |number: usize| {
        let index = |row: usize| if by_column { number * rows + row } else { row * width + number };
        if elements.kind == Kind::Unsigned(1) {
            return Column::of_bytes(
                (0..rows).filter_map(|row| elements.bytes.get(index(row)).copied()).collect(),
            );
        }
        let mut column = Column::default();
        (0..rows).for_each(|row| elements.push_to(&mut column, index(row)));
        column
    };
    (0..width).map(column).collect()
}

/// The names of the pixels of an image of this shape, in row-major order.
pub fn pixel_names(shape: &[usize]) -> Vec<String> {
    shape.iter().fold(vec!["pixel".to_string()], |names, &dimension| {
        names.iter().flat_map(|name| (0..dimension).map(move |index| format!("{name}_{index}"))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_in_both_orders() {
        let (little, big) = ((-2i32).to_le_bytes(), (-2i32).to_be_bytes());
        for (bytes, big_endian) in [(&little, false), (&big, true)] {
            let elements = Elements { bytes, kind: Kind::Signed(4), big_endian };
            assert_eq!((elements.number(0), elements.number(1)), (Some(-2.0), None));
        }
        let text: Vec<u8> = "né\0".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let elements = Elements { bytes: &text, kind: Kind::Unicode(3), big_endian: false };
        assert_eq!(elements.text(0).as_deref(), Some("né"));
    }

    #[test]
    fn rows_and_columns_may_come_first() {
        let elements = Elements { bytes: &[1, 2, 3, 4, 5, 6], kind: Kind::Unsigned(1), big_endian: true };
        let numbers = |by_column: bool| -> Vec<Vec<f64>> {
            let columns = columns(elements, 2, 3, by_column);
            columns.iter().map(|column| (0..2).map(|row| column.number(row)).collect()).collect()
        };
        assert_eq!(numbers(false), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
        assert_eq!(numbers(true), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!(pixel_names(&[2, 2]), ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"]);
    }
}
