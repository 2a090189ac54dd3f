//! The whole protocol, from keys to predictions, with only files between client and server.

use crate::common::{folder, refuse, run, run_json, silenzio, text};
use std::path::Path;
use tempfile::TempDir;

/// Iris without a hidden layer, with few samples. After some steps at a high learning rate, classes are easy to distinguish,
/// and logits stay within their range, beyond which the encrypted ones saturate and the plain ones do not. Samples keep
/// their order, since in some orders the probabilities after so few steps would be nearly equal.
fn iris(engine: &str, limit: usize, epochs: usize, learning_rate: f64) -> TempDir {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/iris.csv");
    let plan = format!(
        "[data]\nfile = \"{data}\"\nlimit = {limit}\n[model]\nhidden = []\n[training]\nseed = 2\nepochs = {epochs}\n\
         learning_rate = {learning_rate:?}\nbatch = {limit}\n[engine]\nkind = \"{engine}\"\n[engine.range]\nlogits = 2.0\n"
    );
    folder(&[("plan.toml", plan.as_bytes())])
}

/// The cells of a CSV file of predictions: classes, and the probabilities of each row.
fn predictions(folder: &Path, file: &str) -> Vec<(String, Vec<f64>)> {
    let csv = std::fs::read_to_string(folder.join(file)).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("class,0,1,2"));
    let row = |line: &str| {
        let (class, probabilities) = line.split_once(',').unwrap();
        (class.to_owned(), probabilities.split(',').map(|cell| cell.parse().unwrap()).collect())
    };
    lines.map(row).collect()
}

/// Runs the protocol from keys to predictions, and leaves all files in the folder.
fn outsource(folder: &Path, samples: u64, steps: u64) {
    let keys = run_json(folder, "keygen plan.toml");
    let data = run_json(folder, "encrypt plan.toml --keep-order --test-out test.csv");
    assert_eq!(data["key_id"], keys["key_id"]);
    assert_eq!((data["samples"].as_u64(), data["labelled"].as_bool()), (Some(samples), Some(true)));
    run(folder, "train data.silenzio --key server.key --out model.silenzio");

    let model = run_json(folder, "decrypt model.silenzio --out model.safetensors");
    assert_eq!(model["origin"]["steps"], steps);
    assert_eq!(model["origin"]["data"], data["sha256"]);
    let evaluation = run_json(folder, "evaluate model.safetensors test.csv");
    assert_eq!(evaluation["samples"], 30);
    let counts = evaluation["confusion"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), 30);
    run(folder, "predict model.safetensors test.csv --out plain.csv");
    let plain = predictions(folder, "plain.csv");
    let hits = std::fs::read_to_string(folder.join("test.csv")).unwrap();
    let hits = hits.lines().skip(1).zip(&plain).filter(|(line, (class, _))| line.ends_with(class.as_str()));
    assert_eq!(hits.count() as f64 / 30.0, evaluation["accuracy"].as_f64().unwrap());

    // Two rows without labels are encrypted for the encrypted model.
    let rows = "sepal_length,sepal_width,petal_length,petal_width\n5,3.6,1.4,0.2\n6.5,3,5.8,2.2\n";
    std::fs::write(folder.join("rows.csv"), rows).unwrap();
    let inputs = run_json(folder, "encrypt --inputs rows.csv --out inputs.silenzio");
    assert_eq!((inputs["samples"].as_u64(), inputs["labelled"].as_bool()), (Some(2), Some(false)));
    run(folder, "infer model.silenzio inputs.silenzio --key server.key --out logits.silenzio");
    run(folder, "decrypt logits.silenzio --out encrypted.csv");
    run(folder, "predict model.safetensors rows.csv --out rows-plain.csv");
    let plain = predictions(folder, "rows-plain.csv");
    for ((_, encrypted), (_, plain)) in predictions(folder, "encrypted.csv").iter().zip(&plain) {
        println!("probabilities {encrypted:.3?}, of the plain model {plain:.3?}");
        let largest = plain.iter().copied().fold(0.0, f64::max);
        assert!(largest > 0.45, "probabilities that say nothing: {plain:?}");
        // The logits of the exact engine have steps of 0.29.
        let close = encrypted.iter().zip(plain).all(|(a, b)| (a - b).abs() < 0.15);
        assert!(close, "{encrypted:?} {plain:?}");
        // Noise, which would reveal the key, is rounded away.
        assert!(encrypted.iter().all(|p| ((p * 1000.0).round() - p * 1000.0).abs() < 1e-9), "{encrypted:?}");
    }
    assert_eq!(predictions(folder, "encrypted.csv").len(), 2);
}

