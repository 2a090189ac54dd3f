//! After `keygen`, `encrypt` or `sweep` is killed at any moment, the same command succeeds, and nothing is lost.

use crate::common::{CSV, PLAN, folder, kill_when, silenzio, start, text};
use serde_json::Value;
use silenzio::core::random::{Purpose, Seed, Stream};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;

/// A command under test.
struct Killed<'a> {
    folder: &'a Path,
    arguments: &'a [&'a str],
    outputs: &'a [&'a str],
}

impl Killed<'_> {
    /// Kills the command `kills` times, each time in the state that the last kill left: half of the times at any moment of
    /// its run, and half while its outputs get their names. Nothing but its outputs may change, which `check` checks after
    /// every kill. At last the command must succeed.
    fn check(&self, kills: usize, mut check: impl FnMut()) {
        let others = self.others();
        let began = Instant::now();
        self.succeeds();
        let whole = began.elapsed();
        self.begin_anew();

        let mut stream: Stream = Seed(4).stream(Purpose::Tests, 0, 0);
        let (mut killed, mut parts) = (0, 0);
        while killed < kills {
            let began = Instant::now();
            let child = start(self.folder, self.arguments);
            let ended = if killed % 2 == 0 {
                let moment = whole.mul_f64(1.1 * stream.unit());
                kill_when(child, || began.elapsed() >= moment)
            } else {
                let there = self.parts();
                let more = stream.below(self.outputs.len() as u32) as usize;
                kill_when(child, || self.parts() > there + more)
            };
            match ended {
                Some(status) => assert!(status.success(), "after {killed} kills: {status}"),
                None => killed += 1,
            }
            assert!(self.others() == others, "what was there is there");
            check();
            parts += usize::from((1..self.outputs.len()).contains(&self.parts()));
            if self.is_done() {
                self.begin_anew();
            }
        }
        self.succeeds();
        println!("killed {killed} times, {parts} times with a part of the outputs");
    }

    fn succeeds(&self) {
        let output = silenzio(self.folder, self.arguments);
        assert!(output.status.success(), "{:?}: {}", self.arguments, text(&output.stderr));
        assert!(self.is_done());
    }

    /// The number of outputs that have their names.
    fn parts(&self) -> usize {
        self.outputs.iter().filter(|name| self.folder.join(name).exists()).count()
    }

    /// Whether the command had done everything but printed its result.
    fn is_done(&self) -> bool {
        self.parts() == self.outputs.len() && !self.names().iter().any(|name| name.ends_with(".journal"))
    }

    fn begin_anew(&self) {
        for name in self.names().iter().filter(|name| self.outputs.contains(&name.as_str())) {
            fs::remove_file(self.folder.join(name)).unwrap();
        }
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The files that are neither outputs nor traces of a kill.
    fn others(&self) -> BTreeMap<String, Vec<u8>> {
        let others = self.names().into_iter();
        let others = others.filter(|name| !name.starts_with('.') && !self.outputs.contains(&name.as_str()));
        others.map(|name| (name.clone(), fs::read(self.folder.join(name)).unwrap())).collect()
    }
}

fn client(engine: &str) -> TempDir {
    let plan = format!("{PLAN}[engine]\nkind = \"{engine}\"\n[training]\nepochs = 1\n");
    folder(&[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes()), ("notes", b"of somebody else")])
}

fn keygen(kills: usize) {
    let folder = client("exact");
    let killed = Killed {
        folder: folder.path(),
        arguments: &["keygen", "plan.toml"],
        outputs: &["client.key", "server.key"],
    };
    // A client key that has got its name keeps it.
    let mut first = None;
    killed.check(kills, || {
        let there = fs::read(folder.path().join("client.key")).ok();
        assert!(first.is_none() || first == there, "the client key is lost");
        first = there.filter(|_| !folder.path().join("server.key").exists());
    });
    let verified = silenzio(folder.path(), &["inspect", "--verify", "server.key"]);
    assert!(verified.status.success());
}

#[test]
fn keys_survive_kills() {
    keygen(4);
}

#[test]
#[ignore = "takes a minute"]
fn keys_survive_many_kills() {
    keygen(20);
}

/// A folder with the keys and everything else that an encryption needs.
fn encryptable() -> TempDir {
    let folder = client("exact");
    assert!(silenzio(folder.path(), &["keygen", "plan.toml"]).status.success());
    folder
}

const ENCRYPTED: [&str; 4] = ["data.silenzio", "preprocessing.json", "public-plan.toml", "test.csv"];

