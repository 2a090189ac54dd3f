//! Files that an earlier version wrote are still read, and decrypt to the same numbers.
//!
//! One small file of each kind and engine is kept in `tests/golden`. A change that breaks one of them breaks the files of
//! all users. It needs a new version (see `docs/formats.md`) and new files:
//!
//! ```text
//! cargo test --release -p silenzio-client --test golden -- --ignored
//! ```
//!
//! Server keys have many megabytes, so that only their headers are kept.

#![allow(clippy::unwrap_used)]

mod common;

use common::preprocessing;
use ndarray::{Array2, array};
use serde::{Deserialize, Serialize};
use silenzio_client::decryption::{Digits, decrypt_logits, decrypt_model};
use silenzio_client::encryption::{Samples, encrypt};
use silenzio_client::{SecretKey, Sent};
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_core::{Target, Task};
use silenzio_data::Targets;
use silenzio_files::{Contents, Destination, FileReader, Header, Kind, Overwrite};
use silenzio_server::{CheckpointPolicy, InferRequest, TrainRequest, infer, train};
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{Parameters, PublicPlan, Trained, open, read_plan, to_toml};
use std::fs::File;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

/// The numbers to which the files decrypt.
#[derive(Serialize, Deserialize)]
struct Expected {
    model: Vec<Array2<f32>>,
    checkpoint: Vec<Array2<f32>>,
    logits: Array2<f32>,
}

fn folder(kind: EngineKind) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(kind.to_string())
}

/// Reads the key without checking its permissions, which a checkout does not keep.
fn key(folder: &Path) -> SecretKey {
    let path = folder.join("client.key");
    let mut file = FileReader::new(File::open(&path).unwrap(), &path, Kind::ClientKey).unwrap();
    SecretKey::read(&mut file).unwrap()
}

fn checkpoint(folder: &Path, key: &SecretKey) -> Vec<Array2<f32>> {
    let opened = open::<Trained>(folder.join("model.silenzio.checkpoint"), Kind::Checkpoint).unwrap();
    let mut file = opened.file;
    assert_eq!(file.header().contents, Contents::Checkpoint { steps: 1 });
    let client = key.client_of(&opened.network).unwrap();
    decode_layers(&mut file, 2, |from, layer| client.decrypt_weights(from, layer)).unwrap()
}

#[test]
fn files_of_earlier_versions_decrypt_to_the_same_numbers() {
    for kind in ENGINES {
        let folder = folder(kind);
        let expected: Expected =
            serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let (key, sent) = (key(&folder), Sent::read(&folder.join("preprocessing.json")).unwrap());
        sent.require_key(key.name()).unwrap();

        let model = decrypt_model(folder.join("model.silenzio"), &key, &sent, Digits::Rounded).unwrap();
        assert_eq!(model.network.weights, expected.model, "{kind}");
        assert_eq!(checkpoint(&folder, &key), expected.checkpoint, "{kind}");
        let logits = decrypt_logits(folder.join("logits.silenzio"), &key, &sent).unwrap();
        assert_eq!(logits, expected.logits, "{kind}");

        assert_eq!(read_plan(&folder.join("public-plan.toml")).unwrap(), sent.plan, "{kind}");
        let mut data = open::<PublicPlan>(folder.join("data.silenzio"), Kind::Data).unwrap();
        assert_eq!((&data.origin, data.file.digest()), (&sent.plan, sent.data), "{kind}");
        data.file.verify_all(|_, _| ()).unwrap();
        let sample =
            key.client_of(&data.network).unwrap().encrypt(&[0.5, 0.25], Some(Target::Class(1))).unwrap();
        assert_eq!(data.file.header().payload.chunk_bytes, sample.len() as u64, "{kind}");
    }
}

#[test]
fn headers_of_server_keys_are_understood() {
    for kind in ENGINES {
        let folder = folder(kind);
        let json = std::fs::read(folder.join("server-key-header.json")).unwrap();
        let header: Header = serde_json::from_slice(&json).unwrap();
        let key = key(&folder);
        assert_eq!(header.contents, Contents::ServerKey);
        assert_eq!(header.key_id, key.name().id);
        let parameters = Parameters::recorded(header.engine, &header.parameters).unwrap();
        assert_eq!(&parameters, &key.name().parameters);
        // The payload is the key id and the keys.
        assert_eq!(header.payload.bytes, 16 + key.evaluation_key_bytes() as u64, "{kind}");
    }
}

