//! Reading files that are not containers: plans, JSON, tables of results.

use crate::{FileError, MAGIC, Problem};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest length of a plan or grid, which people write, in bytes.
pub const MAX_PLAN_BYTES: u64 = 4 << 20;

/// The largest length of a file of results, of preprocessing, or of a decrypted model, in bytes.
pub const MAX_PLAIN_BYTES: u64 = 1 << 30;

/// Reads a regular file that is not longer than a limit.
///
/// # Errors
/// [`Problem::Read`] if it cannot be read, [`Problem::NotAFile`] if it is a folder, a device or a pipe, and
/// [`Problem::TooLarge`] if it is longer.
pub fn read_plain(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let read = || {
        let file = open_regular(path)?;
        let too_large = || Problem::TooLarge { limit };
        if file.metadata().map_err(Problem::Read)?.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        // The file may grow meanwhile.
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Problem::Read)?;
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
    };
    read().map_err(|problem| FileError::new(path, problem))
}

/// Reads a regular text file that is not longer than a limit.
///
/// # Errors
/// The errors of [`read_plain`], and [`Problem::NotText`] if it is not in UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read_plain(path, limit)?).map_err(|_| FileError::new(path, Problem::NotText))
}

/// Whether a regular file begins like a container. It may be damaged nevertheless.
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

/// Opens a file that is not a folder, device or pipe.
pub(crate) fn open_regular(path: &Path) -> Result<File, Problem> {
    if !std::fs::metadata(path).map_err(Problem::Read)?.is_file() {
        return Err(Problem::NotAFile);
    }
    File::open(path).map_err(Problem::Read)
}
