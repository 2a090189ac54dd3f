//! Files have the format of `docs/formats.md`, and survive the round trip.
#![allow(clippy::unwrap_used)]

mod common;

use common::{KEY, by_the_book, encode, header, model, payload, verify};
use proptest::prelude::*;
use silenzio_core::Wire;
use silenzio_core::wire::{read_u64s, write_u64s};
use silenzio_files::{Contents, FileReader, KeyId, Kind, Layout, Problem};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

#[test]
fn bytes_are_as_documented() {
    let json = concat!(
        r#"{"contents":{"data":{"samples":3,"labelled":true}},"kind_version":1,"engine":"approximate","#,
        r#""parameters":{"name":"test","numbers":null},"key_id":"0123456789abcdef0123456789abcdef","plan":{"hidden":[8]},"#,
        r#""payload":{"bytes":6,"chunk_bytes":2}}"#
    );
    let header = header(Contents::Data { samples: 3, labelled: true }, 6, 2);
    let header = header.with_plan(&BTreeMap::from([("hidden", [8])])).unwrap();
    let file = encode(&header, b"abcdef");
    assert_eq!(file, by_the_book(json.as_bytes(), &[b"ab", b"cd", b"ef"]));
    let reader = FileReader::new(Cursor::new(&file), "x", Kind::Data).unwrap();
    assert_eq!(reader.digest().0, file[file.len() - 32..]);
    assert_eq!(reader.header(), &header);
}