#[test]
fn a_result_of_another_plan_than_ones_own_is_refused() {
    for kind in ENGINES {
        let folder = folder(kind);
        let (key, sent) = (key(&folder), Sent::read(&folder.join("preprocessing.json")).unwrap());
        let mut task = sent.plan.task.clone();
        match &mut task.engine {
            EnginePlan::Exact(plan) => plan.range.weights = vec![4.0],
            EnginePlan::Approximate(plan) => plan.range.logits = 12.0,
        }
        // This is as if a server had written another scale into the header of the model.
        let other = Sent { plan: PublicPlan::new(task).unwrap(), ..sent };
        let refused = |result: Result<(), silenzio_client::ClientError>| {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("another section [task.engine]"), "{error}");
        };
        refused(decrypt_model(folder.join("model.silenzio"), &key, &other, Digits::Rounded).map(drop));
        refused(decrypt_logits(folder.join("logits.silenzio"), &key, &other).map(drop));
    }
}

/// Makes all files again.
#[test]
#[ignore = "writes tests/golden"]
fn make() {
    for kind in ENGINES {
        make_engine(kind, &folder(kind));
    }
}

fn make_engine(kind: EngineKind, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let path = |name: &str| folder.join(name);
    let to = |name: &str| Destination::new(path(name), Overwrite::Replace).unwrap();
    let task = Task {
        widths: vec![2, 1, 2],
        samples: 1,
        training: TrainingPlan { epochs: 2, batch: 1, ..TrainingPlan::default() },
        engine: EnginePlan::of(kind),
    };
    let plan = PublicPlan::new(task).unwrap();
    let key = SecretKey::generate(plan.parameters().unwrap());
    key.write(&to("client.key")).unwrap();
    // The server key is too large to keep.
    let elsewhere = tempfile::tempdir().unwrap();
    let server_key = elsewhere.path().join("server.key");
    key.evaluation_key(&|_| ()).write(&Destination::new(&server_key, Overwrite::Refuse).unwrap()).unwrap();
    let header = FileReader::open(&server_key, Kind::ServerKey).unwrap().header().clone();
    std::fs::write(path("server-key-header.json"), serde_json::to_vec(&header).unwrap()).unwrap();

    let inputs = array![[0.25, 0.75]];
    let samples = Samples { inputs: inputs.view(), targets: Some(Targets::Classes(&[1])) };
    let network = plan.network().unwrap();
    let client = key.client_of(&network).unwrap();
    let data = encrypt(client.as_ref(), key.name(), &plan, samples, &to("data.silenzio"), |_| ()).unwrap();
    std::fs::write(path("public-plan.toml"), to_toml(&plan).unwrap()).unwrap();
    let sent = Sent { key_id: key.name().id, data, plan, preprocessing: preprocessing(), others: vec![] };
    std::fs::write(path("preprocessing.json"), sent.to_json().unwrap()).unwrap();

    for name in ["model.silenzio", "model.silenzio.checkpoint"] {
        let _ = std::fs::remove_file(path(name));
    }
    let steps = NonZeroU64::new(1);
    let policy = CheckpointPolicy { steps, interval: None };
    let request = TrainRequest { policy, ..TrainRequest::new(path("data.silenzio"), path("model.silenzio")) };
    train(&server_key, &request, &mut |_| (), &AtomicBool::new(false)).unwrap();
    // A second training stops after the first step, for its checkpoint.
    let stopped = TrainRequest {
        model: path("stopped"),
        checkpoint: Some(path("model.silenzio.checkpoint")),
        ..request
    };
    let stop = AtomicBool::new(false);
    let mut report = |report| {
        stop.store(matches!(report, silenzio_server::Report::Step { .. }), Ordering::Relaxed);
    };
    train(&server_key, &stopped, &mut report, &stop).unwrap();
    let request = InferRequest {
        model: path("model.silenzio"),
        inputs: path("data.silenzio"),
        logits: path("logits.silenzio"),
        force: true,
    };
    infer(&server_key, &request, &mut |_, _| (), &AtomicBool::new(false)).unwrap();

    let model = decrypt_model(path("model.silenzio"), &key, &sent, Digits::Rounded).unwrap();
    let expected = Expected {
        model: model.network.weights,
        checkpoint: checkpoint(folder, &key),
        logits: decrypt_logits(path("logits.silenzio"), &key, &sent).unwrap(),
    };
    std::fs::write(path("expected.json"), serde_json::to_vec_pretty(&expected).unwrap()).unwrap();
}
