//! The binary forms of keys and ciphertexts.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::approximate::{
    ApproximateClientKey, ApproximateGlwe, ApproximateLwe, CompressedApproximateServerKey,
};
use silenzio_backend_tfhe::{Ciphertext, ClientKey, CompressedServerKey, KeyPlan, Progress, ServerKey};
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, Precision, RealLut};
use silenzio_core::plan::SmallKeys;
use silenzio_core::wire::{Wire, from_bytes, to_bytes};
use silenzio_core::{Backend, Client, Lut, Modulus};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Checks the length and the round trip, and that truncated or extended bytes are refused; returns the value that was read.
fn round_trip<F: ?Sized, T: Wire<F>>(value: &T, format: &F, length: usize) -> T {
    let bytes = to_bytes(value).unwrap();
    assert_eq!(bytes.len(), length);
    assert_eq!(T::encoded_len(format).unwrap(), length as u64);
    for cut in [0, 1, length / 2, length - 1] {
        let error = from_bytes::<F, T>(&bytes[..cut], format).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(from_bytes::<F, T>(&longer, format).err().unwrap().kind(), ErrorKind::InvalidData);
    let read = from_bytes::<F, T>(&bytes, format).unwrap();
    assert!(to_bytes(&read).unwrap() == bytes, "written again");
    read
}

/// The value with one of some bits flipped, for each of them after which it can still be read.
fn flipped<F: ?Sized, T: Wire<F>>(value: &T, format: &F) -> Vec<T> {
    let bytes = to_bytes(value).unwrap();
    let places = (0..bytes.len() * 8).step_by(bytes.len() * 8 / 61 + 1);
    let flip = |place: usize| {
        let mut bytes = bytes.clone();
        bytes[place / 8] ^= 1 << (place % 8);
        from_bytes::<F, T>(&bytes, format).ok()
    };
    places.filter_map(flip).collect()
}

#[test]
fn exact_keys_and_ciphertexts_survive() {
    let [m, wide] = [15, 63].map(|m| Modulus::new(m).unwrap());
    let plan = KeyPlan::for_moduli(SmallKeys::Blocks, [m]);
    let client = ClientKey::generate(&plan);
    let client = round_trip(&client, &plan, 16 + 2048 + 860);
    let (last, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compressed = CompressedServerKey::new(&client, &|Progress { done, total }| {
        assert_eq!(total, plan.compressed_key_bytes());
        last.fetch_max(done, Relaxed);
        calls.fetch_add(1, Relaxed);
    });
    assert_eq!(last.into_inner(), plan.compressed_key_bytes());
    // The keyswitching key, and the bootstrapping key in blocks of 64 key bits.
    assert_eq!(calls.into_inner(), 1 + 860_usize.div_ceil(64));
    let server = round_trip(&compressed, &plan, 16 + plan.compressed_key_bytes()).expand().unwrap();
    assert_eq!(client.id(), server.id());
    assert_ne!(client.id(), ClientKey::generate(&plan).id());
    assert_eq!(server.size_bytes(), plan.server_key_bytes());
    assert!(plan.compressed_key_bytes() * 2 < plan.server_key_bytes());
    assert!(
        KeyPlan::for_moduli(SmallKeys::Blocks, [wide]).compressed_key_bytes() * 2
            < KeyPlan::for_moduli(SmallKeys::Blocks, [wide]).server_key_bytes() + 4096
    );

    let format = (m, 5);
    let xs = [-7, -1, 0, 3, 7];
    let seeded = round_trip(&client.encrypt(m, &xs).unwrap(), &format, 16 + 5 * 8);
    let values = server.expand(&seeded).unwrap();
    let looked_up = server.lut(&values, &Lut::signed(m, m, |x| -x)).unwrap();
    for (value, x) in looked_up.iter().zip(xs) {
        let read = round_trip(value, &m, 8 + Ciphertext::VALUE_BYTES);
        assert_eq!(read.variance(), value.variance());
        assert_eq!(client.decrypt(&[read]).unwrap(), [-x]);
    }
    let trivial = round_trip(&server.trivial(m, 5), &m, 8 + Ciphertext::VALUE_BYTES);
    assert_eq!(client.decrypt(&server.lut(&[trivial], &Lut::embed(m, m)).unwrap()).unwrap(), [5]);

    for value in flipped(&values[0], &m) {
        // The noise may have become too high, or the value may have changed.
        let _ = server.lut(&[value], &Lut::embed(m, m)).map(|values| client.decrypt(&values).unwrap());
    }
    for seeded in flipped(&seeded, &format) {
        assert_eq!(server.expand(&seeded).unwrap().len(), 5);
    }
    let mut bytes = to_bytes(&values[0]).unwrap();
    for variance in [-1e-30, f64::NAN, f64::INFINITY] {
        bytes[..8].copy_from_slice(&variance.to_le_bytes());
        assert!(from_bytes::<_, Ciphertext>(&bytes, &m).is_err(), "{variance}");
    }
}

#[test]
fn a_wide_key_survives_with_its_shrinking_key() {
    let m = Modulus::new(63).unwrap();
    let plan = KeyPlan::for_moduli(SmallKeys::Blocks, [m]);
    let client = ClientKey::generate(&plan);
    let compressed = CompressedServerKey::new(&client, &|_| ());
    let server = round_trip(&compressed, &plan, 16 + plan.compressed_key_bytes()).expand().unwrap();
    drop(compressed);
    let values = server.expand(&client.encrypt(m, &[-31, 4]).unwrap()).unwrap();
    let squared = server.lut(&values, &Lut::signed(m, m, |x| x * x)).unwrap();
    assert_eq!(client.decrypt(&squared).unwrap(), [m.centre(31 * 31), 16]);
}

#[test]
fn key_bits_are_bits() {
    let plan = KeyPlan::for_moduli(SmallKeys::Blocks, [Modulus::new(15).unwrap()]);
    let mut bytes = to_bytes(&ClientKey::generate(&plan)).unwrap();
    bytes[100] = 2;
    assert!(from_bytes::<_, ClientKey>(&bytes, &plan).is_err());
    let mut bytes = to_bytes(&ApproximateClientKey::generate(&N2048)).unwrap();
    *bytes.last_mut().unwrap() = 255;
    assert!(from_bytes::<_, ApproximateClientKey>(&bytes, &N2048).is_err());
}

#[test]
fn approximate_keys_and_ciphertexts_survive() {
    let client = ApproximateClientKey::generate(&N2048);
    let client = round_trip(&client, &N2048, 16 + 2048 + 800);
    let length = CompressedApproximateServerKey::bytes(&N2048);
    let last = AtomicUsize::new(0);
    let compressed = CompressedApproximateServerKey::new(&client, &|Progress { done, total }| {
        assert_eq!(total, length);
        last.fetch_max(done, Relaxed);
    });
    assert_eq!(last.into_inner(), length);
    let key_bits = &to_bytes(&client).unwrap()[16..16 + 64];
    assert!(!to_bytes(&compressed).unwrap().windows(64).any(|bytes| bytes == key_bits));
    let server = round_trip(&compressed, &N2048, 16 + length).expand().unwrap();
    drop(compressed);
    assert_eq!(client.id(), server.id());
    assert!(length * 2 < server.size_bytes() + 8192, "{length} of {}", server.size_bytes());

    let format = (N2048, 3);
    let seeded_lwes = round_trip(&client.encrypt_lwes(&[0.1, -0.2, 0.15]), &format, 16 + 3 * 8);
    let lwes = server.expand_lwes(&seeded_lwes).unwrap();
    let lut = RealLut::new(2048, &[&|x| -x]).unwrap();
    let negated = server.bootstrap(Precision::Fine, &lwes, &lut).unwrap().concat();
    for (lwe, x) in negated.iter().zip([-0.1, 0.2, -0.15]) {
        let read = round_trip(lwe, &N2048, 2049 * 8);
        assert!((client.decrypt_lwe(&read).unwrap() - x).abs() < 0.02);
    }

    let none = (N2048, 0);
    let none = round_trip(&client.encrypt_lwes(&[]), &none, 16);
    assert!(server.expand_lwes(&none).unwrap().is_empty());

    // There are 4 levels of two rows with a body of 2048 coefficients, half of a standard GGSW, which also has masks.
    let seeded = client.encrypt_ggsw(&[(0, 3), (1, -2)]).unwrap();
    let seeded = round_trip(&seeded, &N2048, 16 + 4 * 2 * 2048 * 8);
    let factor = server.expand_ggsw(&seeded).unwrap();
    let packed = server.pack(&[vec![(0, &lwes[0])]]).unwrap().remove(0);
    let product = server.dot_products(&[vec![(&factor, &packed)]]).unwrap().remove(0);
    let product = round_trip(&product, &N2048, 2 * 2048 * 8);
    let coefficients = client.decrypt_glwe(&product).unwrap();
    assert!((coefficients[0] - 0.3).abs() < 1e-4 && (coefficients[1] + 0.2).abs() < 1e-4);

    for seeded in flipped(&seeded, &N2048) {
        server.dot_products(&[vec![(&server.expand_ggsw(&seeded).unwrap(), &packed)]]).unwrap();
    }
    for lwes in flipped(&seeded_lwes, &format) {
        let lwes: Vec<ApproximateLwe> = server.expand_lwes(&lwes).unwrap();
        server.bootstrap(Precision::Coarse, &lwes, &lut).unwrap();
    }
    for glwe in flipped::<_, ApproximateGlwe>(&packed, &N2048) {
        server.dot_products(&[vec![(&factor, &glwe)]]).unwrap();
    }
}

#[test]
fn bits_flipped_in_keys_do_no_more_than_spoil_results() {
    let m = Modulus::new(15).unwrap();
    let plan = KeyPlan::for_moduli(SmallKeys::Blocks, [m]);
    let client = ClientKey::generate(&plan);
    let values = client.encrypt(m, &[3]).unwrap();
    let mut bytes = to_bytes(&CompressedServerKey::new(&client, &|_| ())).unwrap();
    for place in (0..bytes.len()).step_by(bytes.len() / 5) {
        bytes[place] ^= 0x81;
        let server: ServerKey =
            from_bytes::<_, CompressedServerKey>(&bytes, &plan).unwrap().expand().unwrap();
        let values = server.expand(&values).unwrap();
        assert_eq!(server.lut(&values, &Lut::embed(m, m)).unwrap().len(), 1);
    }
    for client in flipped(&client, &plan) {
        assert!(client.decrypt(&[Ciphertext::trivial(m, 3)]).unwrap() == [3]);
    }
}
