//! Trains Iris 4-8-3 on ciphertexts with the leveled engine, and says what it cost.
//!
//! `cargo run --release -p silenzio-leveled --example iris -- [EPOCHS]`

use silenzio_backend_tfhe::leveled::{LeveledClientKey, LeveledServerKey};
use silenzio_core::leveled::LeveledBackend;
use silenzio_core::leveled::parameters::N2048;
use silenzio_core::plan::{DataPlan, EnginePlan, Plan, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{EngineClient, EngineError};
use silenzio_leveled::{LeveledEngine, LeveledEngineClient, LeveledNetwork};
use silenzio_nn::data;
use silenzio_nn::metrics::accuracy;
use silenzio_nn::reference::Mlp;
use silenzio_nn::trainer::{self, Schedule};
use std::cell::Cell;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

fn plan(epochs: usize) -> Plan {
    Plan {
        data: DataPlan {
            file: "iris.csv".into(),
            labels: None,
            test_file: None,
            test_labels: None,
            label_column: None,
            header: None,
            test_fraction: 0.2,
            limit: None,
        },
        model: Default::default(),
        training: TrainingPlan { epochs, learning_rate: 0.3, ..TrainingPlan::default() },
        engine: EnginePlan::default(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let epochs = std::env::args().nth(1).map_or(Ok(10), |epochs| epochs.parse())?;
    let Plan { data, model, training, engine: engine_plan } = plan(epochs);
    let seed = Seed(training.seed);
    let split = data::load(&data, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../data"), seed)?;
    let widths =
        [&[split.train.inputs.ncols()], model.hidden.as_slice(), &[split.train.classes.len()]].concat();
    let network = LeveledNetwork::new(&widths, &training, &engine_plan, &N2048)?;

    let start = Instant::now();
    let client_key = LeveledClientKey::generate(&N2048);
    let server_key = LeveledServerKey::new(&client_key);
    println!("keys of {} MB in {:.1} s", server_key.size_bytes() / 1_000_000, start.elapsed().as_secs_f64());
    let bare = server_key.calibrate();
    println!(
        "bare bootstraps with keyswitch, on one core: {:.1?} coarse, {:.1?} fine",
        bare.coarse, bare.fine
    );

    let engine = LeveledEngine::new(&server_key, &network);
    let client = LeveledEngineClient::new(&client_key, &network);
    let encrypt =
        |i: usize| client.encrypt_sample(&split.train.inputs.row(i).to_vec(), split.train.labels[i]);
    let mut weights = trainer::initial_weights(&engine, seed, &widths)?;
    // Time that is the client's, and not part of the training.
    let (mut samples, clients) = (0, Cell::new(Duration::ZERO));
    let start = Instant::now();
    trainer::train(
        &engine,
        &mut weights,
        &Schedule::new(&training, split.train.labels.len()),
        |numbers| {
            let start = Instant::now();
            let encrypted = numbers.iter().map(|&i| encrypt(i)).collect::<Result<Vec<_>, EngineError>>();
            clients.set(clients.get() + start.elapsed());
            encrypted
        },
        |progress, weights| {
            samples += progress.samples;
            let Some(epoch) = progress.completed_epoch else { return Ok(ControlFlow::Continue(())) };
            let watch = Instant::now();
            let decrypted = weights.iter().enumerate().map(|(l, w)| client.decrypt_weights(l, w));
            let model = Mlp {
                weights: decrypted.collect::<Result<_, _>>()?,
                activation_limits: network.activation_limits(),
            };
            let of = |part: &data::Dataset| 100.0 * accuracy(&model.predict(&part.inputs), &part.labels);
            let seconds = start.elapsed().saturating_sub(clients.get()).as_secs_f64();
            println!(
                "epoch {epoch}: training set {:.1}%, test set {:.1}%, {seconds:.0} s",
                of(&split.train),
                of(&split.test)
            );
            clients.set(clients.get() + watch.elapsed());
            Ok::<_, EngineError>(ControlFlow::Continue(()))
        },
    )?;
    let training = start.elapsed().saturating_sub(clients.get());

    let counts = server_key.counts();
    let after = server_key.calibrate();
    let (coarse, fine) = ((bare.coarse + after.coarse) / 2, (bare.fine + after.fine) / 2);
    let core_seconds = training.as_secs_f64() * rayon::current_num_threads() as f64;
    let bare_seconds = counts.coarse_bootstraps as f64 * coarse.as_secs_f64()
        + counts.fine_bootstraps as f64 * fine.as_secs_f64();
    let per_sample = |x: f64| x / samples as f64;
    println!(
        "{samples} samples, each: {:.3} s on {} threads, {:.2} core-seconds, {:.1} bootstraps",
        per_sample(training.as_secs_f64()),
        rayon::current_num_threads(),
        per_sample(core_seconds),
        per_sample(counts.bootstraps() as f64),
    );
    println!("core-seconds over those of bare bootstraps: {:.2}", core_seconds / bare_seconds);
    println!("{counts:?}");
    Ok(())
}
