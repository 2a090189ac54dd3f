//! Access to the encrypted samples of a file by their numbers.

use crate::ServerError;
use rayon::prelude::*;
use silenzio_core::{EngineError, Mode, StoredEngine};
use silenzio_files::{Contents, FileReader};

/// A file of encrypted samples, which stay on disk until they are fetched.
pub(crate) struct Samples {
    file: FileReader,
    count: u64,
    labelled: bool,
}

impl Samples {
    /// The samples of a data set.
    pub(crate) fn new(file: FileReader) -> Self {
        let (count, labelled) = match file.header().contents {
            Contents::Data { samples, labelled } => (samples, labelled),
            _ => (0, false),
        };
        Self { file, count, labelled }
    }

    pub(crate) const fn file(&self) -> &FileReader {
        &self.file
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) const fn labelled(&self) -> bool {
        self.labelled
    }

    /// Checks every byte before hours of work depend on it.
    pub(crate) fn verify(&mut self, progress: impl FnMut(u64, u64)) -> Result<(), ServerError> {
        Ok(self.file.verify_all(progress)?)
    }

    /// Reads a sample in the form in which the client sent it.
    pub(crate) fn upload<E: StoredEngine>(
        &mut self,
        engine: &E,
        number: u64,
    ) -> Result<E::Upload, ServerError> {
        let labelled = self.labelled;
        Ok(self.file.decode_chunk(number, |from| engine.read_upload(from, labelled))?)
    }

    /// Reads the samples with these numbers, and expands them for `mode`.
    pub(crate) fn fetch<E: StoredEngine>(
        &mut self,
        engine: &E,
        numbers: impl IntoIterator<Item = u64>,
        mode: Mode,
    ) -> Result<Vec<E::Sample>, ServerError> {
        let uploads = numbers.into_iter().map(|number| self.upload(engine, number));
        let uploads = uploads.collect::<Result<Vec<_>, _>>()?;
        Ok(expand(engine, &uploads, mode)?)
    }
}

/// Expands uploaded samples for `mode`, on all threads.
pub(crate) fn expand<E: StoredEngine>(
    engine: &E,
    uploads: &[E::Upload],
    mode: Mode,
) -> Result<Vec<E::Sample>, EngineError> {
    uploads.par_iter().map(|upload| engine.expand(upload, mode)).collect()
}
