//! Damaged, foreign and malicious files give an error, without a panic, endless work or a large allocation.
#![allow(clippy::unwrap_used)]

mod common;

use common::{by_the_book, model, verify};
use proptest::prelude::*;
use silenzio_files::{FileReader, Kind, MAX_CHUNK_BYTES, Problem};
use std::io::{Cursor, Read};

/// The problem that `verify` finds.
fn problem(bytes: &[u8]) -> Problem {
    let error = verify(bytes).unwrap_err();
    assert!(error.to_string().starts_with("test.silenzio: "), "{error}");
    error.problem
}

/// Where the payload of a file begins.
fn payload_start(file: &[u8]) -> usize {
    16 + u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize + 32
}

#[test]
fn every_flipped_bit_is_found() {
    let file = model(3, 50, 16);
    verify(&file).unwrap();
    for bit in 0..8 * file.len() {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = problem(&flipped);
    }
}

#[test]
fn damage_is_located() {
    let mut file = model(3, 50, 16);
    let start = payload_start(&file);
    file[start + 48 + 5] ^= 1;
    let expected = (start + 48) as u64;
    assert!(
        matches!(problem(&file), Problem::DamagedChunk { chunk: 1, offset, bytes: 16 } if offset == expected)
    );
}

#[test]
fn every_truncation_is_refused_at_once() {
    let file = model(3, 50, 16);
    for length in 0..file.len() {
        let error = FileReader::new_any(Cursor::new(&file[..length]), "x").err().unwrap();
        let start = payload_start(&file);
        match error.problem {
            Problem::NotSilenzio => assert!(length < 8),
            Problem::TruncatedHeader => assert!((8..start).contains(&length)),
            Problem::Truncated { missing } => assert_eq!(missing, (file.len() - length) as u64),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn huge_lengths_are_refused_before_anything_is_allocated() {
    let json = |bytes: u64, chunk_bytes: u64| {
        format!(
            r#"{{"contents":"server-key","kind_version":1,"engine":"exact","parameters":{{"name":"","numbers":0}},"key_id":"{:032x}","payload":{{"bytes":{bytes},"chunk_bytes":{chunk_bytes}}}}}"#,
            0
        )
    };
    let file = |bytes, chunk_bytes| by_the_book(json(bytes, chunk_bytes).as_bytes(), &[b"some"]);
    verify(&file(4, MAX_CHUNK_BYTES)).unwrap();
    assert!(
        matches!(problem(&file(1 << 60, MAX_CHUNK_BYTES)), Problem::Truncated { missing } if missing > 1 << 60)
    );
    for (bytes, chunk_bytes) in [(u64::MAX, 1), (4, 0), (4, u64::MAX), (u64::MAX, MAX_CHUNK_BYTES)] {
        assert!(matches!(problem(&file(bytes, chunk_bytes)), Problem::Header(_)), "{bytes} {chunk_bytes}");
    }
    // A header of 4 GiB.
    let mut long = file(4, 4);
    long[12..16].fill(0xff);
    assert!(matches!(problem(&long), Problem::Header(_)));
}

#[test]
fn malicious_headers_are_refused() {
    let right = concat!(
        r#"{"contents":{"data":{"samples":2,"labelled":true}},"kind_version":1,"engine":"exact","#,
        r#""parameters":{"name":"p","numbers":0},"key_id":"00000000000000000000000000000001","payload":{"bytes":4,"chunk_bytes":2}}"#
    );
    let file = |json: &str| by_the_book(json.as_bytes(), &[b"so", b"me"]);
    verify(&file(right)).unwrap();
    for (from, to) in [
        (r#""samples":2"#, r#""samples":3"#),
        (r#""samples":2"#, r#""samples":-2"#),
        (r#""samples":2"#, r#""samples":2,"more":2"#),
        (r#""labelled":true"#, r#""labelled":null"#),
        ("data", "date"),
        ("exact", "inexact"),
        ("0001", "001"),
        ("0001", "000G"),
        (r#""kind_version":1,"#, ""),
        (r#""kind_version":1,"#, r#""kind_version":1,"kind_version":1,"#),
        (r#""kind_version":1,"#, r#""kind_version":1,"extra":1,"#),
        (r#""kind_version":1"#, r#""kind_version":4294967296"#),
        (r#""bytes":4"#, r#""bytes":4.5"#),
        (r#""bytes":4"#, r#""bytes":1e999"#),
        ("2}}", "2}} {}"),
        ("2}}", "2}"),
    ] {
        let wrong = right.replace(from, to);
        assert_ne!(wrong, right);
        assert!(matches!(problem(&file(&wrong)), Problem::Header(_)), "{wrong}");
    }
    for wrong in [
        "",
        "null",
        "[]",
        "{}",
        "\u{feff}{}",
        &"[".repeat(1 << 20),
        &format!("{{\"plan\":{}", "[".repeat(99999)),
    ] {
        assert!(matches!(problem(&file(wrong)), Problem::Header(_)));
    }
    let not_text = by_the_book(b"\xff\xfe", &[]);
    assert!(matches!(problem(&not_text), Problem::Header(_)));
}

#[test]
fn nothing_damaged_is_handed_out() {
    let mut file = model(3, 50, 16);
    let start = payload_start(&file);
    file[start + 2 * 48] ^= 1;
    let mut reader = FileReader::new(Cursor::new(&file), "x", Kind::Model).unwrap();
    let mut read = Vec::new();
    let error = reader.payload().read_to_end(&mut read).unwrap_err();
    assert_eq!(read, common::payload(3, 50)[..32]);
    assert!(error.to_string().starts_with("x: is damaged"), "{error}");
    let error = reader.decode(|from| from.read_to_end(&mut Vec::new())).unwrap_err();
    assert!(matches!(error.problem, Problem::DamagedChunk { chunk: 2, .. }));
    // Other chunks can still be read.
    assert_eq!(reader.read_chunk(3).unwrap(), common::payload(3, 50)[48..]);
}

#[test]
fn a_stream_ends_only_if_the_digest_of_the_file_is_right() {
    for bytes in [0, 50] {
        let mut file = model(3, bytes, 16);
        *file.last_mut().unwrap() ^= 1;
        let mut reader = FileReader::new(Cursor::new(&file), "x", Kind::Model).unwrap();
        let error = reader.decode(|from| from.read_exact(&mut vec![0; bytes as usize])).unwrap_err();
        assert!(matches!(error.problem, Problem::DamagedDigest), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn damaged_files_are_refused(
        bytes in 0..300u64,
        chunk_bytes in 1..100u64,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let file = model(1, bytes, chunk_bytes);
        let mut damaged = file.clone();
        for (place, byte) in damage {
            *place.get_mut(&mut damaged) = byte;
        }
        prop_assert_eq!(verify(&damaged).is_ok(), damaged == file);
    }

    #[test]
    fn cut_moved_and_repeated_bytes_are_refused(
        bytes in 0..300u64,
        chunk_bytes in 1..100u64,
        from: prop::sample::Index,
        length in 0..400usize,
        to: prop::sample::Index,
        copy: bool,
    ) {
        let file = model(1, bytes, chunk_bytes);
        let from = from.index(file.len());
        let end = file.len().min(from + length);
        let mut changed = file.clone();
        let piece: Vec<u8> = if copy { file[from..end].to_vec() } else { changed.drain(from..end).collect() };
        let to = to.index(changed.len() + 1);
        changed.splice(to..to, piece);
        prop_assert_eq!(verify(&changed).is_ok(), changed == file);
    }

    #[test]
    fn chunks_neither_change_places_nor_files(
        chunk_bytes in 1..50u64,
        chunks in 2..8u64,
        a: prop::sample::Index,
        b: prop::sample::Index,
        foreign: bool,
    ) {
        let bytes = chunk_bytes * chunks;
        // The payload is the same, but the header has another number of steps.
        let file = model(1, bytes, chunk_bytes);
        let other_header = common::header(silenzio_files::Contents::Model { steps: 8 }, bytes, chunk_bytes);
        let other = common::encode(&other_header, &common::payload(1, bytes));
        let (start, size) = (payload_start(&file), chunk_bytes as usize + 32);
        prop_assert_eq!(start, payload_start(&other));
        let place = |index: prop::sample::Index| {
            let begin = start + index.index(chunks as usize) * size;
            begin..begin + size
        };
        let (a, b) = (place(a), place(b));
        let mut changed = file.clone();
        let source = if foreign { &other } else { &file };
        changed[a.clone()].copy_from_slice(&source[b.clone()]);
        if !foreign {
            changed[b].copy_from_slice(&file[a]);
        }
        prop_assert_eq!(verify(&changed).is_ok(), changed == file);
    }

    #[test]
    fn extended_files_are_refused(extra in prop::collection::vec(any::<u8>(), 1..100)) {
        let mut file = model(1, 50, 16);
        file.extend(&extra);
        let Problem::TooLong { extra: found } = problem(&file) else { panic!("not too long") };
        prop_assert_eq!(found, extra.len() as u64);
    }

    #[test]
    fn foreign_files_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), magic: bool, version: bool) {
        let mut file = if magic { b"SILENZIO".to_vec() } else { Vec::new() };
        if version {
            file.extend([1, 0, 0, 0, bytes.len() as u8, 0, 0, 0]);
        }
        file.extend(bytes);
        let _ = problem(&file);
    }

    #[test]
    fn forged_headers_hold_or_are_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        bytes in prop_oneof![0..20u64, any::<u64>()],
        chunk_bytes in prop_oneof![0..20u64, any::<u64>()],
    ) {
        let mut json = format!(
            concat!(
                r#"{{"contents":{{"data":{{"samples":2,"labelled":true}}}},"kind_version":1,"engine":"exact","#,
                r#""parameters":{{"name":"p","numbers":0}},"key_id":"00000000000000000000000000000001","#,
                r#""payload":{{"bytes":{},"chunk_bytes":{}}}}}"#
            ),
            bytes, chunk_bytes
        );
        let file = by_the_book(json.as_bytes(), &[b"chunk", b"chunk"]);
        prop_assert_eq!(verify(&file).is_ok(), (bytes, chunk_bytes) == (10, 5));

        let mut edited = std::mem::take(&mut json).into_bytes();
        for (place, byte) in edits {
            *place.get_mut(&mut edited) = byte;
        }
        let file = by_the_book(&edited, &[b"chunk", b"chunk"]);
        if verify(&file).is_ok() {
            let header = FileReader::new_any(Cursor::new(&file), "x").unwrap().header().clone();
            prop_assert_eq!((header.payload.bytes, header.payload.chunk_bytes), (10, 5));
        }
    }
}
