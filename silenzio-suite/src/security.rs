//! Everything encrypted that a server can get, and the problems on which its security rests.

use serde::Serialize;
use silenzio_backend_tfhe::{ParameterSet, parameters, security};
use silenzio_core::Encryption;
use silenzio_core::approximate::parameters as approximate;
use silenzio_core::plan::{EngineKind, SmallKeys};

/// A kind of ciphertexts that a client can send.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SentEncryption {
    /// The engine of the ciphertexts.
    pub engine: EngineKind,
    /// The parameter set: the widest modulus of a size class, or the name of a set, as in [`Parameters`](crate::Parameters), or
    /// "all".
    pub set: String,
    /// The ciphertexts.
    #[serde(flatten)]
    pub encryption: Encryption,
}

/// All kinds of ciphertexts that a client can send, for all parameter sets of both engines.
pub fn encryptions() -> Vec<SentEncryption> {
    let exact =
        parameters::all().flat_map(|set| sent(EngineKind::Exact, &class_name(set), &security::of_class(set)));
    let values = sent(EngineKind::Exact, "all", &security::of_values());
    let approximate = approximate::ALL
        .into_iter()
        .flat_map(|set| sent(EngineKind::Approximate, set.name, &security::of_approximate(set)));
    exact.chain(values).chain(approximate).collect()
}

/// The widest modulus of a size class, and its kind of small key if that is not binary.
fn class_name(set: &ParameterSet) -> String {
    match set.small_keys() {
        SmallKeys::Blocks => format!("{}-blocks", set.widest),
        SmallKeys::Binary => set.widest.to_string(),
    }
}

fn sent(engine: EngineKind, set: &str, encryptions: &[Encryption]) -> Vec<SentEncryption> {
    let one = |&encryption| SentEncryption { engine, set: set.to_string(), encryption };
    encryptions.iter().map(one).collect()
}
