//! Reading containers.

use crate::digest::{of_chunk, of_file};
use crate::frame::Frame;
use crate::payload::Payload;
use crate::plain::open_regular;
use crate::{Digest, FileError, Header, Info, KeyId, Kind, Problem, Source, Stored};
use sha2::Digest as _;
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A container that is open for reading. Its header is undamaged, and its length agrees with the header.
pub struct FileReader<R = Stored> {
    source: R,
    path: PathBuf,
    frame: Frame,
    digest: Digest,
}

impl FileReader {
    /// Opens a container of a certain kind, in a file or in memory.
    ///
    /// # Errors
    /// If the file cannot be read, is of another kind or version, is truncated or too long, or has a damaged header; or if it
    /// is secret, and users other than its owner can read it.
    pub fn open(source: impl Into<Source>, expected: Kind) -> Result<Self, FileError> {
        let reader = Self::open_any(source)?;
        reader.require(expected)?;
        if let (true, Stored::File(file)) = (expected.is_secret(), &reader.source) {
            check_permissions(file).map_err(|problem| reader.error(problem))?;
        }
        Ok(reader)
    }

    /// Opens a container of any kind, to inspect or verify it.
    ///
    /// # Errors
    /// If the file cannot be read, is truncated or too long, or has a damaged header.
    pub fn open_any(source: impl Into<Source>) -> Result<Self, FileError> {
        match source.into() {
            Source::File(path) => {
                let file = open_regular(&path).map_err(|problem| FileError::new(&path, problem))?;
                Self::new_any(Stored::File(file), path)
            }
            Source::Bytes { name, bytes } => Self::new_any(Stored::Bytes(Cursor::new(bytes)), name),
        }
    }
}

impl<R: Read + Seek> FileReader<R> {
    /// Reads a container of a certain kind from any source. The path is used in messages only.
    ///
    /// # Errors
    /// The errors of [`open`](FileReader::open), except that permissions are not checked.
    pub fn new(source: R, path: impl AsRef<Path>, expected: Kind) -> Result<Self, FileError> {
        let reader = Self::new_any(source, path)?;
        reader.require(expected)?;
        Ok(reader)
    }

    /// Reads a container of any kind from any source. The path is used in messages only.
    ///
    /// # Errors
    /// The errors of [`open_any`](FileReader::open_any).
    pub fn new_any(mut source: R, path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let (frame, digest) = read_ends(&mut source).map_err(|problem| FileError::new(path, problem))?;
        Ok(Self { source, path: path.into(), frame, digest })
    }

    /// The path of the file, or the name of the bytes in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The header of the file.
    pub fn header(&self) -> &Header {
        &self.frame.header
    }

    /// The digest that identifies the file, as it is written at its end. [`verify_all`](Self::verify_all) checks it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// A readable description of the file.
    pub fn info(&self) -> Info {
        Info { header: self.header().clone(), file_bytes: self.frame.file_len(), digest: self.digest }
    }

    /// The public plan in the header.
    ///
    /// # Errors
    /// [`Problem::Plan`] if there is none, or it is not a valid `P`.
    pub fn plan<P: serde::de::DeserializeOwned>(&self) -> Result<P, FileError> {
        let plan =
            self.header().plan.as_ref().ok_or_else(|| self.error(Problem::Plan("there is none".into())))?;
        P::deserialize(plan).map_err(|error| self.error(Problem::Plan(error.to_string())))
    }

    /// Refuses a file that was made with another key.
    ///
    /// # Errors
    /// [`Problem::WrongKey`] if it was.
    pub fn require_key(&self, expected: KeyId) -> Result<(), FileError> {
        let found = self.header().key_id;
        if found == expected { Ok(()) } else { Err(self.error(Problem::WrongKey { found, expected })) }
    }

