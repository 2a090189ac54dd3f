//! Temporary files, and how they get their names.

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
    /// Whoever the system lets.
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

/// A file that has its name, and what had the name before.
pub(crate) struct Published {
    path: PathBuf,
    before: Before,
}

/// What had the name before.
enum Before {
    Nothing,
    /// A second name of the file that was there.
    File(PathBuf),
    /// A client key, which keeps its new name.
    Key(PathBuf),
}

impl Published {
    /// The new file stays. Where the client key is now that was there before.
    pub(crate) fn keep(self) -> Option<PathBuf> {
        match self.before {
            Before::Nothing => None,
            Before::File(old) => {
                // What cannot be removed does no harm.
                let _ = std::fs::remove_file(old);
                None
            }
            Before::Key(aside) => Some(aside),
        }
    }

    /// Everything is as it was before.
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
    /// Whether it is a client key: whatever has its name is moved aside.
    pub(crate) secret: bool,
}

impl Complete {
    /// Gives it its name, for good.
    pub(crate) fn publish(self) -> Result<(), Problem> {
        if self.overwrite == Overwrite::Replace && (self.secret || is_client_key(&self.path)) {
            self.prepare()?.publish()?.keep();
            return Ok(());
        }
        self.name()
    }

    /// Looks at what has its name, without a change.
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

/// A complete file, and what its name takes.
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

    /// The second name that the file gets which is to be replaced.
    pub(crate) fn second_name(&self) -> Option<&Path> {
        match &self.room {
            Room::Replaces(second) => Some(second),
            Room::Free | Room::Key => None,
        }
    }

    /// Gives it its name, and keeps what had it. There is a file of this name at any moment if there was one, on file
    /// systems that have links.
    pub(crate) fn publish(self) -> Result<Published, Problem> {
        let path = self.complete.path.clone();
        let before = self.room.make(&path).map_err(Problem::Write)?;
        match self.complete.name() {
            Ok(()) => Ok(Published { path, before }),
            Err(problem) => {
                if let Before::File(second) | Before::Key(second) = before {
                    // The first name is still there, or was the only one.
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
    /// It is.
    Free,
    /// The file that has it gets this one, until it is replaced for good.
    Replaces(PathBuf),
    /// The client key that has it gets a dated one.
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
        // The name of a file that is gone is free.
        let second = temporary(folder, Audience::Owner).map_err(Problem::Write)?.path().to_path_buf();
        Ok(Self::Replaces(second))
    }

    /// Gives what is at a path its second name.
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

/// Gives a file a second name with the date.
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

/// Where a file cannot have two names, it gets the new one.
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

/// A path with something behind its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes new names outlive a power failure.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
