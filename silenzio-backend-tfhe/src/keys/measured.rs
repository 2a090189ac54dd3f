//! Tests that measure the noise of the exact engine's keys and uploads with the secret key.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

use super::generation::{keyswitch_key, rotation_key, shrink_key};
use super::rows::{assert_noise, head, lwe_error};
use super::{ClientKey, CompressedServerKey, KeyPlan};
use crate::parameters::{VALUE_DIMENSION, all};
use crate::security::{of_class, of_values};
use crate::torus::Torus;
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Client, Modulus};
use std::collections::HashSet;

/// The number of bodies that are decrypted of a bootstrapping key, which is generated for the first bits of a small key.
const BODIES: usize = 1 << 17;

fn plan(moduli: &[u32]) -> KeyPlan {
    KeyPlan::for_moduli(SmallKeys::Blocks, moduli.iter().map(|&m| Modulus::new(m).unwrap()))
}

/// Checks the noise of all keys of a bundle.
fn check_bundle(moduli: &[u32]) {
    let client = ClientKey::generate(&plan(moduli));
    let (values_key, beyond) = client.master().split_at(VALUE_DIMENSION);
    let bundle = CompressedServerKey::new(&client, &|_| ());
    for (class, (set, small)) in bundle.classes.iter().zip(client.classes()) {
        let demanded = of_class(set);
        assert_noise(&demanded[0], &class.keyswitch.errors(values_key, small));
        let glwe = &client.master()[..set.output_dimension()];
        assert_noise(&demanded[1], &class.rotation.seeded().errors(small, glwe, 2));
    }
    let [shrink, _] = of_values();
    assert_eq!(bundle.shrink.is_some(), !beyond.is_empty());
    bundle.shrink.iter().for_each(|key| assert_noise(&shrink, &key.errors(beyond, values_key)));
}

#[test]
fn keys_have_the_demanded_noise() {
    check_bundle(&[15, 31]);
}

#[test]
#[ignore = "wide keys take minutes and gigabytes"]
fn wide_keys_have_the_demanded_noise() {
    for m in [63, 127, 255] {
        check_bundle(&[m]);
    }
}

#[test]
fn keys_of_every_class_have_the_demanded_noise_in_their_first_rows() {
    for set in all() {
        let widest = Modulus::new(set.widest.into()).unwrap();
        let client = ClientKey::generate(&KeyPlan::for_moduli(set.small_keys(), [widest]));
        let (values_key, beyond) = client.master().split_at(VALUE_DIMENSION);
        let demanded = of_class(set);
        for (set, small) in client.classes() {
            let key = keyswitch_key(set, values_key, small, &|_| ());
            assert_noise(&demanded[0], &key.errors(values_key, small));
            let bits = &small[..BODIES.div_ceil(set.rotation().shape().bodies_per_bit())];
            let key = rotation_key(set, bits, client.master(), &|_| ());
            let glwe = &client.master()[..set.output_dimension()];
            assert_noise(&demanded[1], &key.seeded().errors(bits, glwe, bits.len()));
        }
        if !beyond.is_empty() {
            let beyond = &beyond[..beyond.len().min(8192)];
            let [shrink, _] = of_values();
            // A key has one row per bit: it is generated several times, so that there are enough errors.
            let rows = || shrink_key(beyond, values_key, &|_| ()).errors(beyond, values_key);
            assert_noise(&shrink, &[rows(), rows()].concat());
        }
    }
}

#[test]
fn uploads_have_the_demanded_noise() {
    let client = ClientKey::generate(&plan(&[15]));
    let values_key = &client.master()[..VALUE_DIMENSION];
    let [_, values] = of_values();
    for m in [3, 15, 255] {
        let m = Modulus::new(m).unwrap();
        let xs: Vec<i64> = (0..500).map(|x| m.centre(x)).collect();
        let upload = || {
            let lwes = client.encrypt(m, &xs).unwrap().bodies.expand_lwes(VALUE_DIMENSION);
            let errors =
                lwes.iter().zip(&xs).map(|(lwe, &x)| lwe_error(lwe, values_key, Torus::encode(m, x).0));
            errors.collect::<Vec<f64>>()
        };
        assert_noise(&values, &(0..20).flat_map(|_| upload()).collect::<Vec<f64>>());
    }
}

#[test]
fn no_two_ciphertexts_share_a_mask() {
    // There are two kinds of bundles: with a class whose output is longer than a value, which takes a shrinking key, and
    // without one.
    let mut heads = Vec::new();
    let client = ClientKey::generate(&plan(&[15, 31]));
    for _ in 0..2 {
        let bundle = CompressedServerKey::new(&client, &|_| ());
        for class in &bundle.classes {
            heads.extend(class.keyswitch.mask_heads());
            heads.extend(class.rotation.seeded().mask_heads());
        }
    }
    let wide = ClientKey::generate(&plan(&[63]));
    let (values_key, beyond) = wide.master().split_at(VALUE_DIMENSION);
    heads.extend(shrink_key(&beyond[..1024], values_key, &|_| ()).mask_heads());
    for m in [15, 15, 31] {
        let m = Modulus::new(m).unwrap();
        for xs in [[0; 100], [1; 100]] {
            let lwes = client.encrypt(m, &xs).unwrap().bodies.expand_lwes(VALUE_DIMENSION);
            heads.extend(lwes.iter().map(|lwe| head(&lwe[..VALUE_DIMENSION])));
        }
    }
    let ciphertexts = heads.len();
    println!("{ciphertexts} masks");
    assert_eq!(heads.into_iter().collect::<HashSet<_>>().len(), ciphertexts);
}
