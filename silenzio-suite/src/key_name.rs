//! Whose files fit together.

use crate::{Parameters, PlanProblem};
use silenzio_files::{Contents, FileError, FileReader, Header, KeyId, Layout, Problem};
use std::io::{Read, Seek};

/// What a key and all files that were made with it say of it.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyName {
    /// What it is made for.
    pub parameters: Parameters,
    /// Its random number.
    pub id: KeyId,
}

impl KeyName {
    /// The key that a file is, or was made with.
    ///
    /// # Errors
    /// If this version has no parameters of the name and numbers in its header.
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

    /// The header of a file that is this key, or is made with it. Plans are added by [`Header::with_plan`].
    pub fn header(&self, contents: Contents, payload: Layout) -> Header {
        Header::new(contents, self.parameters.engine(), self.parameters.record(), self.id, payload)
    }

    /// Refuses a file of another key.
    ///
    /// # Errors
    /// If it is.
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
        "it is for the parameters \"{}\" of the {} engine, but \"{expected}\" of the {} engine are needed",
        header.parameters,
        header.engine,
        expected.engine(),
    ));
    Err(FileError { path: file.path().into(), problem })
}
