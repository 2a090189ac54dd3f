//! Reading files that are no containers: plans, JSON, tables of results.

use crate::{FileError, MAGIC, Problem};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most bytes of a plan or grid, which people write.
pub const MAX_PLAN_BYTES: u64 = 4 << 20;

/// The most bytes of a file of results, of what is kept of a data set, or of a decrypted model.
pub const MAX_PLAIN_BYTES: u64 = 1 << 30;

/// The bytes of a regular file that is not longer than a limit.
///
/// # Errors
/// If it cannot be read, is a folder, a device or a pipe, or is longer.
pub fn read_plain(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let read = || {
        let file = open_regular(path)?;
        let too_large = || Problem::TooLarge { limit };
        if file.metadata().map_err(Problem::Read)?.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        // It may grow meanwhile.
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Problem::Read)?;
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
    };
    read().map_err(|problem| FileError::new(path, problem))
}

/// The text of a regular file that is not longer than a limit.
///
/// # Errors
/// As [`read_plain`], and if it is not in UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read_plain(path, limit)?).map_err(|_| FileError::new(path, Problem::NotText))
}

/// Whether a regular file begins as a container does. It may be damaged all the same.
///
/// # Errors
/// If it cannot be read, or is a folder, a device or a pipe.
pub(crate) fn is_container(path: &Path) -> Result<bool, FileError> {
    let mut beginning = Vec::new();
    let mut read = || -> Result<usize, Problem> {
        let file = open_regular(path)?;
        file.take(MAGIC.len() as u64).read_to_end(&mut beginning).map_err(Problem::Read)
    };
    read().map_err(|problem| FileError::new(path, problem))?;
    Ok(beginning == MAGIC)
}

/// Opens what is no folder, device or pipe.
pub(crate) fn open_regular(path: &Path) -> Result<File, Problem> {
    if !std::fs::metadata(path).map_err(Problem::Read)?.is_file() {
        return Err(Problem::NotAFile);
    }
    File::open(path).map_err(Problem::Read)
}
