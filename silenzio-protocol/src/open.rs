//! Opening files whose header has to agree with itself.

use crate::key_name::require_parameters;
use crate::{KeyName, Network, Planned};
use silenzio_files::{FileError, FileReader, Kind, Problem};
use std::path::Path;

/// A file with a plan, open for reading.
pub struct Opened<P> {
    /// The file.
    pub file: FileReader,
    /// The key that it was made with.
    pub key: KeyName,
    /// What it says about where it comes from.
    pub origin: P,
    /// The formats for its plan.
    pub network: Network,
}

/// Opens a file with a plan. The plan is valid, and the parameters are those that it calls for.
///
/// # Errors
/// As [`FileReader::open`], and if the plan is missing, invalid, or for other parameters.
pub fn open<P: Planned>(path: impl AsRef<Path>, expected: Kind) -> Result<Opened<P>, FileError> {
    let file = FileReader::open(path, expected)?;
    let origin: P = file.plan()?;
    let refused = |problem: String| FileError { path: file.path().into(), problem: Problem::Plan(problem) };
    let network = Network::new(origin.plan()).map_err(|error| refused(error.to_string()))?;
    let parameters = network.parameters().map_err(|error| refused(error.to_string()))?;
    require_parameters(&file, &parameters)?;
    let key = KeyName { parameters, id: file.header().key_id };
    Ok(Opened { file, key, origin, network })
}

/// Opens a key.
///
/// # Errors
/// As [`FileReader::open`], and if there are no parameters of the name in its header.
pub fn open_key(path: impl AsRef<Path>, expected: Kind) -> Result<(FileReader, KeyName), FileError> {
    let file = FileReader::open(path, expected)?;
    let key = KeyName::of(&file)?;
    Ok((file, key))
}
