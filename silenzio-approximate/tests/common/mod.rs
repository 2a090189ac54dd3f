//! Common code of the tests of steps on the simulator.

use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{PlainApproximateBackend, PlainApproximateClient};
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::approximate::{ApproximateBackend, ApproximateParameters};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineClient, Mode};
use silenzio_data::Dataset;
use silenzio_nn::init::initial_network;
use silenzio_nn::reference::train_reference;
use silenzio_nn::trainer;

/// Parameters with polynomials so large that tables have fine steps.
pub const FINE: ApproximateParameters =
    ApproximateParameters { name: "fine", polynomial_size: 1 << 16, ..N2048 };

/// Takes one step on all samples without noise, and asserts that it takes the number of bootstraps that the network
/// predicts, and changes the weights like the same step in floats.
pub fn check_step_without_noise(
    case: &str,
    data: &Dataset,
    widths: &[usize],
    training: &TrainingPlan,
    network: &ApproximateNetwork,
) {
    let (backend, plain_client) = (PlainApproximateBackend::exact(&FINE), PlainApproximateClient::new(&FINE));
    let engine = ApproximateEngine::new(&backend, network);
    let client = ApproximateEngineClient::new(&plain_client, network);
    let encrypt = |sample: usize| {
        let upload = client.encrypt_sample(&data.inputs.row(sample).to_vec(), data.target(sample)).unwrap();
        engine.expand(&upload, Mode::Train).unwrap()
    };
    let encrypted: Vec<_> = (0..data.len()).map(encrypt).collect();
    let batch: Vec<_> = encrypted.iter().collect();
    let initial = initial_network(Seed(training.seed), widths);
    let float = train_reference(data, &widths[1..widths.len() - 1], training, |_, _| ());
    let mut weights = trainer::initial_weights(&engine, Seed(training.seed), widths).unwrap();
    trainer::train_step(&engine, &mut weights, &batch, 0, 1.0).unwrap();
    assert_eq!(backend.counts().bootstraps, network.bootstraps(1, batch.len() as u64));
    for (layer, weights) in weights.iter().enumerate() {
        let change = client.decrypt_weights(layer, weights).unwrap() - &initial[layer];
        let expected = &float.weights[layer] - &initial[layer];
        let bias = change.nrows() - 1;
        let format = &network.layers()[layer];
        // As a factor, the constant input is rounded to a step.
        let bias_rate = if network.format().layers[layer].gradient_factors.is_inputs() {
            (format.bias_input as f64 * format.input_unit).powi(2)
        } else {
            1.0
        };
        for ((k, j), &expected) in expected.indexed_iter() {
            let expected = f64::from(expected) * if k == bias { bias_rate } else { 1.0 };
            let found = f64::from(change[(k, j)]);
            let close = (found - expected).abs() < 0.003 + 0.03 * expected.abs();
            assert!(close, "{case}, layer {layer} ({k}, {j}): {found:.4} for {expected:.4}");
        }
    }
}
