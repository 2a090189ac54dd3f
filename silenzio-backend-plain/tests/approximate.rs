//! The approximate simulator passes the conformance suite, with the noise of ciphertexts.

use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_core::BackendError;
use silenzio_core::approximate::conformance;
use silenzio_core::approximate::parameters::ALL;
use silenzio_core::random::Seed;

#[test]
fn approximate_operations_and_their_noise_are_as_predicted() -> Result<(), BackendError> {
    for parameters in ALL {
        let server = PlainApproximateBackend::new(parameters, Seed(11));
        conformance::check(&PlainApproximateClient::new(parameters), &server)?;
    }
    Ok(())
}
