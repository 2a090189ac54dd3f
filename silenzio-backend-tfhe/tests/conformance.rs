//! The conformance suite that every backend must pass, on real ciphertexts.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Backend, BackendError, Client, Lut, Modulus, conformance};
use std::sync::OnceLock;

#[allow(clippy::unwrap_used, reason = "as in tests")]
fn moduli<const COUNT: usize>(moduli: [u32; COUNT]) -> [Modulus; COUNT] {
    moduli.map(|m| Modulus::new(m).unwrap())
}

/// Keys for moduli up to 31; each caller counts its own look-ups.
fn keys() -> (&'static ClientKey, ServerKey) {
    static KEYS: OnceLock<(ClientKey, ServerKey)> = OnceLock::new();
    let (client, server) = KEYS.get_or_init(|| {
        let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, moduli([15, 31])));
        let server = ServerKey::new(&client).unwrap();
        (client, server)
    });
    (client, server.clone())
}

#[test]
fn narrow_moduli_conform() -> Result<(), BackendError> {
    let (client, server) = keys();
    conformance::check(client, &server, &moduli([3, 5, 7, 11, 13, 15, 17, 31]))
}

#[test]
#[ignore = "wide keys take minutes and gigabytes"]
fn wide_moduli_conform() -> Result<(), BackendError> {
    let moduli = moduli([15, 63, 127, 255]);
    let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, moduli));
    let server = ServerKey::new(&client).unwrap();
    conformance::check(&client, &server, &moduli)
}

#[test]
fn a_long_sum_is_refreshed_and_still_takes_additions() -> Result<(), BackendError> {
    let (client, server) = keys();
    let [m] = moduli([31]);
    let values = server.lut(&server.expand(&client.encrypt(m, &[3; 400])?)?, &Lut::embed(m, m))?;
    let mut sum = server.sum(m, &values)?;
    assert!(server.lut_counts().total() > 400, "partial sums should have been refreshed");
    for value in &values[..10] {
        server.add_assign(&mut sum, value)?;
    }
    let looked_up = server.lut(&[sum], &Lut::embed(m, m))?;
    assert_eq!(client.decrypt(&looked_up)?, [m.centre(3 * 410)]);
    Ok(())
}

#[test]
fn too_much_noise_is_refused() -> Result<(), BackendError> {
    let (client, server) = keys();
    let [m] = moduli([15]);
    let mut noisy = server.lut(&server.expand(&client.encrypt(m, &[1])?)?, &Lut::embed(m, m))?;
    for _ in 0..4 {
        server.mul_assign(&mut noisy[0], 7);
    }
    assert!(matches!(server.lut(&noisy, &Lut::embed(m, m)), Err(BackendError::NoiseExceeded { .. })));
    Ok(())
}

#[test]
fn a_missing_key_is_reported() -> Result<(), BackendError> {
    let (client, server) = keys();
    let [m, n] = moduli([33, 15]);
    let values = server.expand(&client.encrypt(m, &[1])?)?;
    assert_eq!(server.lut(&values, &Lut::embed(m, n)).err(), Some(BackendError::MissingKey(m)));
    Ok(())
}

#[test]
fn several_tables_share_one_keyswitch() -> Result<(), BackendError> {
    let (client, server) = keys();
    let [m, n] = moduli([15, 31]);
    let values = server.expand(&client.encrypt(m, &[-7, 0, 5])?)?;
    let outputs = server.luts(&values, &[&Lut::embed(m, n), &Lut::signed(m, m, i64::abs)])?;
    assert_eq!(client.decrypt(&outputs[0])?, [-7, 0, 5]);
    assert_eq!(client.decrypt(&outputs[1])?, [7, 0, 5]);
    assert_eq!((server.keyswitch_counts().bits(4), server.lut_counts().bits(4)), (3, 6));
    Ok(())
}

#[test]
fn trivial_values_can_be_looked_up() -> Result<(), BackendError> {
    let (client, server) = keys();
    let [m] = moduli([31]);
    let constants: Vec<_> = (-15..=15).map(|x| server.trivial(m, x)).collect();
    let negated = server.lut(&constants, &Lut::signed(m, m, |x| -x))?;
    assert_eq!(client.decrypt(&negated)?, (-15..=15).rev().collect::<Vec<_>>());
    Ok(())
}
