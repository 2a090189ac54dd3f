//! A payload as a stream.

use crate::digest::of_file;
use crate::{FileError, FileReader};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Seek};
use zeroize::Zeroizing;

/// Reads chunk after chunk. Each is read and checked as a whole before any of its bytes is returned.
pub(crate) struct Payload<'a, R> {
    file: &'a mut FileReader<R>,
    next_chunk: u64,
    chunk: Zeroizing<Vec<u8>>,
    /// The number of bytes of the chunk that have been returned.
    taken: usize,
    /// The number of bytes of the payload that have been returned.
    done: u64,
    hasher: Sha256,
}

impl<'a, R: Read + Seek> Payload<'a, R> {
    pub(crate) fn new(file: &'a mut FileReader<R>) -> Self {
        let hasher = of_file(file.header_digest());
        Self { file, next_chunk: 0, chunk: Zeroizing::new(Vec::new()), taken: 0, done: 0, hasher }
    }

    /// Returns the number of bytes that are left. If that is zero, the digest of the file has been checked.
    pub(crate) fn finish(self) -> Result<u64, FileError> {
        let left = self.file.header().payload.bytes - self.done;
        if left == 0 {
            self.check_end()?;
        }
        Ok(left)
    }

    fn check_end(&self) -> Result<(), FileError> {
        self.file.check_digest(self.hasher.clone().into())
    }

    fn load_next(&mut self) -> Result<(), FileError> {
        self.taken = 0;
        let digest = self.file.load_chunk(self.next_chunk, &mut self.chunk)?;
        self.hasher.update(digest.0);
        self.next_chunk += 1;
        Ok(())
    }
}

impl<R: Read + Seek> Read for Payload<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() {
            if self.next_chunk == self.file.header().payload.chunks() {
                self.check_end().map_err(io::Error::other)?;
                return Ok(0);
            }
            self.load_next().map_err(io::Error::other)?;
        }
        let count = self.chunk.get(self.taken..).unwrap_or_default().read(bytes)?;
        self.taken += count;
        self.done += count as u64;
        Ok(count)
    }
}
