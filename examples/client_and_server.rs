//! A client and a server in one process, which share nothing but bytes.
//!
//! `cargo run --release -p silenzio-examples --bin client_and_server`

use ndarray::Array2;
use silenzio::arrays::{dataset, scaled};
use silenzio::client::{self, Digits, Preprocessing, Samples, Sent};
use silenzio::core::plan::{ApproximatePlan, EnginePlan, ModelPlan, TrainingPlan};
use silenzio::files::{Destination, Source};
use silenzio::server::{Server, TrainSources, TrainedModel, plan_of};
use silenzio::{Context, Error, Run};

fn main() -> Result<(), Error> {
    let context = Context::new();

    // The client makes samples, a plan, and keys.
    let corner = |sample: usize| (sample % 4 / 2) as f32 * 0.8 + (sample % 2) as f32 * 0.1;
    let inputs = Array2::from_shape_fn((8, 2), |(sample, _)| corner(sample));
    let samples = dataset(inputs, (0..8).map(|sample| sample % 4 / 2).collect())?;
    let model = ModelPlan { hidden: vec![] };
    let training = TrainingPlan { epochs: 3, batch: 4, learning_rate: 2.0, ..TrainingPlan::default() };
    let engine = EnginePlan::Approximate(ApproximatePlan::default());
    let samples = scaled(samples.clone(), samples)?;
    let run = Run::new(&model, &training, &engine, samples.train, samples.test)?;
    let plan = run.plan.clone();
    let key = client::generate_key(&plan)?;
    let (keys, data) = (Destination::memory("server.key"), Destination::memory("data"));
    client::evaluation_key(&key, &context).write(&keys)?;
    let digest = client::encrypt(&key, &plan, Samples::from(&run.train), &data, &context)?;
    let sent = Sent {
        key_id: key.name().id,
        data: digest,
        plan,
        preprocessing: Preprocessing {
            source: "in memory".into(),
            classes: run.train.classes.clone(),
            targets: vec![],
            encoding: samples.encoding,
        },
        others: vec![],
    };

    // The server gets bytes, and returns bytes.
    let [keys, data] = [&keys, &data].map(Destination::take).map(Option::unwrap_or_default);
    println!("the client sends {} bytes of keys and {} bytes of samples", keys.len(), data.len());
    let data = Source::bytes("data", data.as_slice());
    println!("the server is to train a network of widths {:?}", plan_of(&data)?.task.widths);
    let server = Server::open(Source::bytes("keys", keys.as_slice()), &context)?;
    let TrainedModel::Finished { model, steps, .. } = server.train(&TrainSources::new(data), &context)?
    else {
        return Err(Error::Cancelled);
    };
    println!("the server sends {} bytes of a model after {steps} steps", model.len());

    // The client decrypts the model.
    let model = client::decrypt_model(Source::bytes("model", model), &key, &sent, Digits::Rounded)?;
    println!("the model classifies {:.2} of the samples correctly", run.test_accuracy(&model.network));
    Ok(())
}
