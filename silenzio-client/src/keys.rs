//! The secret key, and the evaluation keys that belong to it.

use crate::error::ClientError;
use crate::network_client::NetworkClient;
use silenzio_approximate::ApproximateEngineClient;
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, CompressedApproximateServerKey};
use silenzio_backend_tfhe::{ClientKey, CompressedServerKey, Progress};
use silenzio_core::Wire;
use silenzio_files::{Contents, Destination, Digest, KeyId, Kind, Layout};
use silenzio_protocol::payload::decode_key;
use silenzio_protocol::{KeyName, Network, Parameters, open_key};
use silenzio_rns::ExactClient;
use std::io;
use std::path::Path;

/// The secret key of any engine. It is erased from memory when dropped.
#[derive(Debug)]
pub struct SecretKey {
    name: KeyName,
    bits: Bits,
}

#[derive(Debug)]
enum Bits {
    Exact(ClientKey),
    Approximate(ApproximateClientKey),
}

/// The evaluation keys of any engine, as they are sent.
#[derive(Debug)]
pub struct EvaluationKey {
    name: KeyName,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Exact(Box<CompressedServerKey>),
    Approximate(Box<CompressedApproximateServerKey>),
}

impl SecretKey {
    /// A new key, from the randomness of the operating system.
    pub fn generate(parameters: Parameters) -> Self {
        let bits = match &parameters {
            Parameters::Exact(plan) => Bits::Exact(ClientKey::generate(plan)),
            Parameters::Approximate(set) => Bits::Approximate(ApproximateClientKey::generate(set)),
        };
        Self { name: KeyName { parameters, id: KeyId(bits.id()) }, bits }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If the file is no secret key, is damaged, or can be read by others than its owner.
    pub fn read(path: &Path) -> Result<Self, ClientError> {
        let (mut file, name) = open_key(path, Kind::ClientKey)?;
        let bits = match &name.parameters {
            Parameters::Exact(plan) => Bits::Exact(decode_key(&mut file, plan, ClientKey::id)?),
            Parameters::Approximate(set) => {
                Bits::Approximate(decode_key(&mut file, *set, ApproximateClientKey::id)?)
            }
        };
        Ok(Self { name, bits })
    }

    /// Writes the key, for its owner alone.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, to: &Destination) -> Result<Digest, ClientError> {
        let length = match &self.name.parameters {
            Parameters::Exact(plan) => ClientKey::encoded_len(plan),
            Parameters::Approximate(set) => ApproximateClientKey::encoded_len(set),
        };
        match &self.bits {
            Bits::Exact(key) => write(to, &self.name, Contents::ClientKey, length, key),
            Bits::Approximate(key) => write(to, &self.name, Contents::ClientKey, length, key),
        }
    }

    /// What files that are made with the key say of it.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The size of its evaluation keys, in bytes.
    pub fn evaluation_key_bytes(&self) -> usize {
        match &self.name.parameters {
            Parameters::Exact(plan) => plan.compressed_key_bytes(),
            Parameters::Approximate(set) => CompressedApproximateServerKey::bytes(set),
        }
    }

    /// The evaluation keys that belong to it, with calls to `report` from several threads on the way.
    pub fn evaluation_key(&self, report: &(dyn Fn(Progress) + Sync)) -> EvaluationKey {
        let rows = match &self.bits {
            Bits::Exact(key) => Rows::Exact(Box::new(CompressedServerKey::new(key, report))),
            Bits::Approximate(key) => {
                Rows::Approximate(Box::new(CompressedApproximateServerKey::new(key, report)))
            }
        };
        EvaluationKey { name: self.name.clone(), rows }
    }

    /// What encrypts for a network, and decrypts what it gives.
    ///
    /// # Errors
    /// If the key is for other parameters than the network.
    pub fn client_of<'a>(&'a self, network: &'a Network) -> Result<Box<dyn NetworkClient + 'a>, ClientError> {
        let needed = network.parameters()?;
        match (&self.bits, network) {
            (Bits::Exact(key), Network::Exact(network)) if needed == self.name.parameters => {
                Ok(Box::new(ExactClient::new(key, network)))
            }
            (Bits::Approximate(key), Network::Approximate(network)) if needed == self.name.parameters => {
                Ok(Box::new(ApproximateEngineClient::new(key, network)))
            }
            _ => Err(ClientError::OtherParameters {
                found: described(&self.name.parameters),
                expected: described(&needed),
            }),
        }
    }
}

impl EvaluationKey {
    /// Writes the keys, for the server.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, to: &Destination) -> Result<Digest, ClientError> {
        let length = match &self.name.parameters {
            Parameters::Exact(plan) => CompressedServerKey::encoded_len(plan),
            Parameters::Approximate(set) => CompressedApproximateServerKey::encoded_len(set),
        };
        match &self.rows {
            Rows::Exact(key) => write(to, &self.name, Contents::ServerKey, length, &**key),
            Rows::Approximate(key) => write(to, &self.name, Contents::ServerKey, length, &**key),
        }
    }
}

impl Bits {
    const fn id(&self) -> u128 {
        match self {
            Self::Exact(key) => key.id(),
            Self::Approximate(key) => key.id(),
        }
    }
}

fn write<Format>(
    to: &Destination,
    name: &KeyName,
    contents: Contents,
    length: io::Result<u64>,
    key: &impl Wire<Format>,
) -> Result<Digest, ClientError> {
    let layout = Layout::stream(length.map_err(ClientError::encode)?);
    let mut file = to.create(&name.header(contents, layout))?;
    file.encode(|to| key.write(to))?;
    Ok(file.finish()?)
}

/// "exact 15-31".
fn described(parameters: &Parameters) -> String {
    format!("{} {parameters}", parameters.engine())
}
