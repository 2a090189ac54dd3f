//! Evaluation keys, and the work of a server with them.

use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::suite::{Each, Suite, each};
use crate::{KeyName, Network, payload};
use silenzio_backend_tfhe::ServerKey as ExactServerKey;
use silenzio_backend_tfhe::approximate::ApproximateServerKey;
use silenzio_core::{EngineError, StoredEngine};
use silenzio_files::{FileError, FileReader};
use std::io::{Read, Seek};

/// The evaluation keys of any engine, ready for computing.
pub struct ServerKey {
    name: KeyName,
    keys: Each<Box<ExactServerKey>, Box<ApproximateServerKey>>,
}

/// Work that a server can do with any engine.
pub trait ServerWork {
    /// The result.
    type Output;

    /// Does the work.
    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output;
}

impl ServerKey {
    /// Reads the keys from their file.
    ///
    /// # Errors
    /// If the file is damaged, is not the key that its header names, or is for parameters that this version does not
    /// have.
    pub fn read<R: Read + Seek>(file: &mut FileReader<R>) -> Result<Self, FileError> {
        let name = KeyName::of(file)?;
        let keys = match &name.parameters.0 {
            Each::Exact(parameters) => Each::Exact(Box::new(payload::decode_key(file, |from| {
                Exact::read_server_key(from, parameters)
            })?)),
            Each::Approximate(parameters) => {
                Each::Approximate(Box::new(payload::decode_key(file, |from| {
                    Approximate::read_server_key(from, parameters)
                })?))
            }
        };
        Ok(Self { name, keys })
    }

    /// The name of the key.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The results of bootstraps with these keys on fixed inputs, as bytes. They are equal on processors that compute the same
    /// bits.
    ///
    /// # Errors
    /// If a bootstrap fails.
    pub fn probe(&self) -> Result<Vec<u8>, EngineError> {
        each!(&self.keys, key, S => S::probe(key))
    }

    /// Does the work on a network.
    ///
    /// # Errors
    /// If the keys are for another engine.
    pub fn run<W: ServerWork>(&self, network: &Network, work: W) -> Result<W::Output, EngineError> {
        match (&self.keys, &network.0) {
            (Each::Exact(key), Each::Exact(network)) => Ok(work.run(&Exact::engine(network, key))),
            (Each::Approximate(key), Each::Approximate(network)) => {
                Ok(work.run(&Approximate::engine(network, key)))
            }
            _ => Err(EngineError::Plan {
                field: "engine.kind".into(),
                problem: format!(
                    "the plan is for the {} engine, but the server key is for the {} engine",
                    network.engine(),
                    self.name.parameters.engine()
                ),
            }),
        }
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = each!(&self.keys, _keys, S => S::KIND);
        f.debug_struct("ServerKey").field("engine", &kind).field("name", &self.name).finish_non_exhaustive()
    }
}
