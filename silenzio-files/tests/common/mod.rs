//! Files for tests, and a second implementation of the format, written from `docs/formats.md`.
#![allow(dead_code)] // no test file uses all of it

use sha2::{Digest, Sha256};
use silenzio_core::plan::EngineKind;
use silenzio_files::{Contents, Encoder, FileError, FileReader, Header, KeyId, Layout, ParameterRecord};
use std::io::{Cursor, Write};

pub const KEY: KeyId = KeyId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);

/// A header for `bytes` bytes in chunks of `chunk_bytes`.
pub fn header(contents: Contents, bytes: u64, chunk_bytes: u64) -> Header {
    let parameters = ParameterRecord { name: "test".into(), numbers: serde_json::Value::Null };
    Header::new(contents, EngineKind::Approximate, parameters, KEY, Layout { bytes, chunk_bytes })
}

/// A file with this payload.
pub fn encode(header: &Header, payload: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), header).unwrap();
    encoder.write_all(payload).unwrap();
    encoder.finish().unwrap().0
}

/// A model of `bytes` bytes, which depend on `seed`.
pub fn model(seed: u8, bytes: u64, chunk_bytes: u64) -> Vec<u8> {
    encode(&header(Contents::Model { steps: 7 }, bytes, chunk_bytes), &payload(seed, bytes))
}

pub fn payload(seed: u8, bytes: u64) -> Vec<u8> {
    (0..bytes).map(|i| seed.wrapping_add((i * i) as u8)).collect()
}

/// Opens and checks a file of any kind.
pub fn verify(bytes: &[u8]) -> Result<(), FileError> {
    FileReader::new_any(Cursor::new(bytes), "test.silenzio")?.verify_all(|_, _| ())
}

/// The file that `docs/formats.md` describes, whatever the header says.
pub fn by_the_book(header: &[u8], chunks: &[&[u8]]) -> Vec<u8> {
    let mut file = b"SILENZIO\x02\0\0\0".to_vec();
    file.extend((header.len() as u32).to_le_bytes());
    file.extend(header);
    let header_digest = Sha256::digest(&file);
    file.extend(header_digest);
    let mut digests = header_digest.to_vec();
    for (number, chunk) in chunks.iter().enumerate() {
        let digest = Sha256::digest([&header_digest[..], &(number as u64).to_le_bytes(), chunk].concat());
        file.extend(*chunk);
        file.extend(digest);
        digests.extend(digest);
    }
    file.extend(Sha256::digest(digests));
    file
}
