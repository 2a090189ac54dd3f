//! The secret key, and the evaluation keys that belong to it.

use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::suite::{ClientSuite, Each, each};
use crate::{KeyName, KeyProgress, Network, NetworkClient, Parameters, open_key, payload};
use silenzio_core::EngineError;
use silenzio_files::{Contents, Destination, Digest, FileError, FileReader, KeyId, Kind, Layout, Source};
use std::io::{self, Read, Seek, Write};

/// The secret key of any engine. It is erased from memory when dropped.
#[derive(Debug)]
pub struct SecretKey {
    name: KeyName,
    bits: Each<<Exact as ClientSuite>::SecretKey, <Approximate as ClientSuite>::SecretKey>,
}

/// The evaluation keys of any engine, in the form in which they are sent.
#[derive(Debug)]
pub struct EvaluationKey {
    name: KeyName,
    rows: Each<Box<<Exact as ClientSuite>::EvaluationKey>, Box<<Approximate as ClientSuite>::EvaluationKey>>,
}

impl SecretKey {
    /// Generates a key from the randomness of the operating system.
    pub fn generate(parameters: Parameters) -> Self {
        let bits = match &parameters.0 {
            Each::Exact(plan) => Each::Exact(Exact::generate(plan)),
            Each::Approximate(set) => Each::Approximate(Approximate::generate(set)),
        };
        let id = KeyId(each!(&bits, key, S => S::secret_id(key)));
        Self { name: KeyName { parameters, id }, bits }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If the file is not a secret key, is damaged, is for parameters that this version does not have, or can be read by users
    /// other than its owner.
    pub fn open(source: impl Into<Source>) -> Result<Self, FileError> {
        let (mut file, _) = open_key(source, Kind::ClientKey)?;
        Self::read(&mut file)
    }

    /// Reads a key from any source.
    ///
    /// # Errors
    /// If the file is damaged, or is for parameters that this version does not have.
    pub fn read<R: Read + Seek>(file: &mut FileReader<R>) -> Result<Self, FileError> {
        fn read<S: ClientSuite>(
            from: &mut dyn Read,
            set: &S::Parameters,
        ) -> io::Result<(u128, S::SecretKey)> {
            let key = S::read_secret(from, set)?;
            Ok((S::secret_id(&key), key))
        }
        let name = KeyName::of(file)?;
        let bits = match &name.parameters.0 {
            Each::Exact(plan) => Each::Exact(payload::decode_key(file, |from| read::<Exact>(from, plan))?),
            Each::Approximate(set) => {
                Each::Approximate(payload::decode_key(file, |from| read::<Approximate>(from, set))?)
            }
        };
        Ok(Self { name, bits })
    }

    /// Writes the key to a file that only its owner can read.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, to: &Destination) -> Result<Digest, FileError> {
        let length = each!(&self.name.parameters.0, parameters, S => S::secret_len(parameters));
        write(
            to,
            &self.name,
            Contents::ClientKey,
            length,
            &|to| each!(&self.bits, key, S => S::write_secret(to, key)),
        )
    }

    /// The name of the key.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The size of the key's evaluation keys, in bytes.
    pub fn evaluation_key_bytes(&self) -> usize {
        each!(&self.name.parameters.0, parameters, S => S::evaluation_key_bytes(parameters))
    }

    /// Generates the evaluation keys. Several threads call `report` meanwhile.
    pub fn evaluation_key(&self, report: &(dyn Fn(KeyProgress) + Sync)) -> EvaluationKey {
        let rows = match &self.bits {
            Each::Exact(key) => Each::Exact(Box::new(Exact::evaluation_key(key, report))),
            Each::Approximate(key) => Each::Approximate(Box::new(Approximate::evaluation_key(key, report))),
        };
        EvaluationKey { name: self.name.clone(), rows }
    }

    /// The client that encrypts samples for a network, and decrypts its weights and logits.
    ///
    /// # Errors
    /// If the key is for other parameters than those of the network.
    pub fn client_of<'a>(&'a self, network: &'a Network) -> Result<Box<dyn NetworkClient + 'a>, EngineError> {
        let needed = network.parameters()?;
        match (&self.bits, &network.0) {
            (Each::Exact(key), Each::Exact(network)) if needed == self.name.parameters => {
                Ok(Box::new(Exact::client(network, key)))
            }
            (Each::Approximate(key), Each::Approximate(network)) if needed == self.name.parameters => {
                Ok(Box::new(Approximate::client(network, key)))
            }
            _ => Err(EngineError::Shape {
                what: "parameters of the secret key",
                expected: described(&needed),
                found: format!("{}; use one plan for all files", described(&self.name.parameters)),
            }),
        }
    }
}

impl EvaluationKey {
    /// Writes the keys, for the server.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, to: &Destination) -> Result<Digest, FileError> {
        let length = each!(&self.name.parameters.0, parameters, S => S::evaluation_len(parameters));
        write(
            to,
            &self.name,
            Contents::ServerKey,
            length,
            &|to| each!(&self.rows, key, S => S::write_evaluation(to, key)),
        )
    }
}

fn write(
    to: &Destination,
    name: &KeyName,
    contents: Contents,
    length: io::Result<u64>,
    encode: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<Digest, FileError> {
    let failed =
        |error| FileError { path: to.path().into(), problem: silenzio_files::Problem::Encode(error) };
    let layout = Layout::stream(length.map_err(failed)?);
    let mut file = to.create(&name.header(contents, layout))?;
    file.encode(encode)?;
    file.finish()
}

/// Engine and parameters, as in "exact 15-31".
fn described(parameters: &Parameters) -> String {
    format!("{} {parameters}", parameters.engine())
}
