//! Temporary files, and how they get their final names.

use crate::{FileReader, Kind, Overwrite, Problem};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Audience {
    /// Its owner alone.
    Owner,
    /// Everybody whom the system allows.
    Everybody,
}

pub(crate) fn temporary(folder: &Path, audience: Audience) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".silenzio-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match audience {
            Audience::Owner => 0o600,
            Audience::Everybody => 0o666, // less the umask
        };
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = audience;
    builder.tempfile_in(folder)
}

/// A file that has its name, and the file that had the name before.
pub(crate) struct Published {
    path: PathBuf,
    before: Before,
}

/// The file that had the name before.
enum Before {
    Nothing,
    /// The second name of the old file.
    File(PathBuf),
    /// The new name of an old client key, which keeps it.
    Key(PathBuf),
}

impl Published {
    /// Keeps the new file. Returns the path of the client key that had the name before, if any.
    pub(crate) fn keep(self) -> Option<PathBuf> {
        match self.before {
            Before::Nothing => None,
            Before::File(old) => {
                // An old file that cannot be removed does no harm.
                let _ = std::fs::remove_file(old);
                None
            }
            Before::Key(aside) => Some(aside),
        }
    }

    /// Restores what was there before.
    pub(crate) fn undo(self) -> io::Result<()> {
        match self.before {
            Before::Nothing => std::fs::remove_file(self.path),
            Before::File(old) | Before::Key(old) => std::fs::rename(old, self.path),
        }
    }
}

/// A complete file that waits for its name.
#[derive(Debug)]
pub(crate) struct Complete {
    pub(crate) file: NamedTempFile,
    pub(crate) path: PathBuf,
    pub(crate) overwrite: Overwrite,
    /// Whether it is a client key: then a file that has its name is renamed.
    pub(crate) secret: bool,
}

impl Complete {
    /// Gives the file its name, for good.
    pub(crate) fn publish(self) -> Result<(), Problem> {
        if self.overwrite == Overwrite::Replace && (self.secret || is_client_key(&self.path)) {
            self.prepare()?.publish()?.keep();
            return Ok(());
        }
        self.name()
    }

    /// Looks at the file that has the name now, without changing anything.
    pub(crate) fn prepare(self) -> Result<Prepared, Problem> {
        let room = match self.overwrite {
            Overwrite::Refuse => Room::Free,
            Overwrite::Replace => Room::at(&self.path, self.secret)?,
        };
        Ok(Prepared { complete: self, room })
    }

    fn name(self) -> Result<(), Problem> {
        let named = match self.overwrite {
            Overwrite::Refuse => self.file.persist_noclobber(&self.path),
            Overwrite::Replace => self.file.persist(&self.path),
        };
        named.map(drop).map_err(|failure| match failure.error.kind() {
            ErrorKind::AlreadyExists => Problem::Exists,
            _ => Problem::Write(failure.error),
        })
    }
}

/// A complete file, and how its name becomes free.
#[derive(Debug)]
pub(crate) struct Prepared {
    complete: Complete,
    room: Room,
}

impl Prepared {
    pub(crate) fn path(&self) -> &Path {
        &self.complete.path
    }

    pub(crate) fn temporary(&self) -> &Path {
        self.complete.file.path()
    }

    /// Whether it is a client key.
    pub(crate) fn is_secret(&self) -> bool {
        self.complete.secret
    }

    /// The second name of the file that is to be replaced.
    pub(crate) fn second_name(&self) -> Option<&Path> {
        match &self.room {
            Room::Replaces(second) => Some(second),
            Room::Free | Room::Key => None,
        }
    }

    /// Gives the file its name, and keeps the one that had it. On file systems that have links, a name that a file had is never
    /// without one.
    pub(crate) fn publish(self) -> Result<Published, Problem> {
        let path = self.complete.path.clone();
        let before = self.room.make(&path).map_err(Problem::Write)?;
        match self.complete.name() {
            Ok(()) => Ok(Published { path, before }),
            Err(problem) => {
                if let Before::File(second) | Before::Key(second) = before {
                    // The old file still has the first name, or it had no second one.
                    let undone = if path.symlink_metadata().is_ok() {
                        std::fs::remove_file(second)
                    } else {
                        std::fs::rename(second, &path)
                    };
                    undone.map_err(Problem::Undo)?;
                }
                Err(problem)
            }
        }
    }
}

/// How a name becomes free.
#[derive(Debug)]
enum Room {
    /// The name is free.
    Free,
    /// The old file gets this second name, until it is replaced for good.
    Replaces(PathBuf),
    /// The old client key gets a name with the date.
    Key,
}

impl Room {
    fn at(path: &Path, secret: bool) -> Result<Self, Problem> {
        match path.symlink_metadata() {
            Ok(found) if found.is_file() || found.is_symlink() => {}
            Ok(_) => return Err(Problem::NotAFile),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Free),
            Err(error) => return Err(Problem::Write(error)),
        }
        if secret || is_client_key(path) {
            return Ok(Self::Key);
        }
        let folder = crate::writer::folder_of(path);
        // The temporary file is removed at once, so its name is free.
        let second = temporary(folder, Audience::Owner).map_err(Problem::Write)?.path().to_path_buf();
        Ok(Self::Replaces(second))
    }

    /// Gives the file at a path its second name.
    fn make(self, path: &Path) -> io::Result<Before> {
        match self {
            Self::Free => Ok(Before::Nothing),
            Self::Replaces(second) => second_name(path, &second).map(|()| Before::File(second)),
            Self::Key => dated_name(path).map(Before::Key),
        }
    }
}

fn is_client_key(path: &Path) -> bool {
    FileReader::open_any(path).is_ok_and(|file| file.header().contents.kind() == Kind::ClientKey)
}

/// Gives a file a new name with the date.
fn dated_name(path: &Path) -> io::Result<PathBuf> {
    let date = chrono::Utc::now().format(".%Y%m%dT%H%M%SZ");
    let mut number = 1;
    loop {
        let again = if number == 1 { String::new() } else { format!("-{number}") };
        let aside = with_suffix(path, &format!("{date}{again}"));
        match second_name(path, &aside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            named => return named.map(|()| aside),
        }
    }
}

/// Gives a file a second name. If it cannot have two names, it keeps only the new one.
fn second_name(path: &Path, second: &Path) -> io::Result<()> {
    match std::fs::hard_link(path, second) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            if second.symlink_metadata().is_ok() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            std::fs::rename(path, second)
        }
        done => done,
    }
}

/// Appends a suffix to the name of a path.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes new names survive a power failure.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
