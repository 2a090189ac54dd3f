//! SHA-256, and what it covers.

use sha2::{Digest as _, Sha256};
use std::fmt::{self, Debug, Display, Formatter};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    pub(crate) const BYTES: u64 = 32;

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Sha256::new_with_prefix(bytes).into()
    }
}

/// Begins the digest of a chunk, which covers the file's header, the chunk's number (from 0) and its bytes.
pub(crate) fn of_chunk(header: &Digest, chunk: u64) -> Sha256 {
    Sha256::new_with_prefix(header.0).chain_update(chunk.to_le_bytes())
}

/// Begins the digest of a file, which covers the digests of its header and of all chunks.
pub(crate) fn of_file(header: &Digest) -> Sha256 {
    Sha256::new_with_prefix(header.0)
}

impl From<Sha256> for Digest {
    fn from(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Debug for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}
