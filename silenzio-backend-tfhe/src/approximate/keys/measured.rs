//! Tests that measure the noise of the approximate engine's keys and uploads with the secret key.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

use super::compressed::exponents;
use super::{ApproximateClientKey, CompressedApproximateServerKey};
use crate::approximate::automorphism::substitute;
use crate::approximate::seeded::SeededGgsw;
use crate::keys::rows::{assert_noise, glwe_errors, head, lwe_error};
use crate::security::of_approximate;
use crate::torus::Torus;
use silenzio_core::approximate::parameters::{ALL, N2048};
use silenzio_core::approximate::{ApproximateClient, ApproximateParameters};
use silenzio_core::noise::GadgetShape;
use std::collections::HashSet;
use tfhe::core_crypto::prelude::Polynomial;
use tfhe::core_crypto::prelude::polynomial_algorithms::polynomial_wrapping_sub_mul_assign;

impl SeededGgsw {
    /// The rows with their masks, the least significant level first.
    fn rows(&self, size: usize) -> Vec<Vec<u64>> {
        self.0.expand_glwes(size).chunks_exact(2 * size).map(<[u64]>::to_vec).collect()
    }

    /// The errors of the key rows, which encrypt products with the secret key, and those of the body rows.
    fn errors(&self, key: &[u64], message: &[u64], gadget: GadgetShape) -> [Vec<f64>; 2] {
        let mut minus_product = vec![0; key.len()];
        polynomial_wrapping_sub_mul_assign(
            &mut Polynomial::from_container(minus_product.as_mut_slice()),
            &Polynomial::from_container(key),
            &Polynomial::from_container(message),
        );
        let mut errors = [vec![], vec![]];
        let rows = self.rows(key.len());
        assert_eq!(rows.len(), 2 * gadget.levels);
        for (level, pair) in (1..=gadget.levels).rev().zip(rows.chunks_exact(2)) {
            for ((row, phases), errors) in pair.iter().zip([&minus_product[..], message]).zip(&mut errors) {
                let shift = 64 - gadget.base_log * level;
                let expected: Vec<u64> = phases.iter().map(|phase| phase << shift).collect();
                errors.extend(glwe_errors(row, key, &expected));
            }
        }
        errors
    }

    fn mask_heads(&self, size: usize) -> Vec<u128> {
        self.rows(size).iter().map(|row| head(&row[..size])).collect()
    }
}

/// The polynomial -s(X^t).
fn minus_moved_key(key: &[u64], t: usize) -> Vec<u64> {
    let minus: Vec<u64> = key.iter().map(|bit| bit.wrapping_neg()).collect();
    let mut moved = vec![0; key.len()];
    substitute(t, &minus, &mut moved);
    moved
}

/// Inputs as a client packs them.
fn terms(parameters: &ApproximateParameters) -> Vec<(usize, i64)> {
    (0..parameters.polynomial_size).step_by(3).map(|place| (place, place as i64 % 31 - 15)).collect()
}

#[test]
fn keys_and_uploads_have_the_demanded_noise() {
    for parameters in ALL {
        let client = ApproximateClientKey::generate(parameters);
        let (key, small) = (client.glwe_bits(), client.small_bits());
        let bundle = CompressedApproximateServerKey::new(&client, &|_| ());
        let demanded = of_approximate(parameters);
        let (keyswitch, demanded) = demanded.split_first().unwrap();
        let (rotations, demanded) = demanded.split_at(bundle.rotations.iter().count());
        let [key_rows, automorphisms, inputs, labels] = demanded else { panic!("{demanded:?}") };

        assert_noise(keyswitch, &bundle.keyswitch.errors(key, small));
        for (demanded, rotation) in rotations.iter().zip(bundle.rotations.iter()) {
            assert_noise(demanded, &rotation.seeded().errors(small, key, 4));
        }
        for errors in bundle.minus_key.errors(key, &minus_moved_key(key, 1), parameters.key_row) {
            assert_noise(key_rows, &errors);
        }
        for (ggsw, t) in bundle.automorphisms.iter().zip(exponents(parameters)) {
            for errors in ggsw.errors(key, &minus_moved_key(key, t), parameters.automorphism) {
                assert_noise(automorphisms, &errors);
            }
        }

        let mut message = vec![0; key.len()];
        terms(parameters).into_iter().for_each(|(place, x)| message[place] = x as u64);
        let uploads = (0..4).map(|_| {
            let ggsw = client.encrypt_ggsw(&terms(parameters)).unwrap();
            ggsw.errors(key, &message, parameters.fresh)
        });
        let (secret_products, bodies): (Vec<_>, Vec<_>) = uploads.map(|[key, body]| (key, body)).unzip();
        assert_noise(inputs, &secret_products.concat());
        assert_noise(inputs, &bodies.concat());

        let xs = [0.0, 0.25, -0.3, 0.1, 0.499].repeat(100);
        let upload = || {
            let lwes = client.encrypt_lwes(&xs).bodies.expand_lwes(key.len());
            let errors = lwes.iter().zip(&xs).map(|(lwe, &x)| lwe_error(lwe, key, Torus::from_real(x).0));
            errors.collect::<Vec<f64>>()
        };
        assert_noise(labels, &(0..20).flat_map(|_| upload()).collect::<Vec<f64>>());
    }
}

#[test]
fn no_two_ciphertexts_share_a_mask() {
    let size = N2048.polynomial_size;
    let client = ApproximateClientKey::generate(&N2048);
    let mut heads = Vec::new();
    for _ in 0..2 {
        let bundle = CompressedApproximateServerKey::new(&client, &|_| ());
        heads.extend(bundle.keyswitch.mask_heads());
        heads.extend(bundle.rotations.iter().flat_map(|rotation| rotation.seeded().mask_heads()));
        heads.extend(bundle.minus_key.mask_heads(size));
        heads.extend(bundle.automorphisms.iter().flat_map(|ggsw| ggsw.mask_heads(size)));
    }
    for _ in 0..5 {
        heads.extend(client.encrypt_ggsw(&terms(&N2048)).unwrap().mask_heads(size));
        let lwes = client.encrypt_lwes(&[0.1; 100]).bodies.expand_lwes(size);
        heads.extend(lwes.iter().map(|lwe| head(&lwe[..size])));
    }
    let ciphertexts = heads.len();
    println!("{ciphertexts} masks");
    assert_eq!(heads.into_iter().collect::<HashSet<_>>().len(), ciphertexts);
}
