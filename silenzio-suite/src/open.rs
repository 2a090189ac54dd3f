//! Opening files whose header has to agree with itself.

use crate::{KeyName, Network, Planned};
use silenzio_files::{FileError, FileReader, Kind, Problem};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

/// A file with a plan, open for reading.
pub struct Opened<P, R = File> {
    /// The file.
    pub file: FileReader<R>,
    /// The key that it was made with.
    pub key: KeyName,
    /// What it says about where it comes from.
    pub origin: P,
    /// The formats for its plan.
    pub network: Network,
}

/// Opens a file with a plan. Its parameters are known, and its plan is valid and agrees with them; nothing is planned
/// for that.
///
/// # Errors
/// As [`FileReader::open`], and if the plan is missing or invalid, or the header names other parameters.
pub fn open<P: Planned>(path: impl AsRef<Path>, expected: Kind) -> Result<Opened<P>, FileError> {
    check(FileReader::open(path, expected)?)
}

/// As [`open`], from any source.
///
/// # Errors
/// As [`open`].
pub fn check<P: Planned, R: Read + Seek>(file: FileReader<R>) -> Result<Opened<P, R>, FileError> {
    let key = KeyName::of(&file)?;
    let origin: P = file.plan()?;
    let network = origin.plan().network().map_err(|problem| FileError {
        path: file.path().into(),
        problem: Problem::Plan(problem.to_string()),
    })?;
    if origin.plan().parameters != file.header().parameters {
        let problem = Problem::Plan("its parameters are not those of the header".into());
        return Err(FileError { path: file.path().into(), problem });
    }
    Ok(Opened { file, key, origin, network })
}

/// Opens a key.
///
/// # Errors
/// As [`FileReader::open`], and if this version has no parameters of the name and numbers in its header.
pub fn open_key(path: impl AsRef<Path>, expected: Kind) -> Result<(FileReader, KeyName), FileError> {
    let file = FileReader::open(path, expected)?;
    let key = KeyName::of(&file)?;
    Ok((file, key))
}
