//! The arithmetic of real ciphertexts of the approximate backend, and their noise compared with the model.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::BackendError;
use silenzio_core::approximate::parameters::ALL;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, conformance};

#[test]
fn approximate_operations_and_their_noise_are_as_predicted() -> Result<(), BackendError> {
    for parameters in ALL {
        let client = ApproximateClientKey::generate(parameters);
        let server = ApproximateServerKey::new(&client).unwrap();
        println!("{}: keys of {} MB", parameters.name, server.size_bytes() / 1_000_000);
        conformance::check(&client, &server)?;

        let lwes = server.expand_lwes(&client.encrypt_lwes(&[0.1; 200]))?;
        let errors = lwes.iter().map(|lwe| client.decrypt_lwe(lwe).unwrap() - 0.1);
        let measured = (errors.map(|e| e * e).sum::<f64>() / 200.0).sqrt();
        let model = parameters.fresh_noise().standard_deviation();
        assert!((0.8..1.25).contains(&(measured / model)), "fresh: 2^{:.2}", measured.log2());
    }
    Ok(())
}
