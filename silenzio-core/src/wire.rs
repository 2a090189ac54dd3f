//! Binary forms of keys and ciphertexts: little-endian numbers, whose count depends only on public formats.
//!
//! There are no length fields. A reader reads exactly the numbers that follow from the parameters, the shapes and the
//! plan on which both sides agreed. So a file cannot make it allocate more memory than that.

use crate::EngineError;
use std::io::{self, Error, ErrorKind, Read, Write};

/// A value with a binary form, whose length depends only on `Format`.
pub trait Wire<Format: ?Sized>: Sized {
    /// The length of a value of this format, in bytes.
    ///
    /// # Errors
    /// If the format is not valid.
    fn encoded_len(format: &Format) -> io::Result<u64>;

    /// Writes the value.
    ///
    /// # Errors
    /// If the writer fails.
    fn write(&self, to: &mut dyn Write) -> io::Result<()>;

    /// Reads a value of the given format.
    ///
    /// # Errors
    /// If the reader fails, or the bytes are not such a value ([`ErrorKind::InvalidData`]).
    fn read(from: &mut dyn Read, format: &Format) -> io::Result<Self>;
}

/// The error of bytes that are not valid, of the kind [`ErrorKind::InvalidData`].
pub fn invalid(problem: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, problem.into())
}

/// The error of a request that an engine cannot fulfil, whatever the bytes are. Its kind is
/// [`ErrorKind::InvalidInput`], so that it is not mistaken for damaged data.
pub fn misuse(error: EngineError) -> Error {
    Error::new(ErrorKind::InvalidInput, error)
}

macro_rules! numbers {
    ($write:ident, $read:ident, $number:ty) => {
        /// Writes numbers.
        ///
        /// # Errors
        /// If the writer fails.
        pub fn $write(to: &mut dyn Write, numbers: &[$number]) -> io::Result<()> {
            if cfg!(target_endian = "little") {
                return to.write_all(bytemuck::cast_slice(numbers));
            }
            numbers.iter().try_for_each(|number| to.write_all(&number.to_le_bytes()))
        }

        /// Reads numbers until the slice is full.
        ///
        /// # Errors
        /// If the reader fails or ends early.
        pub fn $read(from: &mut dyn Read, numbers: &mut [$number]) -> io::Result<()> {
            from.read_exact(bytemuck::cast_slice_mut(numbers))?;
            for number in numbers {
                *number = <$number>::from_le_bytes(number.to_ne_bytes());
            }
            Ok(())
        }
    };
}

numbers!(write_u32s, read_u32s, u32);
numbers!(write_u64s, read_u64s, u64);
numbers!(write_u128s, read_u128s, u128);
numbers!(write_f64s, read_f64s, f64);

/// Writes one value after another.
///
/// # Errors
/// If the writer fails.
pub fn write_all<F: ?Sized, T: Wire<F>>(to: &mut dyn Write, values: &[T]) -> io::Result<()> {
    values.iter().try_for_each(|value| value.write(to))
}

/// Reads `count` values of one format.
///
/// # Errors
/// The errors of [`Wire::read`].
pub fn read_all<F: ?Sized, T: Wire<F>>(from: &mut dyn Read, format: &F, count: usize) -> io::Result<Vec<T>> {
    (0..count).map(|_| T::read(from, format)).collect()
}

/// The length of `count` values of one format, in bytes.
///
/// # Errors
/// The errors of [`Wire::encoded_len`].
pub fn encoded_len_of<F: ?Sized, T: Wire<F>>(format: &F, count: usize) -> io::Result<u64> {
    Ok(T::encoded_len(format)? * count as u64)
}

/// The bytes of a value.
///
/// # Errors
/// The errors of [`Wire::write`]; memory adds none.
pub fn to_bytes<F: ?Sized, T: Wire<F>>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.write(&mut bytes)?;
    Ok(bytes)
}

/// The value that consists of exactly these bytes.
///
/// # Errors
/// The errors of [`Wire::read`]; also if bytes are left over ([`ErrorKind::InvalidData`]).
pub fn from_bytes<F: ?Sized, T: Wire<F>>(mut bytes: &[u8], format: &F) -> io::Result<T> {
    let value = T::read(&mut bytes, format)?;
    if bytes.is_empty() { Ok(value) } else { Err(invalid(format!("{} bytes are left over", bytes.len()))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers: Vec<u64> = (0..3000).map(|i| i * 0x9e37_79b9_7f4a_7c15).collect();
        let mut bytes = Vec::new();
        write_u64s(&mut bytes, &numbers).unwrap();
        assert_eq!(bytes.len(), 24_000);
        let mut back = vec![0; 3000];
        read_u64s(&mut bytes.as_slice(), &mut back).unwrap();
        assert_eq!(back, numbers);
        let short = read_u64s(&mut &bytes[..23_999], &mut back).unwrap_err();
        assert_eq!(short.kind(), ErrorKind::UnexpectedEof);
    }
}
