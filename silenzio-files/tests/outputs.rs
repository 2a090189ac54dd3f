//! Several outputs appear together, and never replace each other, an input, or a client key.

#![allow(clippy::unwrap_used)]

mod common;

use common::header;
use silenzio_files::{
    Contents, Destination, FileError, FileReader, Kind, Lock, Outputs, Overwrite, Problem, read_plain,
    read_text,
};
use std::fs;
use std::path::Path;

const NONE: [&Path; 0] = [];

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn write_key(destination: &Destination, bytes: &[u8]) -> Result<(), FileError> {
    let mut writer = destination.create(&header(Contents::ClientKey, bytes.len() as u64, 10))?;
    writer.encode(|to| to.write_all(bytes))?;
    writer.finish().map(drop)
}

#[test]
fn outputs_get_their_names_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut outputs = Outputs::new(Overwrite::Refuse, NONE);
    let [a, b] = ["a", "b"].map(|name| outputs.file(path(name)).unwrap());
    a.write(b"1").unwrap();
    b.write(b"2").unwrap();
    assert!(!path("a").exists() && !path("b").exists());
    assert_eq!(outputs.commit().unwrap(), []);
    assert_eq!(names(folder.path()), ["a", "b"]);
    assert_eq!(fs::read(path("b")).unwrap(), b"2");

    let mut outputs = Outputs::new(Overwrite::Replace, NONE);
    outputs.file(path("a")).unwrap().write(b"3").unwrap();
    drop(outputs);
    assert_eq!(fs::read(path("a")).unwrap(), b"1");
    assert_eq!(names(folder.path()), ["a", "b"], "nothing is left behind");
}

#[test]
fn one_that_fails_takes_the_others_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // Meanwhile another program writes b.
    let mut outputs = Outputs::new(Overwrite::Refuse, NONE);
    for name in ["a", "b"] {
        outputs.file(path(name)).unwrap().write(b"new").unwrap();
    }
    fs::write(path("b"), "another").unwrap();
    assert!(matches!(outputs.commit().unwrap_err().problem, Problem::Exists));
    assert_eq!(names(folder.path()), ["b"]);
    assert_eq!(fs::read(path("b")).unwrap(), b"another");

    // Meanwhile another program makes a folder c.
    let mut outputs = Outputs::new(Overwrite::Replace, NONE);
    for name in ["b", "c"] {
        outputs.file(path(name)).unwrap().write(b"new").unwrap();
    }
    fs::create_dir(path("c")).unwrap();
    let error = outputs.commit().unwrap_err();
    assert!(error.path.ends_with("c"), "{error}");
    assert_eq!(names(folder.path()), ["b", "c"]);
    assert_eq!(fs::read(path("b")).unwrap(), b"another");
}

#[test]
fn a_file_in_two_roles_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("input"), "").unwrap();
    fs::create_dir(path("sub")).unwrap();
    for overwrite in [Overwrite::Refuse, Overwrite::Replace] {
        let mut outputs = Outputs::new(overwrite, [path("input")]);
        let _first = outputs.file(path("new")).unwrap();
        for twice in ["input", "new", "sub/../input", "sub/../new", "./new"] {
            let error = outputs.private(path(twice)).unwrap_err();
            assert!(matches!(error.problem, Problem::SamePath), "{twice}: {error}");
        }
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("input", path("link")).unwrap();
        let mut outputs = Outputs::new(Overwrite::Replace, [path("link")]);
        for twice in ["link", "input"] {
            assert!(matches!(outputs.file(path(twice)).unwrap_err().problem, Problem::SamePath));
        }
    }
}

#[test]
fn a_client_key_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    write_key(&Destination::new(&path, Overwrite::Refuse).unwrap(), b"first").unwrap();
    let first = fs::read(&path).unwrap();

    let mut outputs = Outputs::new(Overwrite::Replace, NONE);
    write_key(&outputs.file(&path).unwrap(), b"second").unwrap();
    let asides = outputs.commit().unwrap();
    assert_eq!(asides.len(), 1);
    assert_eq!(asides[0].from, path);
    assert_eq!(fs::read(&asides[0].to).unwrap(), first);
    FileReader::open(&asides[0].to, Kind::ClientKey).unwrap();

    // Keys are replaced twice in one second, and by a file that is not a key.
    write_key(&Destination::new(&path, Overwrite::Replace).unwrap(), b"third").unwrap();
    Destination::new(&path, Overwrite::Replace).unwrap().write(b"no key").unwrap();
    assert_eq!(names(folder.path()).len(), 4, "{:?}", names(folder.path()));
    // A damaged key makes room for a new one, too.
    write_key(&Destination::new(&path, Overwrite::Replace).unwrap(), b"fourth").unwrap();
    assert_eq!(names(folder.path()).len(), 5);
}

#[cfg(unix)]
#[test]
fn private_outputs_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let mut outputs = Outputs::new(Overwrite::Replace, NONE);
    outputs.private(&path).unwrap().write(b"1").unwrap();
    outputs.commit().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_lock_is_held_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let lock = Lock::take(&path).unwrap();
    let error = Lock::take(&path).unwrap_err().to_string();
    let holder = format!("process {}", std::process::id());
    assert!(error.contains("model") && error.contains(&holder), "{error}");
    drop(lock);
    assert_eq!(names(folder.path()), [""; 0]);
    // The lock file of a killed process is not locked.
    fs::write(folder.path().join(".model.lock"), "process 1").unwrap();
    Lock::take(&path).unwrap();
}

#[test]
fn plain_files_are_regular_and_have_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read_text(&path, 5).unwrap(), "12345");
    assert!(matches!(read_plain(&path, 4).unwrap_err().problem, Problem::TooLarge { limit: 4 }));
    assert!(matches!(read_plain(folder.path(), 4).unwrap_err().problem, Problem::NotAFile));
    fs::write(&path, b"\xff\xfea\0").unwrap();
    assert!(matches!(read_text(&path, 5).unwrap_err().problem, Problem::NotText));
    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for endless in [Path::new("/dev/zero"), &pipe] {
            assert!(matches!(read_plain(endless, 4).unwrap_err().problem, Problem::NotAFile));
        }
    }
}
