//! The division of a payload into chunks.

use crate::Digest;
use serde::{Deserialize, Serialize};

/// The largest length of a chunk, in bytes. A reader holds one chunk in memory.
pub const MAX_CHUNK_BYTES: u64 = 256 << 20;

/// The length of the chunks of [`Layout::stream`], in bytes.
const STREAM_CHUNK_BYTES: u64 = 1 << 20;

/// The length of a payload and of its chunks. All chunks have the same length, except that the last one may be shorter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The length of the payload, without digests.
    pub bytes: u64,
    /// The length of a chunk: at least 1, at most [`MAX_CHUNK_BYTES`].
    pub chunk_bytes: u64,
}

impl Layout {
    /// A payload that is read from beginning to end.
    pub fn stream(bytes: u64) -> Self {
        Self { bytes, chunk_bytes: STREAM_CHUNK_BYTES }
    }

    /// `count` items of the same length, each in its own chunk, which can be read in any order.
    pub fn items(count: u64, item_bytes: u64) -> Self {
        Self { bytes: count.saturating_mul(item_bytes), chunk_bytes: item_bytes }
    }

    /// The number of chunks.
    pub fn chunks(&self) -> u64 {
        self.bytes.div_ceil(self.chunk_bytes.max(1))
    }

    /// The length of a chunk, without its digest.
    pub(crate) fn chunk_len(&self, chunk: u64) -> u64 {
        self.chunk_bytes.min(self.bytes - chunk * self.chunk_bytes)
    }

    /// The offset of a chunk from the beginning of the first one.
    pub(crate) fn chunk_offset(&self, chunk: u64) -> u64 {
        chunk * (self.chunk_bytes + Digest::BYTES)
    }

    /// The length of all chunks with their digests.
    pub(crate) fn total_len(&self) -> u64 {
        self.bytes + self.chunks() * Digest::BYTES
    }

    /// Refuses hostile lengths, on which the other functions would overflow, and says what is wrong with them.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=MAX_CHUNK_BYTES).contains(&self.chunk_bytes) {
            return Err(format!(
                "chunks must have between 1 and {MAX_CHUNK_BYTES} bytes, not {}",
                self.chunk_bytes
            ));
        }
        let total = u128::from(self.bytes) + u128::from(self.chunks()) * u128::from(Digest::BYTES);
        // Files end before 2^63; half of that leaves room for the header.
        if total >= 1 << 62 {
            return Err(format!(
                "{} bytes in chunks of {} are too long for a file",
                self.bytes, self.chunk_bytes
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_chunk_is_shorter() {
        let layout = Layout { bytes: 10, chunk_bytes: 4 };
        assert_eq!(layout.chunks(), 3);
        assert_eq!([0, 1, 2].map(|chunk| layout.chunk_len(chunk)), [4, 4, 2]);
        assert_eq!(layout.chunk_offset(2), 72);
        assert_eq!(layout.total_len(), 106);
        assert_eq!(Layout { bytes: 0, chunk_bytes: 4 }.chunks(), 0);
    }

    #[test]
    fn hostile_lengths_are_refused() {
        for (bytes, chunk_bytes) in
            [(1, 0), (1, MAX_CHUNK_BYTES + 1), (u64::MAX, 1), (u64::MAX, MAX_CHUNK_BYTES), (1 << 58, 1)]
        {
            assert!(Layout { bytes, chunk_bytes }.check().is_err(), "{bytes} {chunk_bytes}");
        }
        assert!(Layout::items(u64::MAX, 2).check().is_err());
        assert!(Layout { bytes: 1 << 56, chunk_bytes: 1 }.check().is_ok());
    }
}
