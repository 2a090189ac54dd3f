//! Writing a container to any writer.

use crate::digest::{of_chunk, of_file};
use crate::frame::Frame;
use crate::{Digest, Header, Layout};
use sha2::{Digest as _, Sha256};
use silenzio_core::wire::invalid;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// The number of bytes that are written at once.
const BUFFER_BYTES: usize = 64 << 10;

/// Writes a container: the header first, then the payload that is written to it, and with [`finish`](Self::finish) the
/// digest.
pub struct Encoder<W> {
    to: Buffered<W>,
    header_digest: Digest,
    payload: Layout,
    written: u64,
    chunk: u64,
    chunk_left: u64,
    chunk_hasher: Sha256,
    file_hasher: Sha256,
}

impl<W: Write> Encoder<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// If the writer fails, or the header is too long or has impossible lengths ([`io::ErrorKind::InvalidData`]).
    pub fn new(to: W, header: &Header) -> io::Result<Self> {
        let frame = Frame::encode(header)?;
        let header_digest = Digest::of(&frame);
        let mut to = Buffered::new(to);
        to.write_all(&frame)?;
        to.write_all(&header_digest.0)?;
        Ok(Self {
            to,
            header_digest,
            payload: header.payload,
            written: 0,
            chunk: 0,
            chunk_left: header.payload.chunk_bytes.min(header.payload.bytes),
            chunk_hasher: of_chunk(&header_digest, 0),
            file_hasher: of_file(&header_digest),
        })
    }

    /// Writes the digest of the file, and returns the writer with it.
    ///
    /// # Errors
    /// If the writer fails, or the payload is shorter than the header says.
    pub fn finish(mut self) -> io::Result<(W, Digest)> {
        let Layout { bytes, .. } = self.payload;
        if self.written != bytes {
            return Err(invalid(format!(
                "the header announces {bytes} bytes, but the payload has {}",
                self.written
            )));
        }
        let digest = Digest::from(self.file_hasher);
        self.to.write_all(&digest.0)?;
        Ok((self.to.into_inner()?, digest))
    }

    fn end_chunk(&mut self) -> io::Result<()> {
        self.chunk += 1;
        let next = of_chunk(&self.header_digest, self.chunk);
        let digest = Digest::from(std::mem::replace(&mut self.chunk_hasher, next));
        self.file_hasher.update(digest.0);
        self.chunk_left = self.payload.chunk_bytes.min(self.payload.bytes - self.written);
        self.to.write_all(&digest.0)
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk_left == 0 && !bytes.is_empty() {
            return Err(invalid(format!(
                "the payload has more than the {} bytes that the header announces",
                self.written
            )));
        }
        let left = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
        let taken = bytes.get(..left).unwrap_or(bytes);
        self.to.write_all(taken)?;
        self.chunk_hasher.update(taken);
        self.written += taken.len() as u64;
        self.chunk_left -= taken.len() as u64;
        if self.chunk_left == 0 && !taken.is_empty() {
            self.end_chunk()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A buffer that leaves nothing of a secret key in memory, and writes nothing more after an error.
struct Buffered<W> {
    to: W,
    buffer: Zeroizing<Vec<u8>>,
    failed: bool,
}

impl<W: Write> Buffered<W> {
    fn new(to: W) -> Self {
        Self { to, buffer: Zeroizing::new(Vec::with_capacity(BUFFER_BYTES)), failed: false }
    }

    fn into_inner(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Buffered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() == BUFFER_BYTES {
            self.flush()?;
        }
        let taken = bytes.get(..BUFFER_BYTES - self.buffer.len()).unwrap_or(bytes);
        self.buffer.extend(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.failed = true;
        self.to.write_all(&self.buffer)?;
        self.to.flush()?;
        self.failed = false;
        self.buffer.clear();
        Ok(())
    }
}
