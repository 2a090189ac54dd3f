//! Opening files whose header has to agree with itself.

use crate::{KeyName, Network, Planned};
use silenzio_files::{FileError, FileReader, Kind, Problem, Source, Stored};
use std::io::{Read, Seek};

/// A file with a plan, open for reading.
pub struct Opened<P, R = Stored> {
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
pub fn open<P: Planned>(source: impl Into<Source>, expected: Kind) -> Result<Opened<P>, FileError> {
    check(FileReader::open(source, expected)?)
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
pub fn open_key(source: impl Into<Source>, expected: Kind) -> Result<(FileReader, KeyName), FileError> {
    let file = FileReader::open(source, expected)?;
    let key = KeyName::of(&file)?;
    Ok((file, key))
}
