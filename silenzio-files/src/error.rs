//! Errors about files.

use crate::{KeyId, Kind};
use std::io;
use std::path::{Path, PathBuf};

/// An error about a file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, and what to do.
    pub problem: Problem,
}

impl FileError {
    pub(crate) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.into(), problem }
    }
}

/// What can be wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot be read: {0}; check the path and its permissions")]
    Read(io::Error),
    /// The file cannot be written.
    #[error(
        "cannot be written: {0}; its folder must exist, be writable and have space. \
         Nothing was changed: what was there before still is"
    )]
    Write(io::Error),
    /// The file was written, but might not survive a power failure.
    #[error(
        "is written, but its folder cannot be synchronised with the disk: {0}; check the disk, and write it again"
    )]
    Sync(io::Error),
    /// Another output of the same command cannot get its name, and this one cannot be removed again.
    #[error("is written, although other files could not be, and cannot be removed again: {0}")]
    Undo(io::Error),
    /// The file would replace another file of the same command.
    #[error("is given twice: give every file a path of its own")]
    SamePath,
    /// Another program is writing the file.
    #[error("is in use by {holder}: wait until it ends, or give another path")]
    InUse {
        /// The other program.
        holder: String,
    },
    /// The file is longer than any file of its kind.
    #[error("is longer than {limit} bytes, the limit for a file of its kind: check the path")]
    TooLarge {
        /// The largest number of bytes.
        limit: u64,
    },
    /// The file is not text.
    #[error("is not text in UTF-8: save it in this encoding")]
    NotText,
    /// The payload that was to be written does not fit the header.
    #[error("cannot be encoded: {0}")]
    Encode(io::Error),
    /// The file exists, and may not be replaced.
    #[error("exists already: choose another name, or allow it to be replaced")]
    Exists,
    /// The path names a folder or a device.
    #[error("is not a regular file: give the path of a file")]
    NotAFile,
    /// Users other than its owner can read the file, which is secret.
    #[error(
        "is secret, but others can read it (mode {mode:03o}): run `chmod 600` on it, and make a new key if it was copied"
    )]
    Exposed {
        /// The permissions of the file.
        mode: u32,
    },
    /// The file is not a container.
    #[error("is not a Silenzio file: check the path")]
    NotSilenzio,
    /// A later version of the program wrote the file.
    #[error("has format version {found}, this program reads version {known}: use a newer Silenzio")]
    Newer {
        /// Its version.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// An earlier version of the program wrote the file.
    #[error(
        "has format version {found}, this program reads version {known}: make it again, or use an older Silenzio"
    )]
    Older {
        /// Its version.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// The file is of another kind.
    #[error("is {found}, but {expected} is expected here: check the order of the paths")]
    WrongKind {
        /// The kind of the file.
        found: Kind,
        /// The kind that is expected.
        expected: Kind,
    },
    /// The file was made with another key.
    #[error("belongs to key {found}, not to key {expected}: use files that were made with one key")]
    WrongKey {
        /// The key of the file.
        found: KeyId,
        /// The key in use.
        expected: KeyId,
    },
    /// The file ends before its header does.
    #[error("is cut off within its header: copy it again, or make it again")]
    TruncatedHeader,
    /// The file is too short.
    #[error("is cut off: {missing} bytes are missing at its end; copy it again, or make it again")]
    Truncated {
        /// The number of missing bytes.
        missing: u64,
    },
    /// The file is too long.
    #[error("is too long: {extra} bytes follow its end; copy it again, or make it again")]
    TooLong {
        /// The number of bytes after its end.
        extra: u64,
    },
    /// The digest of the header does not match.
    #[error("its header is damaged: copy it again, or make it again")]
    DamagedHeader,
    /// The digest of a chunk does not match.
    #[error(
        "is damaged in the {bytes} bytes from byte {offset} (chunk {chunk}): copy it again, or make it again"
    )]
    DamagedChunk {
        /// The chunk, from 0.
        chunk: u64,
        /// The byte of the file at which it begins.
        offset: u64,
        /// Its length without the digest.
        bytes: u64,
    },
    /// The digest at the end of the file does not match the chunks.
    #[error("is damaged in its last 32 bytes: copy it again, or make it again")]
    DamagedDigest,
    /// The header is not valid.
    #[error("its header cannot be understood: {0}; make the file again")]
    Header(String),
    /// The plan in the header is missing or not valid.
    #[error("its plan cannot be understood: {0}; make the file again")]
    Plan(String),
    /// The requested chunk does not exist.
    #[error("has {chunks} chunks, but no chunk {chunk} (counted from 0)")]
    NoChunk {
        /// The requested chunk, from 0.
        chunk: u64,
        /// The number of chunks.
        chunks: u64,
    },
    /// The payload is undamaged, but not a valid value of its kind.
    #[error("its contents do not fit its header: {0}; make the file again")]
    Decode(io::Error),
    /// The payload is undamaged, but was read or decrypted in a way for which it was not made.
    #[error("cannot be used like this: {0}")]
    Misused(io::Error),
    /// The payload is undamaged, but shorter than the values it should hold.
    #[error("its contents do not fit its header: they end too early; make the file again")]
    EndsEarly,
    /// The payload is undamaged, but longer than the values it should hold.
    #[error("its contents do not fit its header: {bytes} bytes are left over; make the file again")]
    LeftOver {
        /// The number of bytes left over.
        bytes: u64,
    },
}

impl Problem {
    /// The problem of a file with another version than the known one.
    pub(crate) fn version(found: u32, known: u32) -> Self {
        if found > known { Self::Newer { found, known } } else { Self::Older { found, known } }
    }
}
