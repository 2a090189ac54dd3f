//! Inference, from files to files.

use crate::common::{Setting, plan, simulate, task};
use silenzio_core::plan::{EngineKind, TrainingPlan};
use silenzio_core::{EngineClient, Mode, StoredClient, StoredEngine, Task};
use silenzio_files::{Contents, FileReader, Kind};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer;
use silenzio_server::{Inferred, ServerError};
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{LocalWork, Opened, Predicted, PublicPlan, Watch, open};

#[test]
fn logits_are_those_of_the_model() {
    let setting = Setting::new(plan(EngineKind::Exact));
    setting.train(&setting.request(), None).unwrap();
    setting.write_data("inputs", 7, false);
    let Inferred::Finished { samples: 7, logits: digest } = setting.infer("inputs", false).unwrap() else {
        panic!("not finished")
    };

    let Opened { mut file, origin, .. } = open::<Predicted>(setting.path("logits"), Kind::Logits).unwrap();
    let digest_of = |name| FileReader::open_any(setting.path(name)).unwrap().digest();
    assert_eq!(file.header().contents, Contents::Logits { samples: 7 });
    assert_eq!(
        (file.digest(), origin.model, origin.inputs),
        (digest, digest_of("model"), digest_of("inputs"))
    );
    simulate(&setting.network, Comparison { setting: &setting, file: &mut file });
}

/// Compares logits from a file with those of the model in memory.
struct Comparison<'a> {
    setting: &'a Setting,
    file: &'a mut FileReader,
}

impl LocalWork for Comparison<'_> {
    type Output = ();

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>)
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let Self { setting, file } = self;
        let found = file.decode(|from| client.read_logits(from, 7)).unwrap();
        let found = client.decrypt_logits(&found).unwrap();
        let mut model = FileReader::open(setting.path("model"), Kind::Model).unwrap();
        let weights =
            decode_layers(&mut model, 2, |from, layer| StoredEngine::read_weights(engine, from, layer))
                .unwrap();
        let prepared = trainer::prepare(engine, &SingleProcess, &weights, Mode::Infer).unwrap();
        let mut inputs = FileReader::open(setting.path("inputs"), Kind::Data).unwrap();
        let mut row = 0;
        for batch in [0..3, 3..6, 6..7] {
            let sample = |i| {
                let upload = inputs.decode_chunk(i, |from| engine.read_upload(from, false)).unwrap();
                engine.expand(&upload, Mode::Train).unwrap()
            };
            let samples: Vec<_> = batch.map(sample).collect();
            let logits = trainer::logits(engine, &prepared, &samples.iter().collect::<Vec<_>>(), 0).unwrap();
            for expected in client.decrypt_logits(&logits).unwrap().rows() {
                assert_eq!(found.row(row), expected);
                row += 1;
            }
        }
        assert_eq!(row, 7);
    }
}

#[test]
fn labelled_inputs_one_input_and_none_at_all() {
    let setting = Setting::new(plan(EngineKind::Approximate));
    setting.train(&setting.request(), None).unwrap();
    for (samples, labelled) in [(5, true), (1, false), (0, false)] {
        setting.write_data("inputs", samples, labelled);
        let found = setting.infer("inputs", true).unwrap();
        assert!(matches!(found, Inferred::Finished { samples: found, .. } if found == samples as u64));
        let file = open::<Predicted>(setting.path("logits"), Kind::Logits).unwrap().file;
        assert_eq!(file.header().contents, Contents::Logits { samples: samples as u64 });
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let setting = Setting::new(plan(EngineKind::Exact));
    setting.train(&setting.request(), None).unwrap();
    std::fs::write(setting.path("logits"), "precious").unwrap();
    let refused = |inputs: &str, force, part: &str| {
        let before = setting.snapshot();
        let error: ServerError = setting.infer(inputs, force).unwrap_err();
        assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
        assert!(setting.snapshot() == before);
    };
    refused("data", false, "exists already");
    refused("model", true, "an encrypted data set is expected");
    let task = task(EngineKind::Exact);
    let longer = Task { training: TrainingPlan { epochs: 9, ..task.training.clone() }, ..task };
    let other = Setting::new(PublicPlan::new(longer).unwrap());
    std::fs::copy(other.path("data"), setting.path("other")).unwrap();
    refused("other", true, "section [task.training]");
    for name in ["data", "model"] {
        let whole = setting.read(name);
        // The last bytes are the digest of the file, which the logits name.
        for place in [whole.len() / 3, whole.len() / 2, whole.len() - 100, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            std::fs::write(setting.path(name), &damaged).unwrap();
            refused("data", true, "damaged");
        }
        std::fs::write(setting.path(name), whole).unwrap();
    }
    setting.infer("data", true).unwrap();
}
