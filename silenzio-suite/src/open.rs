//! Opening files, and checking that the parts of their header agree.

use crate::{KeyName, Network, Planned};
use silenzio_files::{FileError, FileReader, Kind, Problem, Source, Stored};
use std::io::{Read, Seek};

/// A file with a plan, open for reading.
pub struct Opened<P, R = Stored> {
    /// The file.
    pub file: FileReader<R>,
    /// The key with which it was made.
    pub key: KeyName,
    /// The origin of the file, as its header says it.
    pub origin: P,
    /// The network of its plan.
    pub network: Network,
}

/// Opens a file with a plan, and checks that its parameters are known, and that its plan is valid and agrees with them.
/// Nothing is planned for that.
///
/// # Errors
/// The errors of [`FileReader::open`]; also if the plan is missing or invalid, or the header names other parameters.
pub fn open<P: Planned>(source: impl Into<Source>, expected: Kind) -> Result<Opened<P>, FileError> {
    check(FileReader::open(source, expected)?)
}

/// Checks a file from any source, as [`open`] does.
///
/// # Errors
/// If the plan is missing or invalid, or the header names other or unknown parameters.
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
/// The errors of [`FileReader::open`]; also if this version has no parameters with the name and numbers in the header.
pub fn open_key(source: impl Into<Source>, expected: Kind) -> Result<(FileReader, KeyName), FileError> {
    let file = FileReader::open(source, expected)?;
    let key = KeyName::of(&file)?;
    Ok((file, key))
}
