//! The arithmetic of real ciphertexts of the approximate backend, and their noise compared with the model.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::BackendError;
use silenzio_core::approximate::parameters::{ALL, N2048, N2048_BLOCKS_PRECISE};
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, ApproximateParameters, conformance};

/// Each form of key and each precision of parameters once.
const USUAL: [&ApproximateParameters; 2] = [&N2048_BLOCKS_PRECISE, &N2048];

fn check(parameters: &'static ApproximateParameters) -> Result<(), BackendError> {
    let client = ApproximateClientKey::generate(parameters);
    let server = ApproximateServerKey::new(&client).unwrap();
    println!("{}: keys of {} MB", parameters.name, server.size_bytes() / 1_000_000);
    conformance::check(&client, &server)?;

    let lwes = server.expand_lwes(&client.encrypt_lwes(&[0.1; 200]))?;
    let errors = lwes.iter().map(|lwe| client.decrypt_lwe(lwe).unwrap() - 0.1);
    let measured = (errors.map(|e| e * e).sum::<f64>() / 200.0).sqrt();
    let model = parameters.fresh_noise().standard_deviation();
    assert!((0.8..1.25).contains(&(measured / model)), "fresh: 2^{:.2}", measured.log2());
    Ok(())
}

#[test]
fn approximate_operations_and_their_noise_are_as_predicted() -> Result<(), BackendError> {
    USUAL.into_iter().try_for_each(check)
}

#[test]
#[ignore = "two minutes; the same for the other parameters"]
fn operations_of_the_other_parameters_and_their_noise_are_as_predicted() -> Result<(), BackendError> {
    ALL.into_iter().filter(|parameters| !USUAL.contains(parameters)).try_for_each(check)
}
