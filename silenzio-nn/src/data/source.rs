//! Reading a file whole, up to a limit, unpacked if it is gzip.

use super::MAX_BYTES;
use super::error::DataError;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of `file`, which `field` of the plan names; those inside if it is a gzip file.
///
/// # Errors
/// The file is missing, unreadable, empty, a damaged gzip file, or larger than [`MAX_BYTES`].
pub(super) fn read(field: &'static str, file: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => DataError::Missing { field, file: file.into() },
        _ => DataError::Read { field, file: file.into(), error },
    };
    let too_large = || DataError::TooLarge { file: file.into(), limit: MAX_BYTES };

    let opened = File::open(file).map_err(unreadable)?;
    let mut bytes = read_up_to(opened, MAX_BYTES).map_err(unreadable)?.ok_or_else(too_large)?;
    if bytes.starts_with(&GZIP_MAGIC) {
        bytes = read_up_to(MultiGzDecoder::new(bytes.as_slice()), MAX_BYTES)
            .map_err(|error| DataError::Gzip { file: file.into(), error })?
            .ok_or_else(too_large)?;
    }
    if bytes.is_empty() {
        return Err(DataError::Empty { file: file.into() });
    }
    Ok(bytes)
}

/// All bytes of `reader`, or `None` where there are more than `limit`.
fn read_up_to(reader: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn write(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzip_files_give_the_same_bytes() {
        let content = b"1,2,a\n3,4,b\n";
        assert_eq!(read("data.file", write(content).path()).unwrap(), content);
        assert_eq!(read("data.file", write(&gzip(content)).path()).unwrap(), content);
    }

    #[test]
    fn a_gzip_file_of_several_members_is_read_whole() {
        let packed = [gzip(b"1,a\n"), gzip(b"2,b\n")].concat();
        assert_eq!(read("data.file", write(&packed).path()).unwrap(), b"1,a\n2,b\n");
    }

    #[test]
    fn damage_and_absence_are_errors() {
        let packed = gzip(&[7; 1000]);
        let truncated = write(&packed[..packed.len() - 9]);
        assert!(matches!(read("data.file", truncated.path()), Err(DataError::Gzip { .. })));
        assert!(matches!(read("data.file", write(b"").path()), Err(DataError::Empty { .. })));
        assert!(matches!(read("data.file", write(&gzip(b"")).path()), Err(DataError::Empty { .. })));

        let error = read("data.file", Path::new("/no/such/file.csv")).unwrap_err().to_string();
        assert!(error.starts_with("data.file: /no/such/file.csv does not exist"), "{error}");
        assert!(matches!(read("data.file", &std::env::temp_dir()), Err(DataError::Read { .. })));
    }

    #[test]
    fn reading_stops_at_the_limit() {
        assert_eq!(read_up_to(io::repeat(1), 10).unwrap(), None);
        assert_eq!(read_up_to(&[1u8; 10][..], 10).unwrap(), Some(vec![1; 10]));
    }
}