    /// Reads a chunk, which is numbered from 0.
    ///
    /// # Errors
    /// [`Problem::NoChunk`] if there is no such chunk, [`Problem::DamagedChunk`] if it is damaged, and [`Problem::Read`] if it
    /// cannot be read.
    pub fn read_chunk(&mut self, chunk: u64) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::new();
        self.load_chunk(chunk, &mut bytes)?;
        Ok(bytes)
    }

    /// Decodes the value of which a chunk consists.
    ///
    /// # Errors
    /// The errors of [`read_chunk`](Self::read_chunk), and of `decode`; also if `decode` does not read the whole chunk.
    pub fn decode_chunk<T>(
        &mut self,
        chunk: u64,
        decode: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, FileError> {
        let bytes = Zeroizing::new(self.read_chunk(chunk)?);
        let mut left = bytes.as_slice();
        let value = decode(&mut left).map_err(|error| self.decode_error(error))?;
        match left.len() {
            0 => Ok(value),
            bytes => Err(self.error(Problem::LeftOver { bytes: bytes as u64 })),
        }
    }

    /// The payload, from beginning to end. Its errors contain a [`FileError`].
    pub fn payload(&mut self) -> impl Read {
        Payload::new(self)
    }

    /// Decodes the value of which the payload consists.
    ///
    /// # Errors
    /// If the file is damaged or cannot be read, if `decode` fails, or if it does not read the whole payload.
    pub fn decode<T>(&mut self, decode: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> Result<T, FileError> {
        let mut payload = Payload::new(self);
        match decode(&mut payload) {
            Ok(value) => match payload.finish()? {
                0 => Ok(value),
                bytes => Err(self.error(Problem::LeftOver { bytes })),
            },
            Err(error) => Err(self.decode_error(error)),
        }
    }

    /// Checks every byte. `progress` gets the number of payload bytes that are done, and of all.
    ///
    /// # Errors
    /// If the file is damaged or cannot be read.
    pub fn verify_all(&mut self, mut progress: impl FnMut(u64, u64)) -> Result<(), FileError> {
        let layout = self.header().payload;
        let mut hasher = of_file(&self.frame.header_digest);
        let mut bytes = Zeroizing::new(Vec::new());
        let mut done = 0;
        for chunk in 0..layout.chunks() {
            hasher.update(self.load_chunk(chunk, &mut bytes)?.0);
            done += bytes.len() as u64;
            progress(done, layout.bytes);
        }
        self.check_digest(hasher.into())
    }

    /// Fills `bytes` with a chunk, and returns its digest.
    pub(crate) fn load_chunk(&mut self, chunk: u64, bytes: &mut Vec<u8>) -> Result<Digest, FileError> {
        let layout = self.header().payload;
        if chunk >= layout.chunks() {
            return Err(self.error(Problem::NoChunk { chunk, chunks: layout.chunks() }));
        }
        let offset = self.frame.bytes + layout.chunk_offset(chunk);
        let length = layout.chunk_len(chunk);
        // The length is at most MAX_CHUNK_BYTES, and at most the length of the file.
        bytes.resize(length as usize, 0);
        let stored =
            read_at(&mut self.source, offset, bytes).map_err(|error| self.error(Problem::Read(error)))?;
        let digest = Digest::from(of_chunk(&self.frame.header_digest, chunk).chain_update(&bytes));
        if digest == stored {
            Ok(digest)
        } else {
            bytes.clear();
            Err(self.error(Problem::DamagedChunk { chunk, offset, bytes: length }))
        }
    }

    /// Compares the digest at the end of the file with that of its chunks.
    pub(crate) fn check_digest(&self, chunks: Digest) -> Result<(), FileError> {
        if self.digest == chunks { Ok(()) } else { Err(self.error(Problem::DamagedDigest)) }
    }

    pub(crate) fn header_digest(&self) -> &Digest {
        &self.frame.header_digest
    }

    fn require(&self, expected: Kind) -> Result<(), FileError> {
        let header = self.header();
        let found = header.contents.kind();
        if found != expected {
            return Err(self.error(Problem::WrongKind { found, expected }));
        }
        if header.kind_version != expected.version() {
            return Err(self.error(Problem::version(header.kind_version, expected.version())));
        }
        Ok(())
    }

    fn error(&self, problem: Problem) -> FileError {
        FileError::new(&self.path, problem)
    }

    /// The error of a decoder, which is our own if the decoder passed it on.
    fn decode_error(&self, error: io::Error) -> FileError {
        error.downcast().unwrap_or_else(|error| {
            self.error(match error.kind() {
                ErrorKind::UnexpectedEof => Problem::EndsEarly,
                // The decoder was misused, whatever the bytes are.
                ErrorKind::InvalidInput => Problem::Misused(error),
                _ => Problem::Decode(error),
            })
        })
    }
}

/// Reads the header and the digest of the file, and checks its length.
fn read_ends(source: &mut (impl Read + Seek)) -> Result<(Frame, Digest), Problem> {
    let file_len = source.seek(SeekFrom::End(0)).map_err(Problem::Read)?;
    source.rewind().map_err(Problem::Read)?;
    let frame = Frame::read(source, file_len)?;
    let expected = frame.file_len();
    if file_len < expected {
        return Err(Problem::Truncated { missing: expected - file_len });
    }
    if file_len > expected {
        return Err(Problem::TooLong { extra: file_len - expected });
    }
    let digest = read_at(source, expected - Digest::BYTES, &mut []).map_err(Problem::Read)?;
    Ok((frame, digest))
}

/// Fills `bytes` with what is at `offset`, and reads the digest that follows.
fn read_at(source: &mut (impl Read + Seek), offset: u64, bytes: &mut [u8]) -> io::Result<Digest> {
    source.seek(SeekFrom::Start(offset))?;
    source.read_exact(bytes)?;
    let mut digest = [0; 32];
    source.read_exact(&mut digest)?;
    Ok(Digest(digest))
}

#[cfg(unix)]
fn check_permissions(file: &File) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(Problem::Read)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(Problem::Exposed { mode }) }
}

#[cfg(not(unix))]
fn check_permissions(_: &File) -> Result<(), Problem> {
    Ok(())
}