#[test]
fn contents_have_these_names() {
    for (contents, name) in [
        (Contents::ClientKey, r#""client-key""#),
        (Contents::ServerKey, r#""server-key""#),
        (Contents::Data { samples: 1, labelled: false }, r#"{"data":{"samples":1,"labelled":false}}"#),
        (Contents::Model { steps: 2 }, r#"{"model":{"steps":2}}"#),
        (Contents::Checkpoint { steps: 3 }, r#"{"checkpoint":{"steps":3}}"#),
        (Contents::Logits { samples: 4 }, r#"{"logits":{"samples":4}}"#),
    ] {
        assert_eq!(serde_json::to_string(&contents).unwrap(), name);
    }
}

proptest! {
    #[test]
    fn payloads_come_back(bytes in 0..5000u64, chunk_bytes in 1..600u64, pieces in 1..700usize, seed: u8) {
        let expected = payload(seed, bytes);
        let file = model(seed, bytes, chunk_bytes);
        verify(&file).unwrap();
        let mut reader = FileReader::new(Cursor::new(&file), "x", Kind::Model).unwrap();

        let mut all: Vec<u8> = Vec::new();
        let mut piece = vec![0; pieces];
        let mut stream = reader.payload();
        loop {
            match stream.read(&mut piece).unwrap() {
                0 => break,
                count => all.extend(&piece[..count]),
            }
        }
        drop(stream);
        prop_assert_eq!(&all, &expected);

        // Chunks can be read in any order.
        for (number, chunk) in expected.chunks(chunk_bytes as usize).enumerate().rev() {
            prop_assert_eq!(reader.read_chunk(number as u64).unwrap(), chunk);
        }
        let chunks = reader.header().payload.chunks();
        let beyond = reader.read_chunk(chunks).unwrap_err();
        prop_assert!(matches!(beyond.problem, Problem::NoChunk { .. }), "{}", beyond);
    }

    #[test]
    fn numbers_in_plans_come_back_exactly(number in proptest::num::f64::NORMAL) {
        let header = header(Contents::Model { steps: 0 }, 0, 1).with_plan(&[number]).unwrap();
        let file = encode(&header, b"");
        let reader = FileReader::new(Cursor::new(&file), "x", Kind::Model).unwrap();
        prop_assert_eq!(reader.plan::<[f64; 1]>().unwrap()[0].to_bits(), number.to_bits());
    }
}

struct Pair([u64; 2]);

impl Wire<()> for Pair {
    fn encoded_len((): &()) -> io::Result<u64> {
        Ok(16)
    }
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        write_u64s(to, &self.0)
    }
    fn read(from: &mut dyn Read, (): &()) -> io::Result<Self> {
        let mut numbers = [0; 2];
        read_u64s(from, &mut numbers)?;
        if numbers == [0; 2] { Err(silenzio_core::wire::invalid("zeros")) } else { Ok(Self(numbers)) }
    }
}

#[test]
fn values_are_decoded_whole() {
    let decode = |payload: &[u8], chunk_bytes| {
        let header = header(Contents::ServerKey, payload.len() as u64, chunk_bytes);
        let file = encode(&header, payload);
        let mut reader = FileReader::new(Cursor::new(file), "keys", Kind::ServerKey).unwrap();
        let whole = reader.decode(|from| Pair::read(from, &()));
        if payload.len() as u64 <= chunk_bytes {
            let chunk = reader.decode_chunk(0, |from| Pair::read(from, &()));
            assert_eq!(
                whole.as_ref().map(|pair| pair.0).map_err(ToString::to_string),
                chunk.map(|pair| pair.0).map_err(|error| error.to_string())
            );
        }
        whole.map(|pair| pair.0).map_err(|error| {
            assert!(error.to_string().starts_with("keys: "), "{error}");
            error.problem
        })
    };
    for chunk_bytes in [1, 5, 16, 100] {
        let mut right = [0; 16];
        right[..1].copy_from_slice(&[9]);
        assert_eq!(decode(&right, chunk_bytes).unwrap(), [9, 0]);
        assert!(matches!(decode(&right[..15], chunk_bytes), Err(Problem::EndsEarly)));
        assert!(matches!(decode(&[0; 16], chunk_bytes), Err(Problem::Decode(_))));
        assert!(matches!(decode(&[1; 19], chunk_bytes), Err(Problem::LeftOver { bytes: 3 })));
    }
}

#[test]
fn other_kinds_keys_and_plans_are_refused() {
    let file = model(0, 10, 4);
    let other = FileReader::new(Cursor::new(&file), "m", Kind::ServerKey).err().unwrap();
    let expected =
        "m: is an encrypted model, but a server key is expected here: check the order of the paths";
    assert_eq!(other.to_string(), expected);

    let reader = FileReader::new(Cursor::new(&file), "m", Kind::Model).unwrap();
    reader.require_key(KEY).unwrap();
    assert!(matches!(reader.require_key(KeyId(1)).unwrap_err().problem, Problem::WrongKey { .. }));
    assert!(matches!(reader.plan::<Vec<u32>>().unwrap_err().problem, Problem::Plan(_)));
}

#[test]
fn other_versions_are_refused_but_can_be_inspected() {
    let mut header = header(Contents::Model { steps: 0 }, 4, 4);
    header.kind_version = 2;
    let newer = encode(&header, b"1234");
    let error = FileReader::new(Cursor::new(&newer), "m", Kind::Model).err().unwrap();
    assert!(matches!(error.problem, Problem::Newer { found: 2, known: 1 }), "{error}");
    verify(&newer).unwrap();
    let info = FileReader::new_any(Cursor::new(&newer), "m").unwrap().info().to_string();
    assert!(info.contains("an encrypted model") && info.contains("version     2"), "{info}");

    header.kind_version = 0;
    let older = encode(&header, b"1234");
    let error = FileReader::new(Cursor::new(&older), "m", Kind::Model).err().unwrap();
    assert!(matches!(error.problem, Problem::Older { found: 0, known: 1 }), "{error}");

    let mut container = newer;
    container[8] = 3;
    assert!(matches!(verify(&container).unwrap_err().problem, Problem::Newer { found: 3, known: 2 }));
    // Before version 2, files did not record the numbers of the parameters.
    container[8] = 1;
    let error = verify(&container).unwrap_err();
    assert!(matches!(error.problem, Problem::Older { found: 1, known: 2 }), "{error}");
    assert!(error.to_string().contains("make it again"), "{error}");
}

#[test]
fn progress_reaches_the_end() {
    let file = model(0, 10, 4);
    let mut told = Vec::new();
    let mut reader = FileReader::new(Cursor::new(&file), "m", Kind::Model).unwrap();
    reader.verify_all(|done, all| told.push((done, all))).unwrap();
    assert_eq!(told, [(4, 10), (8, 10), (10, 10)]);
    assert_eq!(Layout::stream(3 << 20).chunks(), 3);
}
