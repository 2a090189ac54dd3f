//! After a write error nothing more is written, and the file cannot be finished.
#![allow(clippy::unwrap_used)]

mod common;

use common::{header, payload};
use silenzio_files::{Contents, Encoder};
use std::io::{self, Write};

/// A disk with room for some bytes, to which room is added after the first error.
struct Disk {
    room: usize,
    failed: bool,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 && !self.failed {
            self.failed = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = if self.failed { bytes.len() } else { bytes.len().min(self.room) };
        self.room -= taken.min(self.room);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_is_full_at_any_byte_is_noticed() {
    let bytes = 200_000;
    let header = header(Contents::ServerKey, bytes, 1000);
    let whole = common::encode(&header, &payload(0, bytes)).len();
    for room in (0..whole).step_by(997).chain([whole - 1]) {
        let Ok(mut encoder) = Encoder::new(Disk { room, failed: false }, &header) else { continue };
        // The caller ignores errors.
        let written = encoder.write_all(&payload(0, bytes));
        let finished = encoder.finish();
        assert!(finished.is_err(), "{room} of {whole}: {written:?}");
    }
    let mut encoder = Encoder::new(Disk { room: whole, failed: false }, &header).unwrap();
    encoder.write_all(&payload(0, bytes)).unwrap();
    encoder.finish().unwrap();
}

/// This must also hold if the disk is full within the digest of the last chunk, when the payload is complete.
#[test]
fn a_disk_that_is_full_at_the_last_digest_is_noticed() {
    for bytes in 65_000..65_600 {
        let header = header(Contents::ServerKey, bytes, 100_000);
        let mut encoder = Encoder::new(Disk { room: 1000, failed: false }, &header).unwrap();
        let written = encoder.write_all(&payload(0, bytes));
        assert!(encoder.finish().is_err(), "{bytes}: {written:?}");
    }
}

#[test]
fn a_full_device_is_noticed() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let header = header(Contents::ServerKey, 5, 10);
    let mut encoder = Encoder::new(full, &header).unwrap();
    encoder.write_all(b"12345").unwrap();
    assert_eq!(encoder.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
}
