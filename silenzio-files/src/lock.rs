//! Locks on files that only one program at a time may write.

use crate::temporary::with_suffix;
use crate::writer::folder_of;
use crate::{FileError, Problem};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// A lock on a path, held as long as this lives. It belongs to the process, and the operating system releases it when the
/// process ends in any way.
///
/// The lock is on a hidden file beside the path, since the file itself gets replaced.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    // The file is closed, and thereby unlocked, after its name is removed.
    _file: File,
}

/// The largest number of bytes that are read from the lock file, whose text names the holder.
const MOST_HOLDER_BYTES: u64 = 200;

impl Lock {
    /// Locks a path, without waiting.
    ///
    /// # Errors
    /// [`Problem::InUse`] if another program has locked it; [`Problem::Write`] if the lock file cannot be written.
    pub fn take(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        Self::of(path).map_err(|problem| FileError::new(path, problem))
    }

    fn of(path: &Path) -> Result<Self, Problem> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        let beside = with_suffix(&folder_of(path).join(name), ".lock");
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&beside)
                .map_err(Problem::Write)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Problem::InUse { holder: holder(&mut file) }),
                // Some network file systems have no locks: the program continues without one.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(Problem::Write(error)),
            }
            // The holder may have removed the file after we opened it.
            if is_at(&file, &beside).map_err(Problem::Write)? {
                let text = format!("process {}", std::process::id());
                file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(Problem::Write)?;
                return Ok(Self { path: beside, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(MOST_HOLDER_BYTES).read_to_string(&mut text);
    if read.is_err() || text.is_empty() { "another process".into() } else { text.escape_debug().collect() }
}

/// Whether a file still has its name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let held = file.metadata()?;
    match path.metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// This system does not remove open files.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}
