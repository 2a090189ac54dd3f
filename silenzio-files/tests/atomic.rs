//! A file exists completely, or not at all.
#![allow(clippy::unwrap_used)]

mod common;

use common::{header, payload};
use silenzio_files::{Contents, Destination, FileError, FileReader, Kind, Overwrite, Problem};
use std::fs;
use std::path::Path;

/// Writes a checkpoint whose steps and payload depend on `steps`.
fn write(path: &Path, overwrite: Overwrite, steps: u64, bytes: u64) -> Result<(), FileError> {
    let destination = Destination::new(path, overwrite)?;
    let mut writer = destination.create(&header(Contents::Checkpoint { steps }, bytes, 1000))?;
    writer.encode(|to| to.write_all(&payload(steps as u8, bytes)))?;
    writer.finish().map(|_| ())
}

/// The steps of a checkpoint that is undamaged.
fn steps(path: &Path) -> u64 {
    let mut reader = FileReader::open(path, Kind::Checkpoint).unwrap();
    reader.verify_all(|_, _| ()).unwrap();
    let Contents::Checkpoint { steps } = reader.header().contents else { unreachable!() };
    let bytes = reader.header().payload.bytes;
    let mut read = Vec::new();
    reader.decode(|from| from.read_to_end(&mut read)).unwrap();
    assert_eq!(read, payload(steps as u8, bytes));
    steps
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn an_existing_file_is_kept_unless_it_is_to_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    write(&path, Overwrite::Refuse, 1, 5000).unwrap();
    let error = write(&path, Overwrite::Refuse, 2, 5000).unwrap_err();
    assert!(matches!(error.problem, Problem::Exists), "{error}");
    assert!(error.to_string().contains("replaced") && error.to_string().contains(path.to_str().unwrap()));
    assert_eq!(steps(&path), 1);
    write(&path, Overwrite::Replace, 3, 4000).unwrap();
    assert_eq!(steps(&path), 3);
    assert_eq!(names(folder.path()), ["c"]);
}

#[test]
fn a_file_that_came_into_being_meanwhile_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let destination = Destination::new(&path, Overwrite::Refuse).unwrap();
    let mut writer = destination.create(&header(Contents::ServerKey, 3, 10)).unwrap();
    writer.encode(|to| to.write_all(b"abc")).unwrap();
    fs::write(&path, "another").unwrap();
    assert!(matches!(writer.finish().unwrap_err().problem, Problem::Exists));
    assert_eq!(fs::read(&path).unwrap(), b"another");
    assert_eq!(names(folder.path()), ["c"]);
}

#[test]
fn an_unfinished_file_vanishes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    write(&path, Overwrite::Refuse, 1, 10).unwrap();
    let destination = Destination::new(&path, Overwrite::Replace).unwrap();
    assert_eq!(names(folder.path()), ["c"]);

    let mut writer = destination.create(&header(Contents::ServerKey, 300_000, 10)).unwrap();
    writer.encode(|to| to.write_all(&[0; 200_000])).unwrap();
    assert_eq!(names(folder.path()).len(), 2);
    drop(writer);
    assert_eq!(names(folder.path()), ["c"]);
    assert_eq!(steps(&path), 1);
}

#[test]
fn a_payload_of_another_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let destination = Destination::new(&path, Overwrite::Refuse).unwrap();
    for (bytes, written) in [(10, 9), (10, 0), (10, 11), (8, 9), (0, 1)] {
        let mut writer = destination.create(&header(Contents::ServerKey, bytes, 4)).unwrap();
        let encoded = writer.encode(|to| to.write_all(&vec![0; written]));
        // A caller who ignores the error gets it again, or a file of the right length.
        let error = encoded.and_then(|()| writer.finish().map(|_| ())).unwrap_err();
        assert!(matches!(error.problem, Problem::Encode(_)), "{error}");
        assert_eq!(names(folder.path()), [""; 0]);
    }
    let error = destination.create(&header(Contents::ServerKey, 10, 0)).err().unwrap();
    assert!(matches!(error.problem, Problem::Encode(_)), "{error}");
    let long = header(Contents::ServerKey, 10, 1).with_plan(&" ".repeat(1 << 20)).unwrap();
    let error = destination.create(&long).err().unwrap();
    assert!(matches!(error.problem, Problem::Encode(_)), "{error}");
}

