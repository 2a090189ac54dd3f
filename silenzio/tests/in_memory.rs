//! A client and a server that share nothing but bytes in memory: cancelling, resuming, inference and what is refused.

#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use silenzio::arrays::{dataset, scaled};
use silenzio::client::{self, Digits, Preprocessing, Samples, SecretKey, Sent};
use silenzio::core::plan::{ApproximatePlan, EnginePlan, ModelPlan, TrainingPlan};
use silenzio::files::{Destination, Source};
use silenzio::server::{Server, SnapshotPolicy, TrainSources, TrainedModel};
use silenzio::{CancelToken, Context, Error, Event, Run, Stage};

struct Setting {
    run: Run,
    preprocessing: Preprocessing,
}

fn setting() -> Setting {
    let inputs = Array2::from_shape_fn((8, 2), |(sample, _)| (sample % 4 / 2) as f32);
    let samples = dataset(inputs, (0..8).map(|sample| sample % 4 / 2).collect()).unwrap();
    let training = TrainingPlan { epochs: 2, batch: 4, learning_rate: 1.0, ..TrainingPlan::default() };
    let engine = EnginePlan::Approximate(ApproximatePlan::default());
    let samples = scaled(samples.clone(), samples).unwrap();
    let preprocessing = Preprocessing {
        source: "in memory".into(),
        classes: samples.train.classes.clone(),
        targets: vec![],
        encoding: samples.encoding,
    };
    let run = Run::new(&ModelPlan { hidden: vec![] }, &training, &engine, samples.train, samples.test);
    Setting { run: run.unwrap(), preprocessing }
}

fn taken(place: &Destination) -> Vec<u8> {
    place.take().unwrap().to_vec()
}

/// Encrypts the training samples, and returns them with the client's record of them.
fn encrypted(Setting { run, preprocessing }: &Setting, key: &SecretKey) -> (Vec<u8>, Sent) {
    let place = Destination::memory("data");
    let digest = client::encrypt(key, &run.plan, Samples::from(&run.train), &place, &Context::new()).unwrap();
    let (plan, preprocessing) = (run.plan.clone(), preprocessing.clone());
    (taken(&place), Sent { key_id: key.name().id, data: digest, plan, preprocessing, others: vec![] })
}

/// A context whose work is cancelled after `steps` steps.
fn cancelled_after(steps: u64) -> Context {
    let token = CancelToken::new();
    let observed = token.clone();
    let observer = move |event: &Event| {
        if let Event::Progress { what: Stage::Training, done, .. } = event
            && *done >= steps
        {
            observed.cancel();
        }
    };
    Context::new().cancelled_by(token).observed_by(observer)
}

