//! `silenzio sweep`: grids, resumption, and errors in grids.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const GRID: &str = "plan = 'plan.toml'\nseeds = 2\n[grid]\nengine.bits.activations = [3, 4]\n\
                    engine.rounding = ['dither', 'nearest']\n";

fn grid_folder(grid: &str) -> TempDir {
    let plan = format!("{PLAN}[model]\nhidden = [3]\n[training]\nepochs = 3\nbatch = 4\n");
    folder(&[("plan.toml", plan.as_bytes()), ("data.csv", CSV.as_bytes()), ("grid.toml", grid.as_bytes())])
}

fn sweep(folder: &Path, options: &[&str]) -> Vec<Vec<String>> {
    let output = silenzio(folder, &[&["sweep", "grid.toml"], options].concat());
    assert!(output.status.success(), "{options:?}: {}", text(&output.stderr));
    rows(folder)
}

fn rows(folder: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("grid.csv")).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn header(folder: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(folder.join("grid.csv")).unwrap();
    reader.headers().unwrap().iter().map(str::to_owned).collect()
}

/// The rows without their times, in any order.
fn timeless(folder: &Path) -> BTreeSet<Vec<String>> {
    let seconds = header(folder).iter().position(|column| column == "seconds").unwrap();
    let without = |mut row: Vec<String>| {
        row.remove(seconds);
        row
    };
    rows(folder).into_iter().map(without).collect()
}

fn cell<'a>(header: &[String], row: &'a [String], column: &str) -> &'a str {
    &row[header.iter().position(|name| name == column).unwrap()]
}

/// Checks that the program refuses with all of `named` in its message, and leaves the results as they are.
fn assert_refused(folder: &Path, options: &[&str], named: &[&str]) {
    let before = std::fs::read(folder.join("grid.csv")).ok();
    let output = silenzio(folder, &[&["sweep", "grid.toml"], options].concat());
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for name in named {
        assert!(stderr.starts_with("error: ") && stderr.contains(name), "{name:?} is not in\n{stderr}");
    }
    assert_eq!(std::fs::read(folder.join("grid.csv")).ok(), before);
}

#[test]
fn every_point_and_seed_is_a_row() {
    let folder = grid_folder(GRID);
    let rows = sweep(folder.path(), &[]);
    let header = header(folder.path());
    let points: BTreeSet<Vec<&str>> = rows
        .iter()
        .map(|row| {
            ["point", "seed", "engine.bits.activations", "engine.rounding"]
                .map(|column| cell(&header, row, column))
                .to_vec()
        })
        .collect();
    let mut expected = BTreeSet::new();
    for (point, bits, rounding) in
        [("1", "3", "dither"), ("2", "3", "nearest"), ("3", "4", "dither"), ("4", "4", "nearest")]
    {
        expected.insert(vec![point, "1", bits, rounding]);
        expected.insert(vec![point, "2", bits, rounding]);
    }
    assert_eq!(points, expected);

    // A row has the results of `simulate` for the same plan.
    let simulate = ["simulate", "plan.toml", "--json", "--set", "engine.bits.activations=3"];
    let simulated: serde_json::Value =
        serde_json::from_slice(&silenzio(folder.path(), &simulate).stdout).unwrap();
    let row = rows.iter().find(|row| row[1] == "1" && row[2] == "1").unwrap();
    let json = |column: &str| serde_json::from_str::<serde_json::Value>(cell(&header, row, column)).unwrap();
    for column in ["float_accuracies", "simulated_accuracies", "steps"] {
        assert_eq!(json(column), simulated["seeds"][0][column], "{column}");
    }
    let by_kind = &simulated["seeds"][0]["operations"]["bootstraps"];
    let total: u64 = by_kind.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(json("bootstraps"), total);
    assert_eq!(json("bootstraps_by_kind")["4-bit"], by_kind["4-bit"]);
    assert_eq!(json("simulated_accuracy").as_f64(), json("simulated_accuracies")[2].as_f64());
}

