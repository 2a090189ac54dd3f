//! The name of a key, by which files that fit together are recognised.

use crate::{Parameters, PlanProblem};
use silenzio_files::{Contents, FileError, FileReader, Header, KeyId, Layout, Problem};
use std::io::{Read, Seek};

/// The name of a key, which is in the key's own file and in all files that were made with it.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyName {
    /// The parameters of the key.
    pub parameters: Parameters,
    /// The random number of the key.
    pub id: KeyId,
}

impl KeyName {
    /// The name of the key that a file is, or with which it was made.
    ///
    /// # Errors
    /// If this version has no parameters with the name and numbers in the header.
    pub fn of<R: Read + Seek>(file: &FileReader<R>) -> Result<Self, FileError> {
        let header = file.header();
        match Parameters::recorded(header.engine, &header.parameters) {
            Some(parameters) => Ok(Self { parameters, id: header.key_id }),
            None => {
                let problem = PlanProblem::Parameters { name: header.parameters.name.clone() };
                Err(FileError { path: file.path().into(), problem: Problem::Header(problem.to_string()) })
            }
        }
    }

    /// The header of a file that is this key, or is made with it. [`Header::with_plan`] adds a plan.
    pub fn header(&self, contents: Contents, payload: Layout) -> Header {
        Header::new(contents, self.parameters.engine(), self.parameters.record(), self.id, payload)
    }

    /// Refuses a file of another key.
    ///
    /// # Errors
    /// If the file is for other parameters, or has another key id.
    pub fn require<R: Read + Seek>(&self, file: &FileReader<R>) -> Result<(), FileError> {
        file.require_key(self.id)?;
        require_parameters(file, &self.parameters)
    }
}

/// Refuses a file for other parameters.
pub(crate) fn require_parameters<R: Read + Seek>(
    file: &FileReader<R>,
    expected: &Parameters,
) -> Result<(), FileError> {
    let header = file.header();
    if (header.engine, &header.parameters) == (expected.engine(), &expected.record()) {
        return Ok(());
    }
    let problem = Problem::Header(format!(
        "it is for the parameters \"{}\" of the {} engine, but the parameters \"{expected}\" of the {} engine are needed",
        header.parameters,
        header.engine,
        expected.engine(),
    ));
    Err(FileError { path: file.path().into(), problem })
}
