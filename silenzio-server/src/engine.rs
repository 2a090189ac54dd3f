//! From a server key to the engine of a network.

use crate::ServerError;
use silenzio_approximate::ApproximateEngine;
use silenzio_backend_tfhe::CompressedServerKey;
use silenzio_backend_tfhe::approximate::CompressedApproximateServerKey;
use silenzio_core::StoredEngine;
use silenzio_files::FileReader;
use silenzio_protocol::payload::decode_key;
use silenzio_protocol::{Network, exact};
use silenzio_rns::ExactEngine;

/// Work that any engine can do.
pub(crate) trait Work {
    /// What comes out.
    type Output;

    /// Does the work.
    fn run<E: StoredEngine>(self, engine: &E) -> Result<Self::Output, ServerError>;
}

/// Does the work on `network`, with the server key in `file`, which is made for it.
pub(crate) fn with_engine<W: Work>(
    mut file: FileReader,
    network: &Network,
    work: W,
) -> Result<W::Output, ServerError> {
    match network {
        Network::Exact(network) => {
            let plan = exact::key_plan(network)?;
            let key = decode_key(&mut file, &plan, CompressedServerKey::id)?.expand();
            work.run(&ExactEngine::new(&key, network))
        }
        Network::Approximate(network) => {
            let key =
                decode_key(&mut file, network.parameters(), CompressedApproximateServerKey::id)?.expand();
            work.run(&ApproximateEngine::new(&key, network))
        }
    }
}