#[test]
fn a_killed_sweep_goes_on_to_the_same_rows() {
    let grid = format!("{GRID}training.epochs = [40, 41]\n");
    let undisturbed = grid_folder(&grid);
    sweep(undisturbed.path(), &[]);

    let killed = grid_folder(&grid);
    let mut child = Command::new(env!("CARGO_BIN_EXE_silenzio"))
        .current_dir(killed.path())
        .args(["sweep", "grid.toml", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines =
        || std::fs::read_to_string(killed.path().join("grid.csv")).map_or(0, |csv| csv.lines().count());
    let start = Instant::now();
    while lines() < 4 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it ended before it could be killed");
    let before = rows(killed.path());
    assert!((1..16).contains(&before.len()), "{} rows when it was killed", before.len());

    sweep(killed.path(), &[]);
    assert_eq!(rows(killed.path())[..before.len()], before, "rows that were there are kept");
    assert_eq!(rows(killed.path()).len(), 16);
    assert_eq!(timeless(killed.path()), timeless(undisturbed.path()));
}

#[test]
fn shards_together_are_the_sweep() {
    let whole = grid_folder(GRID);
    sweep(whole.path(), &[]);

    let sharded = grid_folder(GRID);
    let run = |options: &[&str]| {
        let output = silenzio(sharded.path(), options);
        assert!(output.status.success(), "{options:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    for shard in ["1/3", "2/3", "3/3"] {
        run(&["sweep", "grid.toml", "--shard", shard]);
    }
    let shards = ["grid-1-of-3.csv", "grid-2-of-3.csv", "grid-3-of-3.csv"];
    run(&["report", shards[0], shards[1], shards[2], "--out", "page"]);
    let page = std::fs::read_to_string(sharded.path().join("page/index.html")).unwrap();
    assert!(page.contains(&shards.join(", ")), "one section for all");

    // A further sweep computes only what no shard has.
    let included = ["--include", shards[0], "--include", shards[2]];
    let told = run(&[&["sweep", "grid.toml"], &included[..]].concat());
    assert!(told.contains("8 rows, of which 5 are there") && told.contains("3 rows added"), "{told}");
    assert_eq!(timeless(sharded.path()), timeless(whole.path()));

    std::fs::write(sharded.path().join("grid.toml"), GRID.replace("[3, 4]", "[3, 5]")).unwrap();
    assert_refused(
        sharded.path(),
        &["--out", "other.csv", "--include", shards[0]],
        &[shards[0], "results of another grid"],
    );
    for wrong in ["0/2", "3/2", "2"] {
        assert_eq!(
            silenzio(sharded.path(), &["sweep", "grid.toml", "--shard", wrong]).status.code(),
            Some(2)
        );
    }
}

#[test]
fn a_torn_last_line_is_done_again() {
    let folder = grid_folder(GRID);
    sweep(folder.path(), &[]);
    let (path, complete) = (folder.path().join("grid.csv"), timeless(folder.path()));
    let csv = std::fs::read(&path).unwrap();
    let first_row = csv.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for length in [csv.len() - 1, csv.len() - 20, first_row + 3, first_row, first_row - 1, 10, 0] {
        std::fs::write(&path, &csv[..length]).unwrap();
        sweep(folder.path(), &[]);
        assert_eq!(timeless(folder.path()), complete, "cut to {length} bytes");
        assert_eq!(rows(folder.path()).len(), 8, "cut to {length} bytes");
    }
}

#[test]
fn results_of_another_grid_are_kept_unless_forced() {
    let folder = grid_folder(GRID);
    sweep(folder.path(), &[]);
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    // Comments and layout may change, but not values, fields, seeds or the plan.
    write("grid.toml", &format!("# The same.\n{GRID}"));
    assert_eq!(sweep(folder.path(), &[]).len(), 8);
    for grid in [
        GRID.replace("[3, 4]", "[3, 5]"),
        GRID.replace("engine.rounding", "engine.bits.deltas").replace("'dither', 'nearest'", "3, 4"),
        GRID.replace("seeds = 2", "seeds = 3"),
    ] {
        write("grid.toml", &grid);
        assert_refused(folder.path(), &[], &["grid.csv", "another grid", "--force"]);
    }
    write("grid.toml", GRID);
    write("plan.toml", &format!("{PLAN}[model]\nhidden = [4]\n"));
    assert_refused(folder.path(), &[], &["grid.csv", "another grid", "--force"]);
    assert_eq!(sweep(folder.path(), &["--force"]).len(), 8);
    write("data.csv", &CSV.replace("0.9,0.2", "0.9,0.3"));
    assert_refused(folder.path(), &[], &["grid.csv", "other data", "--force"]);
    write("data.csv", CSV);

    for other in ["what is this?", "what is this?\n", "grid,point,seed,a\n1,2,3,4\n"] {
        write("grid.csv", other);
        assert_refused(folder.path(), &[], &["grid.csv", "not the columns of a sweep", "--force"]);
    }
}

#[test]
fn results_replace_no_input_and_have_one_writer() {
    let folder = grid_folder(GRID);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let files = ["grid.toml", "plan.toml", "data.csv"];
    let before = files.map(read);
    for input in files {
        for force in [&[][..], &["--force"]] {
            let options = [&["--out", input], force].concat();
            assert_refused(folder.path(), &options, &[input, "twice"]);
        }
    }
    assert!(files.map(read) == before);

    std::fs::create_dir(folder.path().join("sub")).unwrap();
    assert_refused(folder.path(), &["--out", "sub", "--force"], &["sub", "regular file"]);
    let lock = silenzio::files::Lock::take(folder.path().join("grid.csv")).unwrap();
    assert_refused(folder.path(), &[], &["grid.csv", "in use by process"]);
    drop(lock);
    assert_eq!(sweep(folder.path(), &[]).len(), 8);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.filter_map(|name| name.into_string().ok()).all(|name| !name.starts_with('.')));
}

#[test]
fn grids_that_cannot_be() {
    let header = "plan = 'plan.toml'\n";
    for (grid, named) in [
        ("", "missing field `plan`"),
        ("plan = 'plan.toml'", "names no field"),
        ("plan = 'nowhere.toml'\n[grid]\ntraining.epochs = [1]", "nowhere.toml"),
        ("plan = 'plan.toml'\nseeds = 0\n[grid]\ntraining.epochs = [1]", "line 2"),
        ("plan = 'plan.toml'\nsed = 1\n", "unknown field `sed`"),
        ("[grid]\ntraining.epochs = 3", "training.epochs: needs a list"),
        ("[grid]\ntraining.epochs = []", "training.epochs: needs a list"),
        ("[grid]\ntraining.epohs = [3]", "unknown field `epohs`"),
        ("[grid]\ntraining.epochs = [3, 0]", "point 2"),
        ("[grid]\ntraining.epochs = [3, 0]", "training.epochs = 0"),
        ("[grid]\ntraining.seed = [3, 4]", "training.seed: is not swept"),
        ("[grid]\n\"engine..bits\" = [3]", "`engine..bits` is not the name of a field"),
        ("[grid]\nsimulation.faults = [2]", "simulation.faults: 2"),
        ("[grid]\nsimulation.noise = ['off']", "simulation.noise"),
        ("[grid]\nsimulation.fault = [0.1]", "simulation.fault: there is no such switch"),
        (
            "[grid]\nsimulation.noise = [false]",
            "simulation.noise: the exact engine has no noise to switch off",
        ),
        (
            "[grid]\nsimulation.faults = [0.1]\nengine.kind = ['approximate']",
            "simulation.faults: faults are those of exact look-ups",
        ),
        ("[random]\nsamples = 3\n[random.fields]", "random.fields: names no field"),
        (
            "[random]\nsamples = 3\n[random.fields]\ntraining.learning_rate = [1, 2]",
            "training.learning_rate: needs",
        ),
        (
            "[random]\nsamples = 3\n[random.fields]\ntraining.learning_rate.uniform = [2, 1]",
            "training.learning_rate: uniform",
        ),
        (
            "[random]\nsamples = 3\n[random.fields]\ntraining.learning_rate.log_uniform = [0, 1]",
            "training.learning_rate: log_uniform",
        ),
        (
            "[random]\nsamples = 999999999\n[random.fields]\ntraining.batch.uniform = [1, 2]",
            "more than 100000 points",
        ),
        (
            "[grid]\ntraining.batch = [1]\n[random]\nsamples = 2\n[random.fields]\ntraining.batch.uniform = [1, 2]",
            "training.batch: is named twice",
        ),
    ] {
        let grid = if grid.starts_with('[') { format!("{header}{grid}") } else { grid.to_owned() };
        assert_refused(grid_folder(&grid).path(), &[], &["grid.toml", named]);
    }
}

#[test]
fn points_that_cannot_be_carried_out_are_rows_with_an_error() {
    let folder = grid_folder("plan = 'plan.toml'\n[grid]\nengine.range.deltas = [0.5, 1e8]\n");
    let rows = sweep(folder.path(), &[]);
    let header = header(folder.path());
    let error = |point: usize| {
        let row = rows.iter().find(|row| row[1] == point.to_string()).unwrap();
        cell(&header, row, "error").to_owned()
    };
    assert_eq!(error(1), "");
    assert!(error(2).contains("no base"), "{}", error(2));
}

#[test]
fn switches_of_the_simulator_change_its_results_and_nothing_else_does() {
    let grid = "plan = 'plan.toml'\nseeds = 2\n[grid]\nengine.kind = ['approximate']\nsimulation.noise = [true, false]\n\
                training.epochs = [6]\n";
    let (one, two) = (grid_folder(grid), grid_folder(grid));
    sweep(one.path(), &["--threads", "1"]);
    sweep(two.path(), &["--threads", "2"]);
    assert_eq!(timeless(one.path()), timeless(two.path()));

    let faults =
        grid_folder("plan = 'plan.toml'\n[grid]\nsimulation.faults = [0, 0.5]\ntraining.epochs = [6]\n");
    let rows = sweep(faults.path(), &[]);
    let header = header(faults.path());
    let accuracies: BTreeSet<&str> =
        rows.iter().map(|row| cell(&header, row, "simulated_accuracies")).collect();
    assert_eq!(accuracies.len(), 2, "{accuracies:?}");
}

#[test]
fn random_samples_are_reproducible_and_in_range() {
    let grid = "plan = 'plan.toml'\n[grid]\nengine.rounding = ['dither', 'nearest']\n[random]\nsamples = 5\nseed = 3\n\
                [random.fields]\ntraining.learning_rate.log_uniform = [0.05, 0.5]\n\
                engine.bits.activations.uniform = [3, 5]\nengine.cover.choices = ['worst-case', { margin = 5.0 }]\n";
    let (folder, again) = (grid_folder(grid), grid_folder(grid));
    let rows = sweep(folder.path(), &[]);
    sweep(again.path(), &[]);
    assert_eq!(timeless(folder.path()), timeless(again.path()));
    assert_eq!(rows.len(), 10);
    let header = header(folder.path());
    let rates: BTreeSet<&str> = rows.iter().map(|row| cell(&header, row, "training.learning_rate")).collect();
    assert_eq!(rates.len(), 5, "the same samples at every point of the grid");
    for row in &rows {
        let rate: f64 = cell(&header, row, "training.learning_rate").parse().unwrap();
        assert!((0.05..=0.5).contains(&rate));
        assert!(["3", "4", "5"].contains(&cell(&header, row, "engine.bits.activations")));
        assert!(["worst-case", "{ margin = 5.0 }"].contains(&cell(&header, row, "engine.cover")));
    }
}