#[test]
fn impossible_destinations_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for overwrite in [Overwrite::Refuse, Overwrite::Replace] {
        let missing = Destination::new(folder.path().join("missing/c"), overwrite).err().unwrap();
        assert!(matches!(missing.problem, Problem::Write(_)), "{missing}");
        let long = Destination::new(folder.path().join("c".repeat(300)), overwrite).err().unwrap();
        assert!(matches!(long.problem, Problem::Write(_)), "{long}");
    }
    let error = Destination::new(folder.path(), Overwrite::Replace).err().unwrap();
    assert!(matches!(error.problem, Problem::NotAFile), "{error}");
}

#[test]
fn what_is_no_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let error = FileReader::open_any(folder.path()).err().unwrap();
    assert!(matches!(error.problem, Problem::NotAFile), "{error}");
    let error = FileReader::open_any(folder.path().join("missing")).err().unwrap();
    assert!(matches!(error.problem, Problem::Read(_)), "{error}");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// The command that runs one of these tests in a process of its own, with `folder` in the environment.
    fn again(shell: &str, test: &str, folder: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell} exec \"$0\" \"$@\"")]);
        command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
        command.env("SILENZIO_TEST_FOLDER", folder).stdout(Stdio::null());
        command
    }

    fn folder_of_parent() -> Option<std::path::PathBuf> {
        std::env::var_os("SILENZIO_TEST_FOLDER").map(Into::into)
    }

    #[test]
    fn a_secret_is_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.key");
        fs::write(&path, "public").unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let destination = Destination::new(&path, Overwrite::Replace).unwrap();
        let mut writer = destination.create(&header(Contents::ClientKey, 3, 10)).unwrap();
        let temporary = names(folder.path()).into_iter().find(|name| name.ends_with(".tmp")).unwrap();
        assert_eq!(mode(&folder.path().join(temporary)), 0o600);
        writer.encode(|to| to.write_all(b"abc")).unwrap();
        writer.finish().unwrap();
        assert_eq!(mode(&path), 0o600);
        FileReader::open(&path, Kind::ClientKey).unwrap();

        for exposed in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, PermissionsExt::from_mode(exposed)).unwrap();
            let error = FileReader::open(&path, Kind::ClientKey).err().unwrap();
            assert!(matches!(error.problem, Problem::Exposed { mode } if mode == exposed), "{error}");
            assert!(error.to_string().contains("chmod 600"));
            FileReader::open_any(&path).unwrap();
        }
    }

    #[test]
    fn what_is_public_has_the_usual_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, usual] = ["ours", "usual"].map(|name| folder.path().join(name));
        write(&ours, Overwrite::Refuse, 1, 10).unwrap();
        fs::write(&usual, "").unwrap();
        assert_eq!(mode(&ours), mode(&usual));
    }

    #[test]
    fn devices_and_pipes_are_refused() {
        for overwrite in [Overwrite::Refuse, Overwrite::Replace] {
            assert!(Destination::new("/dev/null", overwrite).is_err());
        }
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = FileReader::open_any(&pipe).err().unwrap();
        assert!(matches!(error.problem, Problem::NotAFile), "{error}");
    }

    /// A write fails in the middle, as on a full disk: here because files may not get longer than 64 or 128 KiB.
    #[test]
    fn a_full_disk_costs_nothing() {
        if let Some(folder) = folder_of_parent() {
            let error = write(&folder.join("c"), Overwrite::Replace, 2, 1_000_000).unwrap_err();
            assert!(matches!(error.problem, Problem::Write(_)), "{error}");
            assert!(error.to_string().starts_with(folder.to_str().unwrap()), "{error}");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("c"), Overwrite::Refuse, 1, 100_000).unwrap();
        let limit = "trap '' XFSZ; ulimit -f 128;";
        let child = again(limit, "unix::a_full_disk_costs_nothing", folder.path()).output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        assert_eq!(steps(&folder.path().join("c")), 1);
        assert_eq!(names(folder.path()), ["c"]);
    }

    /// A writer that is killed at any moment leaves the old checkpoint or the new one.
    #[test]
    fn a_crash_leaves_a_complete_checkpoint() {
        if let Some(folder) = folder_of_parent() {
            for steps in 1.. {
                write(&folder.join("c"), Overwrite::Replace, steps, 200_000).unwrap();
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        for crash in 1..=10 {
            let _ = fs::remove_file(&path);
            let mut child =
                again("", "unix::a_crash_leaves_a_complete_checkpoint", folder.path()).spawn().unwrap();
            let begin = Instant::now();
            while !path.exists() {
                assert!(begin.elapsed() < Duration::from_secs(20), "the child does not write");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(7 * crash));
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(steps(&path) >= 1);
        }
    }
}
