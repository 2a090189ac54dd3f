//! NumPy arrays in `.npy` files and `.npz` archives.
//!
//! Format: NEP 1, "A Simple File Format for NumPy Arrays". A size is compared with the file before it is trusted.

use crate::array::{Elements, Kind};
use crate::source::MAX_WHOLE_BYTES;
use py_literal::Value;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// What can be wrong with a NumPy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NpyError {
    /// The file is truncated, or has a header that NumPy does not write.
    #[error("is a damaged or truncated NumPy array; save or fetch it again")]
    Damaged,
    /// The elements are neither numbers, Booleans nor text.
    #[error(
        "has elements of type {found}, but only numbers, Booleans and text can be read; convert the array"
    )]
    ElementType {
        /// The type in NumPy's notation.
        found: String,
    },
    /// The number of elements does not match the shape.
    #[error(
        "has {found} bytes of elements, but its shape {shape:?} promises {expected}; save or fetch it again"
    )]
    Length {
        /// The shape.
        shape: Vec<usize>,
        /// The number of bytes for this shape.
        expected: u128,
        /// The number of bytes in the file.
        found: usize,
    },
    /// The array does not have rows and columns.
    #[error("has the shape {shape:?}, but needs rows and columns; labels alone belong to data.labels")]
    NotATable {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The labels have more than one dimension.
    #[error("has the shape {shape:?}, but labels need one dimension")]
    NotLabels {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The number of labels differs from that of rows.
    #[error("has {labels} labels, but there are {rows} rows; do the two belong together?")]
    LabelCount {
        /// The number of labels.
        labels: usize,
        /// The number of rows.
        rows: usize,
    },
    /// The archive has no arrays.
    #[error(
        "is a ZIP archive without NumPy arrays; unpack it, or save the sheet as CSV if it is a spreadsheet"
    )]
    NotNpz,
    /// The archive has no arrays with known names.
    #[error("has the arrays {found}, but needs {wanted}; save the array under such a name")]
    Names {
        /// The names in the archive.
        found: String,
        /// The names of which one is needed.
        wanted: String,
    },
    /// The archive cannot be unpacked.
    #[error("is an archive that is damaged or too large: {0}")]
    Zip(String),
}

/// An array with at least one element.
#[derive(Debug, PartialEq)]
pub struct Array<'a> {
    /// The shape.
    pub shape: Vec<usize>,
    /// Whether elements are in Fortran order, in which the first index changes fastest.
    pub by_column: bool,
    /// The elements.
    pub elements: Elements<'a>,
}

impl<'a> Array<'a> {
    /// Parses a whole `.npy` file.
    ///
    /// # Errors
    /// [`NpyError::Damaged`] if it has no valid header, [`NpyError::ElementType`] if its elements cannot be read,
    /// [`NpyError::Length`] if their number does not match the shape, and [`NpyError::NotATable`] if there are none.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NpyError> {
        let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or(NpyError::Damaged)?;
        let (header, rest) = match rest {
            [1, _, a, b, rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([*a, *b]))),
            [2 | 3, _, a, b, c, d, rest @ ..] => {
                rest.split_at_checked(u32::from_le_bytes([*a, *b, *c, *d]) as usize)
            }
            _ => None,
        }
        .ok_or(NpyError::Damaged)?;
        // The parser is recursive, so that nesting is limited; the headers of arrays nest little, and are short.
        let header =
            std::str::from_utf8(header).ok().filter(|header| header.len() < 4096 && nests_little(header));
        let header: Value = header.and_then(|header| header.trim().parse().ok()).ok_or(NpyError::Damaged)?;
        let field = |name: &str| {
            let entry =
                header.as_dict()?.iter().find(|(key, _)| key.as_string().is_some_and(|key| key == name));
            entry.map(|(_, value)| value)
        };
        let description = field("descr").ok_or(NpyError::Damaged)?;
        let (kind, big_endian) = description.as_string().and_then(|text| kind_of(text)).ok_or_else(|| {
            NpyError::ElementType { found: description.to_string().chars().take(60).collect() }
        })?;
        let by_column = field("fortran_order").and_then(Value::as_boolean).ok_or(NpyError::Damaged)?;
        let shape = field("shape").and_then(Value::as_tuple).ok_or(NpyError::Damaged)?;
        let size = |value: &Value| usize::try_from(value.as_integer()?).ok();
        let shape: Vec<usize> = shape.iter().map(size).collect::<Option<_>>().ok_or(NpyError::Damaged)?;
        let expected =
            shape.iter().fold(kind.size() as u128, |product, &d| product.saturating_mul(d as u128));
        if expected != rest.len() as u128 {
            return Err(NpyError::Length { shape, expected, found: rest.len() });
        }
        if expected == 0 {
            return Err(NpyError::NotATable { shape });
        }
        Ok(Self { shape, by_column, elements: Elements { bytes: rest, kind, big_endian } })
    }
}

