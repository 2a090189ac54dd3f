//! The part of a container before the payload: magic, container version, length of the header, header, digest.

use crate::{Digest, Header, Problem};
use silenzio_core::wire::invalid;
use std::io::{self, Read};

/// The version of everything but the payload's encoding.
pub const CONTAINER_VERSION: u32 = 2;

/// The largest length of a header, in bytes.
pub const MAX_HEADER_BYTES: u32 = 1 << 20;

/// The first bytes of every container.
pub const MAGIC: [u8; 8] = *b"SILENZIO";
/// The length of the magic, the version and the length field.
const PREFIX_BYTES: u64 = 16;

/// The part of a container before the payload.
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) header_digest: Digest,
    /// Its length, which is where the payload begins.
    pub(crate) bytes: u64,
}

impl Frame {
    /// The length of the whole file, which ends with one more digest.
    pub(crate) fn file_len(&self) -> u64 {
        self.bytes + self.header.payload.total_len() + Digest::BYTES
    }

    /// The binary form of a header, without its digest.
    pub(crate) fn encode(header: &Header) -> io::Result<Vec<u8>> {
        let json = header
            .to_json()
            .map_err(|problem| invalid(format!("the header cannot be written: {problem}")))?;
        let mut bytes = Vec::with_capacity(PREFIX_BYTES as usize + json.len());
        bytes.extend(MAGIC);
        bytes.extend(CONTAINER_VERSION.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(json);
        Ok(bytes)
    }

    /// Reads the beginning of a file of `file_len` bytes.
    pub(crate) fn read(source: &mut impl Read, file_len: u64) -> Result<Self, Problem> {
        let mut bytes = Vec::new();
        source.by_ref().take(PREFIX_BYTES).read_to_end(&mut bytes).map_err(Problem::Read)?;
        if !bytes.starts_with(&MAGIC) {
            return Err(Problem::NotSilenzio);
        }
        let &[_, _, _, _, _, _, _, _, v0, v1, v2, v3, l0, l1, l2, l3] = bytes.as_slice() else {
            return Err(Problem::TruncatedHeader);
        };
        let version = u32::from_le_bytes([v0, v1, v2, v3]);
        if version != CONTAINER_VERSION {
            return Err(Problem::version(version, CONTAINER_VERSION));
        }
        let json_len = u32::from_le_bytes([l0, l1, l2, l3]);
        if json_len > MAX_HEADER_BYTES {
            return Err(Problem::Header(format!(
                "it has {json_len} bytes, but at most {MAX_HEADER_BYTES} are allowed"
            )));
        }
        let frame_len = PREFIX_BYTES + u64::from(json_len) + Digest::BYTES;
        if file_len < frame_len {
            return Err(Problem::TruncatedHeader);
        }

        let mut json = vec![0; json_len as usize];
        source.read_exact(&mut json).map_err(Problem::Read)?;
        let mut stored = [0; 32];
        source.read_exact(&mut stored).map_err(Problem::Read)?;
        bytes.extend(&json);
        let header_digest = Digest::of(&bytes);
        if header_digest != Digest(stored) {
            return Err(Problem::DamagedHeader);
        }
        let header = Header::from_json(&json).map_err(Problem::Header)?;
        Ok(Self { header, header_digest, bytes: frame_len })
    }
}
