//! Opens files, or standard input for `-`, decompresses gzip and Zstandard, and limits the number of bytes.

use crate::DataError;
use flate2::bufread::GzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The largest number of bytes of a file, after decompression.
pub const MAX_BYTES: u64 = 1 << 33;

/// The largest number of bytes of a file that is read into memory as a whole: standard input, and array formats.
pub const MAX_WHOLE_BYTES: u64 = 1 << 30;

/// The number of bytes by which the format of a file is recognised.
const HEAD: usize = 1 << 16;

/// The largest number of compression formats around a file.
const MAX_LAYERS: usize = 4;

/// An open file whose first bytes have been read.
pub struct Source {
    /// The path of the file; `-` for standard input.
    pub file: PathBuf,
    /// The field of the plan that names the file.
    pub field: &'static str,
    /// The first 64 KiB after decompression, or all bytes if there are fewer.
    pub head: Vec<u8>,
    /// The compression formats, outermost first.
    pub packed: Vec<&'static str>,
    rest: Box<dyn Read + Send>,
}

impl Source {
    /// Opens `file`, which `field` of the plan names.
    ///
    /// # Errors
    /// [`DataError::Missing`], [`DataError::Read`] or [`DataError::Empty`]; [`DataError::Damaged`] if it cannot be
    /// decompressed.
    pub fn open(field: &'static str, file: &Path) -> Result<Self, DataError> {
        let mut source =
            Self { file: file.into(), field, head: vec![], packed: vec![], rest: raw(field, file)? };
        source.fill_head()?;
        while source.packed.len() < MAX_LAYERS {
            let Some(packing) = Packing::of(&source.head) else { break };
            let packed = BufReader::new(Cursor::new(std::mem::take(&mut source.head)).chain(source.rest));
            source.rest = match packing {
                Packing::Gzip => Box::new(Unpacking { name: "gzip", reader: Gunzip::new(packed) }),
                Packing::Zstandard => {
                    let reader = zstd::stream::read::Decoder::with_buffer(packed)
                        .map_err(|error| DataError::Read { field, file: file.into(), error })?;
                    Box::new(Unpacking { name: "Zstandard", reader })
                }
            };
            source.packed.push(packing.name());
            source.fill_head()?;
        }
        if source.head.is_empty() {
            return Err(DataError::Empty { file: file.into() });
        }
        Ok(source)
    }

    /// The file itself, if it is a regular file without compression.
    pub fn seekable(&self) -> Option<File> {
        let plain = self.packed.is_empty() && self.file != Path::new("-");
        plain
            .then(|| File::open(&self.file).ok())
            .flatten()
            .filter(|file| file.metadata().is_ok_and(|metadata| metadata.is_file()))
    }

    /// The error for a failure to read the file.
    pub fn failed(&self, error: io::Error) -> DataError {
        failed(self.field, &self.file, error)
    }

    /// A reader of all bytes, from the first one.
    pub fn reader(&mut self) -> impl BufRead + Send + 'static {
        let head = Cursor::new(std::mem::take(&mut self.head));
        let rest = std::mem::replace(&mut self.rest, Box::new(io::empty()));
        BufReader::with_capacity(
            HEAD,
            Limited { reader: head.chain(rest), left: MAX_BYTES, limit: MAX_BYTES },
        )
    }

    /// Reads all bytes into memory.
    ///
    /// # Errors
    /// [`DataError::TooLarge`] if there are more than [`MAX_WHOLE_BYTES`], and the errors of reading.
    pub fn bytes(&mut self) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let reader = self.reader();
        let mut limited = Limited { reader, left: MAX_WHOLE_BYTES, limit: MAX_WHOLE_BYTES };
        limited.read_to_end(&mut bytes).map_err(|error| self.failed(error))?;
        Ok(bytes)
    }

    fn fill_head(&mut self) -> Result<(), DataError> {
        let mut head = Vec::new();
        let read = self.rest.by_ref().take(HEAD as u64).read_to_end(&mut head);
        read.map_err(|error| failed(self.field, &self.file, error))?;
        self.head = head;
        Ok(())
    }
}

/// The error for a failure to read a file.
fn failed(field: &'static str, file: &Path, error: io::Error) -> DataError {
    let file = file.to_path_buf();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()) {
        Some(&Failure::TooLarge(limit)) => DataError::TooLarge { file, limit },
        Some(Failure::Damaged(packing, problem)) => {
            DataError::Damaged { file, packing, problem: problem.clone() }
        }
        None if error.kind() == io::ErrorKind::NotFound => DataError::Missing { field, file },
        None => DataError::Read { field, file, error },
    }
}

