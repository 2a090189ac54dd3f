//! The interface of an engine with its backends to the rest of this crate.

use crate::network::Description;
use serde::Serialize;
use serde::de::DeserializeOwned;
use silenzio_core::plan::EngineKind;
use silenzio_core::{BackendError, EngineError, StoredEngine, Task, Wire, wire};
use silenzio_files::ParameterRecord;
use std::fmt::Debug;
use std::io::{self, Read};

/// An engine, and the backends that it runs on.
pub(crate) trait Suite {
    /// The engine.
    const KIND: EngineKind;
    /// A network in the engine's number formats.
    type Network: Clone + PartialEq + Debug + Sync;
    /// The number formats, as public plans hold them.
    type Format: Clone + PartialEq + Debug + Serialize + DeserializeOwned;
    /// The parameters of keys.
    type Parameters: Clone + PartialEq + Debug;
    /// The evaluation keys, ready for computing.
    type ServerKey: Sync;
    /// The server side on ciphertexts.
    type Engine<'a>: StoredEngine;

    /// Chooses the number formats of a task.
    fn plan(task: &Task) -> Result<Self::Network, EngineError>;

    /// Checks a format that claims to be planned for a task and parameters, and returns its network.
    fn network(
        task: &Task,
        parameters: &Self::Parameters,
        format: Self::Format,
    ) -> Result<Self::Network, EngineError>;

    fn format(network: &Self::Network) -> &Self::Format;

    fn parameters(network: &Self::Network) -> Result<Self::Parameters, EngineError>;

    /// The name and numbers of parameters, as they are written to files.
    fn record(parameters: &Self::Parameters) -> ParameterRecord;

    /// The parameters that a file names; `None` if this version has none with exactly these numbers.
    fn recorded(record: &ParameterRecord) -> Option<Self::Parameters>;

    /// Reads the evaluation keys that a client sends. Their id is that of the client key.
    fn read_server_key(
        from: &mut dyn Read,
        parameters: &Self::Parameters,
    ) -> io::Result<(u128, Self::ServerKey)>;

    fn engine<'a>(network: &'a Self::Network, key: &'a Self::ServerKey) -> Self::Engine<'a>;

    /// The results of bootstraps with these keys on fixed inputs, as bytes.
    fn probe(key: &Self::ServerKey) -> Result<Vec<u8>, EngineError>;

    fn describe(network: &Self::Network) -> Description;
}

/// The client's side of a [`Suite`].
#[cfg(feature = "client")]
pub(crate) trait ClientSuite: Suite {
    /// The secret key.
    type SecretKey: Debug + Sync;
    /// The evaluation keys, in the form in which they are sent.
    type EvaluationKey: Debug;
    /// The client side of the engine on this key.
    type Client<'a>: silenzio_core::StoredClient + Sync;

    fn generate(parameters: &Self::Parameters) -> Self::SecretKey;

    fn secret_id(key: &Self::SecretKey) -> u128;

    fn read_secret(from: &mut dyn Read, parameters: &Self::Parameters) -> io::Result<Self::SecretKey>;

    fn secret_len(parameters: &Self::Parameters) -> io::Result<u64>;

    fn write_secret(to: &mut dyn io::Write, key: &Self::SecretKey) -> io::Result<()>;

    fn evaluation_key(
        key: &Self::SecretKey,
        report: &(dyn Fn(crate::KeyProgress) + Sync),
    ) -> Self::EvaluationKey;

    fn evaluation_key_bytes(parameters: &Self::Parameters) -> usize;

    fn evaluation_len(parameters: &Self::Parameters) -> io::Result<u64>;

    fn write_evaluation(to: &mut dyn io::Write, key: &Self::EvaluationKey) -> io::Result<()>;

    fn client<'a>(network: &'a Self::Network, key: &'a Self::SecretKey) -> Self::Client<'a>;
}

/// A value of the given format whose words are spread over the torus, after `leading` words of zero: a ciphertext that
/// nobody has encrypted.
pub(crate) fn spread<F: ?Sized, T: Wire<F>>(format: &F, leading: usize) -> Result<T, EngineError> {
    let unusable = |error: io::Error| BackendError::WrongShape(error.to_string());
    let words = T::encoded_len(format).map_err(unusable)? as usize / size_of::<u64>();
    let word = |i: usize| if i < leading { 0 } else { 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(i as u64) };
    let bytes: Vec<u8> = (0..words).flat_map(|i| word(i).to_le_bytes()).collect();
    Ok(wire::from_bytes(&bytes, format).map_err(unusable)?)
}

/// The binary form of values, one after the other.
pub(crate) fn bytes_of<F: ?Sized, T: Wire<F>>(values: &[T]) -> Result<Vec<u8>, EngineError> {
    let mut bytes = Vec::new();
    wire::write_all(&mut bytes, values).map_err(|error| BackendError::WrongShape(error.to_string()))?;
    Ok(bytes)
}

/// A value of one of the engines.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Each<E, A> {
    /// The value of the exact engine.
    Exact(E),
    /// The value of the approximate engine.
    Approximate(A),
}

impl<E, A> Each<E, A> {
    /// The engine of the value.
    pub(crate) const fn engine(&self) -> EngineKind {
        match self {
            Self::Exact(_) => EngineKind::Exact,
            Self::Approximate(_) => EngineKind::Approximate,
        }
    }
}

/// Evaluates the same expression for the value of either engine: `$Suite` names its [`Suite`], `$inner` the value.
macro_rules! each {
    ($value:expr, $inner:ident, $Suite:ident => $body:expr) => {
        match $value {
            $crate::suite::Each::Exact($inner) => {
                #[allow(dead_code, reason = "not every body names the suite")]
                type $Suite = $crate::exact::Exact;
                $body
            }
            $crate::suite::Each::Approximate($inner) => {
                #[allow(dead_code, reason = "not every body names the suite")]
                type $Suite = $crate::approximate::Approximate;
                $body
            }
        }
    };
}

pub(crate) use each;