#[test]
fn an_encryption_survives_many_kills() {
    let folder = encryptable();
    let arguments = &["encrypt", "plan.toml", "--test-out", "test.csv"];
    let killed = Killed { folder: folder.path(), arguments, outputs: &ENCRYPTED };
    killed.check(40, || ());
    let verified = silenzio(folder.path(), &["inspect", "--verify", "data.silenzio"]);
    assert!(verified.status.success());
}

/// Outputs are replaced together: data and preprocessing are always of one encryption.
#[test]
fn an_encryption_by_force_survives_many_kills() {
    let folder = encryptable();
    let folder = folder.path();
    let plain = ["encrypt", "plan.toml", "--test-out", "test.csv"];
    let forced = [&plain[..], &["--force"]].concat();
    assert!(silenzio(folder, &forced).status.success());
    let data = || fs::read(folder.join("data.silenzio")).unwrap();
    let mut stream: Stream = Seed(5).stream(Purpose::Tests, 0, 0);
    let (mut killed, mut old, mut replaced) = (0, data(), 0);
    while killed < 20 {
        let more = u128::from(stream.below(2000));
        let first_new = Cell::new(None);
        // At once when the first output is replaced, or within two milliseconds.
        let ended = kill_when(start(folder, &forced), || {
            if first_new.get().is_none() && data() != old {
                first_new.set(Some(Instant::now()));
            }
            first_new.get().is_some_and(|at| at.elapsed().as_micros() >= more)
        });
        assert!(ended.is_none_or(|status| status.success()));
        killed += usize::from(ended.is_none());
        assert!(ENCRYPTED.iter().all(|name| folder.join(name).exists()), "every name has a file");

        // The next command cleans up.
        let refused = silenzio(folder, &plain);
        assert!(text(&refused.stderr).contains("exists"), "{}", text(&refused.stderr));
        let preprocessing: Value =
            serde_json::from_slice(&fs::read(folder.join("preprocessing.json")).unwrap()).unwrap();
        let inspected = silenzio(folder, &["inspect", "data.silenzio", "--json"]);
        let inspected: Value = serde_json::from_slice(&inspected.stdout).unwrap();
        assert!(preprocessing["data"].is_string());
        assert_eq!(preprocessing["data"], inspected["sha256"]);
        replaced += usize::from(data() != old);
        old = data();
    }
    println!("killed {killed} times, {replaced} times with all outputs replaced");
    assert!(silenzio(folder, &forced).status.success());
}

/// Existing rows stay in their order, and the last run has all rows.
#[test]
fn a_sweep_survives_many_kills() {
    let plan = format!("{PLAN}[model]\nhidden = [3]\n[training]\nbatch = 4\n");
    let grid = "plan = 'plan.toml'\nseeds = 2\n[grid]\nengine.bits.activations = [3, 4]\n\
                training.epochs = [3, 4, 5]\nengine.rounding = ['dither', 'nearest']\n";
    let folder = folder(&[
        ("plan.toml", plan.as_bytes()),
        ("data.csv", CSV.as_bytes()),
        ("grid.toml", grid.as_bytes()),
    ]);
    let folder = folder.path();
    let arguments = ["sweep", "grid.toml", "--threads", "1"];
    let results = folder.join("grid.csv");
    let rows = || {
        let text = fs::read_to_string(&results).unwrap_or_default();
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect::<Vec<_>>()
    };
    let began = Instant::now();
    assert!(silenzio(folder, &arguments).status.success());
    let whole = began.elapsed();
    let complete = rows().len();
    assert_eq!(complete, 1 + 24);
    fs::remove_file(&results).unwrap();

    let mut stream: Stream = Seed(6).stream(Purpose::Tests, 0, 0);
    let (mut killed, mut with_rows) = (0, 0);
    while killed < 20 {
        let before = rows();
        let began = Instant::now();
        let moment = whole.mul_f64(0.5 * stream.unit());
        let ended = kill_when(start(folder, &arguments), || began.elapsed() >= moment);
        let after = rows();
        assert_eq!(after.get(..before.len()), Some(&before[..]), "rows are lost");
        match ended {
            None => killed += 1,
            Some(status) => {
                assert!(status.success() && after.len() == complete, "{status}, {} rows", after.len());
                fs::remove_file(&results).unwrap();
            }
        }
        with_rows += usize::from((2..complete).contains(&after.len()));
    }
    assert!(silenzio(folder, &arguments).status.success());
    assert_eq!(rows().len(), complete);
    println!("killed {killed} times, {with_rows} times with some of the rows");
}