fn raw(field: &'static str, file: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    if file != Path::new("-") {
        let opened = File::open(file).map_err(|error| failed(field, file, error))?;
        return Ok(Box::new(opened));
    }
    // Standard input can be read only once, but a command may read its data several times.
    static INPUT: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = match INPUT.get() {
        Some(bytes) => bytes,
        None => {
            let mut bytes = Vec::new();
            Limited { reader: io::stdin(), left: MAX_WHOLE_BYTES, limit: MAX_WHOLE_BYTES }
                .read_to_end(&mut bytes)
                .map_err(|error| failed(field, file, error))?;
            INPUT.get_or_init(|| bytes)
        }
    };
    Ok(Box::new(bytes.as_slice()))
}

enum Packing {
    Gzip,
    Zstandard,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
        }
    }
}

/// Failures that are not from the operating system.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("more than {0} bytes")]
    TooLarge(u64),
    #[error("damaged {0}: {1}")]
    Damaged(&'static str, String),
}

/// A reader that fails after a number of bytes.
struct Limited<R> {
    reader: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Failure::TooLarge(self.limit))),
        }
        Ok(read)
    }
}

/// A decompressor, whose errors become [`Failure::Damaged`].
struct Unpacking<R> {
    name: &'static str,
    reader: R,
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| match error.get_ref() {
            Some(inner) if inner.is::<Failure>() => error,
            _ => io::Error::other(Failure::Damaged(self.name, error.to_string())),
        })
    }
}

/// A reader of all members of a gzip file, which skips the zero bytes with which tapes and downloads pad it.
struct Gunzip<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gunzip<R> {
    fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut member) = self.member.take() {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.member = Some(member);
                return Ok(read);
            }
            let mut reader = member.into_inner();
            self.member = loop {
                let bytes = reader.fill_buf()?;
                let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
                match bytes.get(zeros) {
                    Some(0x1f) => {
                        reader.consume(zeros);
                        break Some(GzDecoder::new(reader));
                    }
                    Some(_) => {
                        return Err(io::Error::other("other bytes follow the compressed data"));
                    }
                    None if zeros == 0 => break None,
                    None => reader.consume(zeros),
                }
            };
        }
        Ok(0)
    }
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

    fn read(bytes: &[u8]) -> Result<Vec<u8>, DataError> {
        Source::open("data.file", write(bytes).path())?.bytes()
    }

    #[test]
    fn packed_and_plain_files_give_the_same_bytes() {
        let content = b"1,2,a\n3,4,b\n".repeat(9000);
        let zstandard = zstd::encode_all(content.as_slice(), 1).unwrap();
        for packed in [content.clone(), gzip(&content), gzip(&gzip(&content)), zstandard] {
            assert_eq!(read(&packed).unwrap(), content);
        }
    }

    #[test]
    fn members_follow_one_another_and_zeros_pad() {
        let members = [gzip(b"1,a\n"), gzip(b"2,b\n"), vec![0; 100_000]].concat();
        assert_eq!(read(&members).unwrap(), b"1,a\n2,b\n");
        assert!(matches!(read(&[gzip(b"1,a\n"), b"more".to_vec()].concat()), Err(DataError::Damaged { .. })));
    }

    #[test]
    fn damage_and_absence_are_errors() {
        let packed = gzip(&[7; 1000]);
        assert!(matches!(read(&packed[..packed.len() - 9]), Err(DataError::Damaged { packing: "gzip", .. })));
        let packed = zstd::encode_all(&[7; 1000][..], 1).unwrap();
        assert!(matches!(
            read(&packed[..packed.len() - 9]),
            Err(DataError::Damaged { packing: "Zstandard", .. })
        ));
        assert!(matches!(read(b""), Err(DataError::Empty { .. })));
        assert!(matches!(read(&gzip(b"")), Err(DataError::Empty { .. })));
        let open =
            |path: &Path| Source::open("data.file", path).err().map(|error| error.to_string()).unwrap();
        let missing = open(Path::new("/no/such/file.csv"));
        assert!(missing.starts_with("data.file: \"/no/such/file.csv\" does not exist"), "{missing}");
        assert!(open(&std::env::temp_dir()).contains("cannot be read"));
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let mut limited = Limited { reader: io::repeat(1), left: 10, limit: 10 };
        let error = limited.read_to_end(&mut vec![]).unwrap_err();
        assert!(matches!(failed("data.file", Path::new("x"), error), DataError::TooLarge { limit: 10, .. }));
    }
}