/// Checks that no two neighbouring weights of the plain model are in the encrypted one.
fn hides_its_weights(folder: &Path) {
    let plain = std::fs::read(folder.join("model.safetensors")).unwrap();
    let encrypted = std::fs::read(folder.join("model.silenzio")).unwrap();
    let header = 8 + u64::from_le_bytes(plain[..8].try_into().unwrap()) as usize;
    for pair in plain[header..].windows(8).step_by(4).filter(|pair| pair.iter().any(|&byte| byte != 0)) {
        assert!(!encrypted.windows(8).any(|window| window == pair), "{pair:?}");
    }
}

#[test]
fn the_exact_engine_trains_from_files() {
    let folder = iris("exact", 3, 8, 4.0);
    outsource(folder.path(), 3, 8);
    hides_its_weights(folder.path());
}

#[test]
fn the_approximate_engine_trains_from_files() {
    let folder = iris("approximate", 6, 3, 3.0);
    outsource(folder.path(), 6, 3);
    hides_its_weights(folder.path());
    let folder = folder.path();

    // Noise is kept only on request, and with a warning.
    run(folder, "decrypt model.silenzio --out model.npz");
    let noisy =
        silenzio(folder, &["decrypt", "model.silenzio", "--out", "noisy.safetensors", "--keep-noise"]);
    assert!(noisy.status.success() && text(&noisy.stderr).contains("secret key"));
    let [rounded, noisy] =
        ["model.safetensors", "noisy.safetensors"].map(|name| std::fs::read(folder.join(name)).unwrap());
    assert_ne!(rounded, noisy);

    refuse(folder, "decrypt data.silenzio --out model.safetensors --force", &["data.silenzio", "data set"]);
    refuse(folder, "decrypt model.silenzio --out model.safetensors", &["model.safetensors", "--force"]);
    refuse(folder, "decrypt model.silenzio --out model.pt", &["--out", ".safetensors"]);
    refuse(folder, "decrypt logits.silenzio --out logits.npz", &["--out", ".csv"]);
    refuse(folder, "keygen plan.toml", &["client.key", "--force"]);
    refuse(folder, "evaluate model.safetensors rows.csv", &["rows.csv", "no labels"]);
    refuse(folder, "predict model.npz rows.csv", &["model.npz", "safetensors"]);
    refuse(folder, "predict model.safetensors plan.toml", &["plan.toml"]);

    // Another key with the same parameters, for the public plan alone.
    run(folder, "keygen --public-plan public-plan.toml --client-key other.key --server-key other-server.key");
    let other = "decrypt model.silenzio --key other.key --out other.safetensors";
    refuse(folder, other, &["model.silenzio", "belongs to key"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = folder.join("client.key");
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        refuse(folder, "decrypt model.silenzio --out x.safetensors", &["client.key", "chmod 600"]);
    }
}

#[test]
fn options_that_contradict_each_other() {
    let folder = iris("approximate", 6, 6, 3.0);
    for arguments in [
        "keygen",
        "encrypt",
        "keygen plan.toml --public-plan public-plan.toml",
        "encrypt plan.toml --inputs rows.csv",
        "encrypt --inputs rows.csv --test-out test.csv",
        "encrypt --inputs rows.csv --keep-order",
    ] {
        let output = silenzio(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{arguments}: {}", text(&output.stderr));
    }
    refuse(folder.path(), "encrypt plan.toml", &["client.key"]);
    refuse(folder.path(), "keygen --public-plan plan.toml", &["plan.toml", "data"]);
}
