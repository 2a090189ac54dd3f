//! What can go wrong with a file.

use crate::{KeyId, Kind};
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong with which file.
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
    /// It cannot be read.
    #[error("cannot be read: {0}; check the path and its permissions")]
    Read(io::Error),
    /// It cannot be written.
    #[error(
        "cannot be written: {0}; its folder must exist, be writable and have space. \
         Nothing was changed: what was there before still is"
    )]
    Write(io::Error),
    /// It was written, but might not outlive a power failure.
    #[error(
        "is written, but its folder cannot be synchronised with the disk: {0}; check the disk, and write it again"
    )]
    Sync(io::Error),
    /// Another output of the same command cannot get its name, and this one cannot be taken back.
    #[error("is written, though other files could not be, and cannot be taken back: {0}")]
    Undo(io::Error),
    /// It would replace another file of the same command.
    #[error("is given twice: give every file a path of its own")]
    SamePath,
    /// Another program writes it.
    #[error("is in use by {holder}: wait for its end, or give another path")]
    InUse {
        /// The other program.
        holder: String,
    },
    /// It is longer than files of its kind are.
    #[error("is longer than {limit} bytes, which no file of its kind is: check the path")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// It is no text.
    #[error("is not text in UTF-8: save it in this encoding")]
    NotText,
    /// What was to be written does not fit the header.
    #[error("cannot be encoded: {0}")]
    Encode(io::Error),
    /// It exists, and was not to be replaced.
    #[error("exists already: choose another name, or allow it to be replaced")]
    Exists,
    /// It is a folder or a device.
    #[error("is not a regular file: give the path of a file")]
    NotAFile,
    /// Others than its owner can read a secret.
    #[error(
        "is secret, but others can read it (mode {mode:03o}): run `chmod 600` on it, and make a new key if it was copied"
    )]
    Exposed {
        /// Its permissions.
        mode: u32,
    },
    /// It is something else.
    #[error("is not a Silenzio file: check the path")]
    NotSilenzio,
    /// A later program wrote it.
    #[error("has format version {found}, this program reads version {known}: use a newer Silenzio")]
    Newer {
        /// Its version.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// An earlier program wrote it.
    #[error(
        "has format version {found}, this program reads version {known}: make it again, or use an older Silenzio"
    )]
    Older {
        /// Its version.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// It is of another kind.
    #[error("is {found}, but {expected} is expected here: check the order of the paths")]
    WrongKind {
        /// What it is.
        found: Kind,
        /// What it should be.
        expected: Kind,
    },
    /// It was made with another key.
    #[error("belongs to key {found}, not to key {expected}: use files that were made with one key")]
    WrongKey {
        /// Its key.
        found: KeyId,
        /// The key in use.
        expected: KeyId,
    },
    /// It ends before its header does.
    #[error("is cut off within its header: copy it again, or make it again")]
    TruncatedHeader,
    /// It is too short.
    #[error("is cut off: {missing} bytes are missing at its end; copy it again, or make it again")]
    Truncated {
        /// By how many bytes.
        missing: u64,
    },
    /// It is too long.
    #[error("is too long: {extra} bytes follow its end; copy it again, or make it again")]
    TooLong {
        /// By how many bytes.
        extra: u64,
    },
    /// The header is not what was written.
    #[error("its header is damaged: copy it again, or make it again")]
    DamagedHeader,
    /// A chunk is not what was written.
    #[error(
        "is damaged in the {bytes} bytes from byte {offset} (chunk {chunk}): copy it again, or make it again"
    )]
    DamagedChunk {
        /// The chunk, from 0.
        chunk: u64,
        /// Where it begins in the file.
        offset: u64,
        /// How long it is, without its digest.
        bytes: u64,
    },
    /// The digest at the end does not fit the chunks.
    #[error("is damaged in its last 32 bytes: copy it again, or make it again")]
    DamagedDigest,
    /// The header makes no sense.
    #[error("its header cannot be understood: {0}; make the file again")]
    Header(String),
    /// The plan in the header is not the one that is expected.
    #[error("its plan cannot be understood: {0}; make the file again")]
    Plan(String),
    /// A chunk was asked for that does not exist.
    #[error("has {chunks} chunks, and no chunk {chunk} (counted from 0)")]
    NoChunk {
        /// The chunk asked for.
        chunk: u64,
        /// How many there are.
        chunks: u64,
    },
    /// The payload is undamaged, but no value of its kind.
    #[error("its contents do not fit its header: {0}; make the file again")]
    Decode(io::Error),
    /// The payload is undamaged, but was read or decrypted in a way that it is not made for.
    #[error("cannot be used like this: {0}")]
    Misused(io::Error),
    /// The payload is undamaged, but shorter than the values it should hold.
    #[error("its contents do not fit its header: they end too early; make the file again")]
    EndsEarly,
    /// The payload is undamaged, but longer than the values it should hold.
    #[error("its contents do not fit its header: {bytes} bytes are left over; make the file again")]
    LeftOver {
        /// How many.
        bytes: u64,
    },
}

impl Problem {
    /// A version other than the one that is known.
    pub(crate) fn version(found: u32, known: u32) -> Self {
        if found > known { Self::Newer { found, known } } else { Self::Older { found, known } }
    }
}
