//! The journal that is on the disk while several outputs get their names, so that a kill leaves all of them or none.

use crate::plain::read_plain;
use crate::temporary::{Audience, Prepared, sync_folder, temporary};
use crate::writer::{folder_of, remove_if_there};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file beside the outputs, which exists from before the first of them gets its name until all have theirs. If no process
/// holds its lock, the command that wrote it was killed, and the next command that finds it takes the outputs back.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// The journal file, locked as long as this lives.
    _file: File,
}

const PREFIX: &str = ".silenzio-";
const EXTENSION: &str = "journal";

/// A limit above the length of any journal, in bytes.
const MOST_BYTES: u64 = 16 << 20;

impl Journal {
    /// Writes down which outputs are about to get which names.
    pub(crate) fn begin(folder: &Path, outputs: &[Prepared]) -> io::Result<Self> {
        // A client key is never taken back.
        let entries = outputs.iter().filter(|output| !output.is_secret()).map(Entry::of);
        let entries: Vec<Entry> = entries.collect::<io::Result<_>>()?;
        let mut file = temporary(folder, Audience::Owner)?;
        match file.as_file().try_lock() {
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        file.write_all(&serde_json::to_vec(&entries)?)?;
        file.as_file().sync_all()?;
        let path = file.path().with_extension(EXTENSION);
        let file = file.persist_noclobber(&path).map_err(|failure| failure.error)?;
        sync_folder(folder)?;
        Ok(Self { path, _file: file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the journal, once all outputs have their names for good, or none has.
    pub(crate) fn end(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)?;
        sync_folder(folder_of(&self.path))
    }

    /// If a killed command left an output at this path, takes back all of its outputs.
    pub(crate) fn take_back(folder: &Path, path: &Path) -> io::Result<()> {
        // If a folder cannot be listed, no journal is found.
        let Ok(found) = std::fs::read_dir(folder) else { return Ok(()) };
        for found in found.flatten() {
            let journal = found.path();
            if !is_journal(&found.file_name()) {
                continue;
            }
            // A journal that has disappeared, or that is locked, belongs to a command that is still running.
            let Ok(file) = File::open(&journal) else { continue };
            if file.try_lock().is_err() || !is_ours(&file, folder)? {
                continue;
            }
            let Ok(text) = read_plain(&journal, MOST_BYTES) else { continue };
            let Ok(entries) = serde_json::from_slice::<Vec<Entry>>(&text) else { continue };
            if entries.iter().any(|entry| entry.file() == path) {
                entries.iter().rev().try_for_each(Entry::take_back)?;
                Self { path: journal, _file: file }.end()?;
            }
        }
        Ok(())
    }
}

fn is_journal(name: &OsStr) -> bool {
    let path = Path::new(name);
    name.to_string_lossy().starts_with(PREFIX) && path.extension().is_some_and(|found| found == EXTENSION)
}

/// Whether a file has the owner of the files that we write. Nobody else may say what is to be taken back.
#[cfg(unix)]
fn is_ours(file: &File, folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = temporary(folder, Audience::Owner)?;
    Ok(file.metadata()?.uid() == ours.as_file().metadata()?.uid())
}

#[cfg(not(unix))]
fn is_ours(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// One output: its names, all in one folder.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    folder: OsString,
    name: OsString,
    temporary: OsString,
    /// The second name of the file that the output replaces.
    before: Option<OsString>,
    stamp: Stamp,
}

/// What identifies a file.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamp {
    /// The inode number, if the file system has one.
    inode: Option<u64>,
    bytes: u64,
    modified: SystemTime,
}

impl Stamp {
    /// The stamp of the file at `path`; `None` if there is none.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        match path.symlink_metadata() {
            Ok(found) => {
                Ok(Some(Self { inode: inode(&found), bytes: found.len(), modified: found.modified()? }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(unix)]
fn inode(file: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(file))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<u64> {
    None
}

impl Entry {
    fn of(output: &Prepared) -> io::Result<Self> {
        let name_of = |path: &Path| path.file_name().unwrap_or_default().to_owned();
        let stamp = Stamp::of(output.temporary())?.ok_or(ErrorKind::NotFound)?;
        Ok(Self {
            folder: folder_of(output.path()).canonicalize()?.into(),
            name: name_of(output.path()),
            temporary: name_of(output.temporary()),
            before: output.second_name().map(name_of),
            stamp,
        })
    }

    fn beside(&self, name: &OsStr) -> PathBuf {
        Path::new(&self.folder).join(name)
    }

    fn file(&self) -> PathBuf {
        self.beside(&self.name)
    }

    /// Gives the name back to the file that had it before. A file that another program has written there since stays.
    fn take_back(&self) -> io::Result<()> {
        let file = self.file();
        remove_if_there(&self.beside(&self.temporary))?;
        let now = Stamp::of(&file)?;
        let is_new = now.as_ref() == Some(&self.stamp);
        if let Some(before) = self.before.as_ref().map(|name| self.beside(name)) {
            match Stamp::of(&before)? {
                // The old file has both names.
                old @ Some(_) if old == now => return remove_if_there(&before),
                Some(_) if is_new || now.is_none() => return std::fs::rename(before, file),
                _ => {}
            }
        }
        if is_new { remove_if_there(&file) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::Complete;
    use crate::{Outputs, Overwrite};
    use std::collections::BTreeMap;
    use tempfile::TempDir;

    const NEW: [&str; 3] = ["a", "b", "c"];
    const NONE: [&Path; 0] = [];

    fn contents(folder: &Path) -> BTreeMap<OsString, String> {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name(), std::fs::read_to_string(entry.path()).unwrap())).collect()
    }

    fn staged(folder: &Path, overwrite: Overwrite) -> Vec<Prepared> {
        let one = |name| {
            let mut file = temporary(folder, Audience::Everybody).unwrap();
            write!(file, "new {name}").unwrap();
            let path = folder.join(name);
            Complete { file, path, overwrite, secret: false }.prepare().unwrap()
        };
        NEW.map(one).into()
    }

    /// The state of a folder after a command was killed that had given `named` of three outputs their names.
    fn killed(before: &[&str], overwrite: Overwrite, named: usize) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in before {
            std::fs::write(folder.path().join(name), format!("old {name}")).unwrap();
        }
        let mut outputs = staged(folder.path(), overwrite);
        let journal = Journal::begin(folder.path(), &outputs).unwrap();
        let others = outputs.split_off(named);
        for output in outputs {
            let _ = output.publish().unwrap();
        }
        // A killed process cleans nothing up.
        others.into_iter().for_each(std::mem::forget);
        drop(journal);
        folder
    }

    #[test]
    fn a_kill_at_any_moment_is_taken_back() {
        for (before, overwrite) in [
            (&[][..], Overwrite::Refuse),
            (&[], Overwrite::Replace),
            (&["a", "b", "c"], Overwrite::Replace),
            (&["b", "other"], Overwrite::Replace),
        ] {
            for named in 0..=3 {
                for again in NEW {
                    let folder = killed(before, overwrite, named);
                    let mut outputs = Outputs::new(Overwrite::Refuse, NONE);
                    let refused = outputs.file(folder.path().join(again)).is_err();
                    assert_eq!(refused, before.contains(&again), "{before:?}, {named}, {again}");
                    let old = before.iter().map(|name| (OsString::from(name), format!("old {name}")));
                    assert_eq!(contents(folder.path()), old.collect(), "{overwrite:?}, {named}, {again}");
                }
            }
        }
    }

    #[test]
    fn the_same_outputs_can_be_written_after_a_kill() {
        for named in 0..=3 {
            let folder = killed(&[], Overwrite::Refuse, named);
            let mut outputs = Outputs::new(Overwrite::Refuse, NONE);
            for name in NEW {
                outputs.file(folder.path().join(name)).unwrap().write(b"again").unwrap();
            }
            outputs.commit().unwrap();
            let again = NEW.map(|name| (name.into(), "again".to_owned()));
            assert_eq!(contents(folder.path()), BTreeMap::from(again));
        }
    }

    #[test]
    fn what_somebody_else_wrote_since_stays() {
        for before in [&[][..], &["b"]] {
            let folder = killed(before, Overwrite::Replace, 3);
            std::fs::remove_file(folder.path().join("b")).unwrap();
            std::fs::write(folder.path().join("b"), "somebody else's").unwrap();
            assert!(Outputs::new(Overwrite::Refuse, NONE).file(folder.path().join("a")).is_ok());
            assert_eq!(contents(folder.path())[&OsString::from("b")], "somebody else's");
            assert!(!folder.path().join("a").exists() && !folder.path().join("c").exists());
        }
    }

    #[test]
    fn a_command_at_work_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let outputs = staged(folder.path(), Overwrite::Refuse);
        let journal = Journal::begin(folder.path(), &outputs).unwrap();
        for output in outputs {
            let _ = output.publish().unwrap();
        }
        assert!(Outputs::new(Overwrite::Refuse, NONE).file(folder.path().join("a")).is_err());
        journal.end().unwrap();
        let all = NEW.map(|name| (name.into(), format!("new {name}")));
        assert_eq!(contents(folder.path()), BTreeMap::from(all));
    }

    #[test]
    fn what_is_no_journal_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "[]", "[{\"folder\":1}]", "{"] {
            std::fs::write(folder.path().join(".silenzio-1.journal"), text).unwrap();
            assert!(Outputs::new(Overwrite::Refuse, NONE).file(folder.path().join("a")).is_ok());
        }
        assert_eq!(contents(folder.path()).len(), 1);
    }
}