#[test]
fn a_training_in_memory_is_cancelled_resumed_and_used() {
    let (setting, context) = (setting(), Context::new());
    let run = &setting.run;
    let key = client::generate_key(&run.plan).unwrap();
    let keys = Destination::memory("keys");
    client::evaluation_key(&key, &context).write(&keys).unwrap();
    let (data, sent) = encrypted(&setting, &key);
    let data = Source::bytes("data", data);
    let server = Server::open(Source::bytes("keys", taken(&keys)), &context).unwrap();

    let sources = TrainSources::new(&data);
    let TrainedModel::Finished { model: undisturbed, steps: 4, .. } =
        server.train(&sources, &context).unwrap()
    else {
        panic!("the training did not finish in four steps");
    };
    let TrainedModel::Stopped { checkpoint: Some(checkpoint), steps_done: 2, steps: 4, .. } =
        server.train(&sources, &cancelled_after(2)).unwrap()
    else {
        panic!("the training was not stopped after two of four steps");
    };
    let checkpoint = Source::bytes("checkpoint", checkpoint);
    let resumed = TrainSources { checkpoint: Some(checkpoint.clone()), ..sources.clone() };
    let TrainedModel::Finished { model, steps: 4, .. } = server.train(&resumed, &context).unwrap() else {
        panic!("the resumed training did not finish");
    };
    assert!(model == undisturbed, "a resumed training ends in other bytes");

    // A training on other samples cannot resume from it, and a model is not a checkpoint.
    let other = Source::bytes("other", encrypted(&setting, &key).0);
    let refused = |data: &Source, from: &Source| {
        let sources = TrainSources { checkpoint: Some(from.clone()), ..TrainSources::new(data) };
        server.train(&sources, &context).unwrap_err()
    };
    let error = refused(&other, &checkpoint);
    assert!(error.to_string().contains("checkpoint"), "{error}");
    let model = Source::bytes("model", model);
    let error = refused(&data, &model);
    assert!(error.to_string().contains("model"), "{error}");

    // There are snapshots from before and after the interruption, and the final model.
    let every_step = SnapshotPolicy { count: 3.try_into().unwrap(), every: Some(1.try_into().unwrap()) };
    let snapshots = Some(every_step);
    let kept = TrainSources { snapshots, ..sources.clone() };
    let steps = |trained: TrainedModel| match trained {
        TrainedModel::Finished { snapshots, model, .. } => {
            assert!(model == undisturbed, "snapshots change the model");
            snapshots
        }
        TrainedModel::Stopped { snapshots, .. } => snapshots,
    };
    let whole = steps(server.train(&kept, &context).unwrap());
    assert_eq!(whole.keys().copied().collect::<Vec<_>>(), [2, 3]);
    let before = steps(server.train(&kept, &cancelled_after(2)).unwrap());
    assert_eq!(before.keys().copied().collect::<Vec<_>>(), [1, 2]);
    let after = steps(server.train(&TrainSources { snapshots, ..resumed }, &context).unwrap());
    assert!(after.keys().eq(&[3]) && (&before[&2], &after[&3]) == (&whole[&2], &whole[&3]));
    let snapshot = Source::bytes("snapshot", whole[&2].clone());
    let decrypted = client::decrypt_model(snapshot.clone(), &key, &sent, Digits::Kept).unwrap();
    assert_eq!(decrypted.origin.steps, 2);

    // Trainings begin with an encrypted and with a public model.
    let public = client::safetensors::to_bytes(&decrypted).unwrap();
    for initial in [snapshot, Source::bytes("public", public)] {
        let from = TrainSources { initial: Some(initial), ..sources.clone() };
        let TrainedModel::Finished { model: later, steps: 4, .. } = server.train(&from, &context).unwrap()
        else {
            panic!("the training did not finish in four steps");
        };
        assert!(later != undisturbed, "it began with random weights");
    }

    // A training on two data sets: both have the same eight samples, which makes sixteen.
    let (more, sent_more) = encrypted(&setting, &key);
    let both =
        TrainSources { data: vec![data.clone(), Source::bytes("more", more)], ..TrainSources::new(&data) };
    let TrainedModel::Finished { model: of_both, steps: 8, .. } = server.train(&both, &context).unwrap()
    else {
        panic!("the training on both did not finish in eight steps");
    };
    let both_sent = sent.followed_by(sent_more.data, run.train.len());
    let of_both = client::decrypt_model(Source::bytes("both", of_both), &key, &both_sent, Digits::Kept);
    assert_eq!(run.test_accuracy(&of_both.unwrap().network), 1.0);
    let twice = TrainSources { data: vec![data.clone(), data.clone()], ..TrainSources::new(&data) };
    let error = server.train(&twice, &context).unwrap_err();
    assert!(error.to_string().contains("given twice"), "{error}");

    let logits = server.infer(model.clone(), data.clone(), &context).unwrap();
    let token = CancelToken::new();
    token.cancel();
    let cancelled = server.infer(model.clone(), data, &Context::new().cancelled_by(token));
    assert!(matches!(cancelled, Err(Error::Cancelled)));
    let logits = client::decrypt_logits(Source::bytes("logits", logits), &key, &sent).unwrap();
    let decrypted = client::decrypt_model(model.clone(), &key, &sent, Digits::Kept).unwrap();
    assert_eq!(logits.dim(), (8, 2));
    assert_eq!(run.test_accuracy(&decrypted.network), 1.0);
    let stranger = client::generate_key(&run.plan).unwrap();
    assert!(client::decrypt_model(model, &stranger, &sent, Digits::Kept).is_err(), "another key");
}
