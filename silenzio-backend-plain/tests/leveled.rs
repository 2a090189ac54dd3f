//! The leveled simulator does what a leveled backend has to do, with the noise of one.

use silenzio_backend_plain::leveled::{PlainLeveledBackend, PlainLeveledClient};
use silenzio_core::BackendError;
use silenzio_core::leveled::conformance;
use silenzio_core::leveled::parameters::ALL;
use silenzio_core::random::Seed;

#[test]
fn leveled_operations_and_their_noise_are_as_predicted() -> Result<(), BackendError> {
    for parameters in ALL {
        let server = PlainLeveledBackend::new(parameters, Seed(11));
        conformance::check(&PlainLeveledClient::new(parameters), &server)?;
    }
    Ok(())
}
