//! SHA-256 digests, and what they cover.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Debug, Display, Formatter};

/// A SHA-256 digest. Its text form has 64 hexadecimal digits, in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "hex")] pub [u8; 32]);

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
        f.write_str(&hex::encode(self.0))
    }
}

impl Debug for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        for wrong in ["", &digest.to_string()[1..], &format!("{digest}00"), &"é".repeat(32), &"g0".repeat(32)]
        {
            let json = serde_json::to_string(wrong).unwrap();
            assert!(serde_json::from_str::<Digest>(&json).is_err(), "{wrong}");
        }
    }
}