fn nests_little(literal: &str) -> bool {
    literal.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count() < 16
}

/// The type of a NumPy description, and whether it is big-endian.
fn kind_of(description: &str) -> Option<(Kind, bool)> {
    let (order, rest) = description.split_at_checked(1)?;
    let (letter, size) = rest.split_at_checked(1)?;
    let size: usize = size.parse().ok().filter(|size| (1..=1 << 20).contains(size))?;
    let kind = match (letter, size) {
        ("b", 1) => Kind::Truth,
        ("u", 1 | 2 | 4 | 8) => Kind::Unsigned(size),
        ("i", 1 | 2 | 4 | 8) => Kind::Signed(size),
        ("f", 4 | 8) => Kind::Float(size),
        ("U", _) => Kind::Unicode(size),
        ("S", _) => Kind::Bytes(size),
        _ => return None,
    };
    match order {
        "<" | "|" => Some((kind, false)),
        ">" => Some((kind, true)),
        _ => None,
    }
}

/// The arrays of an `.npz` archive.
pub struct Archive<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Archive<'a> {
    /// Opens an archive.
    ///
    /// # Errors
    /// [`NpyError::Zip`] if it is not a valid archive, and [`NpyError::NotNpz`] if it has no arrays.
    pub fn open(bytes: &'a [u8]) -> Result<Self, NpyError> {
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| NpyError::Zip(error.to_string()))?;
        let archive = Self { archive };
        if archive.names().is_empty() { Err(NpyError::NotNpz) } else { Ok(archive) }
    }

    /// The names of the arrays, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().filter_map(|name| name.strip_suffix(".npy"));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// Unpacks the first of the wanted arrays that the archive has, as an `.npy` file.
    ///
    /// # Errors
    /// [`NpyError::Names`] if it has none of them, and [`NpyError::Zip`] if it is damaged, or the array is too large.
    pub fn first_of(&mut self, wanted: &[&str]) -> Result<Vec<u8>, NpyError> {
        let names = self.names();
        let Some(name) = wanted.iter().find(|name| names.iter().any(|known| known == *name)) else {
            return Err(NpyError::Names {
                found: crate::shown::listed(&names),
                wanted: format!("one of {}", wanted.join(", ")),
            });
        };
        let failed = |error: &dyn std::fmt::Display| NpyError::Zip(error.to_string());
        let file = self.archive.by_name(&format!("{name}.npy")).map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        file.take(MAX_WHOLE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > MAX_WHOLE_BYTES {
            return Err(failed(&format!("{name} has more than {MAX_WHOLE_BYTES} bytes")));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, ShapeBuilder, array};
    use ndarray_npy::{NpzWriter, WriteNpyExt};

    #[test]
    fn arrays_of_numpy_are_read() {
        let mut bytes = Vec::new();
        array![[1.5, 2.0, -3.0], [4.0, 5.0, 6.25]].write_npy(&mut bytes).unwrap();
        let array = Array::parse(&bytes).unwrap();
        assert_eq!((array.shape.as_slice(), array.by_column), (&[2, 3][..], false));
        assert_eq!(array.elements.number(2), Some(-3.0));

        let mut bytes = Vec::new();
        let by_column = ArrayD::from_shape_vec(vec![2, 2].f(), vec![1i64, 2, 3, -4]).unwrap();
        by_column.write_npy(&mut bytes).unwrap();
        let array = Array::parse(&bytes).unwrap();
        assert!(array.by_column);
        assert_eq!(array.elements.number(3), Some(-4.0));
    }

    #[test]
    fn archives_have_names() {
        let mut packed = Cursor::new(Vec::new());
        let mut writer = NpzWriter::new_compressed(&mut packed);
        writer.add_array("x", &array![[1.0]]).unwrap();
        writer.add_array("y", &array![1u8]).unwrap();
        writer.finish().unwrap();
        let bytes = packed.into_inner();
        let mut archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.names(), ["x", "y"]);
        assert!(Array::parse(&archive.first_of(&["X", "x"]).unwrap()).is_ok());
        let error = archive.first_of(&["labels"]).unwrap_err().to_string();
        assert!(error.contains("has the arrays x, y"), "{error}");
    }

    #[test]
    fn claims_are_compared_with_the_file() {
        let file = |header: &str, elements: &[u8]| {
            [b"\x93NUMPY\x01\0", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), elements]
                .concat()
        };
        let parse = |header: &str| Array::parse(&file(header, &[0; 8])).map(|_| ());
        assert_eq!(parse("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }"), Ok(()));
        let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }";
        assert!(matches!(parse(huge), Err(NpyError::Length { .. })));
        let object = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
        assert!(matches!(parse(object), Err(NpyError::ElementType { .. })));
        assert_eq!(parse("{'descr'"), Err(NpyError::Damaged));
        assert_eq!(parse(&"[".repeat(3000)), Err(NpyError::Damaged));
    }
}
