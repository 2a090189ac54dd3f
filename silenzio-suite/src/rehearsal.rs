//! Both sides on ciphertexts in one process, with keys made on the spot.

use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::observation::{Operations, approximate_operations, exact_operations};
use crate::suite::{ClientSuite, Each, Suite};
use crate::{LocalWork, Network, Watch};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_backend_tfhe::{BareCost, ClientKey, ServerKey};
use silenzio_core::approximate::{ApproximateBackend, Precision};
use silenzio_core::{Backend, BackendError, EngineError, LutCounts, Modulus};
use silenzio_rns::ExactNetwork;
use std::time::{Duration, Instant};

/// The cost of a rehearsal: what was done besides its work, and the parts of the work.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RehearsalCost {
    /// The time of key generation, in seconds.
    pub key_seconds: f64,
    /// The size of the server key in memory.
    pub key_bytes: usize,
    /// The operations of the work.
    pub operations: Operations,
    /// The bare TFHE-rs operations, measured in this run.
    pub bare: Vec<BareBootstrap>,
    /// The core-seconds that the bare operations of the work would take.
    pub bare_core_seconds: f64,
    /// The core-seconds of each phase of the work.
    pub phases: Vec<Phase>,
}

/// The time that all threads together spent in a phase of a computation on ciphertexts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Phase {
    /// The name: "keyswitch", "rotation", "shrinking", "packing", "lifting", "products", or "rest" for everything else.
    pub phase: String,
    /// The time of all threads together, in seconds.
    pub core_seconds: f64,
}

fn phases(times: Vec<(&'static str, Duration)>) -> Vec<Phase> {
    let phase =
        |(phase, time): (&str, Duration)| Phase { phase: phase.into(), core_seconds: time.as_secs_f64() };
    times.into_iter().map(phase).collect()
}

/// The times of a bare TFHE-rs bootstrap and keyswitch of a class.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BareBootstrap {
    /// The class, such as "4-bit" or "coarse".
    pub class: String,
    /// The time of a keyswitch on one core, in milliseconds; zero if it is counted with the bootstrap.
    pub keyswitch_ms: f64,
    /// The time of a bootstrap on one core, in milliseconds.
    pub bootstrap_ms: f64,
}

/// Generates keys, does the work on ciphertexts, and measures bare operations before and after it.
///
/// # Errors
/// If there are no keys for the network.
pub fn rehearse<W: LocalWork>(network: &Network, work: W) -> Result<(W::Output, RehearsalCost), EngineError> {
    match &network.0 {
        Each::Exact(network) => rehearse_exact(network, work),
        Each::Approximate(network) => rehearse_approximate(network, work),
    }
}

/// Generates keys, and does the work on ciphertexts without measurements. Returns its operations with its output.
///
/// # Errors
/// If there are no keys for the network.
pub fn on_ciphertexts<W: LocalWork>(
    network: &Network,
    work: W,
) -> Result<(W::Output, Operations), EngineError> {
    match &network.0 {
        Each::Exact(network) => {
            let keys = exact_keys(network)?;
            Ok((run_exact(network, &keys, work), exact_operations(&keys.1.lut_counts())))
        }
        Each::Approximate(network) => {
            let keys = approximate_keys(network)?;
            Ok((run_approximate(network, &keys, work), approximate_operations(&keys.1.counts())))
        }
    }
}

fn exact_keys(network: &ExactNetwork) -> Result<(ClientKey, ServerKey), EngineError> {
    let client_key = Exact::generate(&Exact::parameters(network)?);
    let server_key = ServerKey::new(&client_key)?;
    Ok((client_key, server_key))
}

fn approximate_keys(
    network: &ApproximateNetwork,
) -> Result<(ApproximateClientKey, ApproximateServerKey), EngineError> {
    let client_key = Approximate::generate(&network.parameters());
    let server_key = ApproximateServerKey::new(&client_key)?;
    Ok((client_key, server_key))
}

fn run_exact<W: LocalWork>(
    network: &ExactNetwork,
    (client_key, server_key): &(ClientKey, ServerKey),
    work: W,
) -> W::Output {
    let done = || server_key.lut_counts().total();
    let engine = Exact::engine(network, server_key);
    work.run(&engine, &Exact::client(network, client_key), Watch::new(&done))
}

fn run_approximate<W: LocalWork>(
    network: &ApproximateNetwork,
    (client_key, server_key): &(ApproximateClientKey, ApproximateServerKey),
    work: W,
) -> W::Output {
    let done = || server_key.counts().bootstraps.total();
    let engine = Approximate::engine(network, server_key);
    work.run(&engine, &Approximate::client(network, client_key), Watch::new(&done))
}

fn rehearse_exact<W: LocalWork>(
    network: &ExactNetwork,
    work: W,
) -> Result<(W::Output, RehearsalCost), EngineError> {
    let start = Instant::now();
    let keys = exact_keys(network)?;
    let key_seconds = start.elapsed().as_secs_f64();
    let server_key = &keys.1;
    let before = bare_classes(server_key)?;
    let output = run_exact(network, &keys, work);
    let (bootstraps, keyswitches) = (server_key.lut_counts(), server_key.keyswitch_counts());
    let phases = phases(server_key.phases());
    let bare = mean(before, bare_classes(server_key)?);
    let cost = RehearsalCost {
        key_seconds,
        key_bytes: server_key.size_bytes(),
        operations: exact_operations(&bootstraps),
        bare_core_seconds: bare_class_seconds(&bare, &bootstraps, &keyswitches),
        bare,
        phases,
    };
    Ok((output, cost))
}

fn rehearse_approximate<W: LocalWork>(
    network: &ApproximateNetwork,
    work: W,
) -> Result<(W::Output, RehearsalCost), EngineError> {
    let start = Instant::now();
    let keys = approximate_keys(network)?;
    let key_seconds = start.elapsed().as_secs_f64();
    let server_key = &keys.1;
    let before = bare_precisions(server_key);
    let output = run_approximate(network, &keys, work);
    let operations = approximate_operations(&server_key.counts());
    let phases = phases(server_key.phases());
    let bare = mean(before, bare_precisions(server_key));
    let milliseconds: f64 = bare
        .iter()
        .map(|bare| operations.bootstraps.get(&bare.class).map_or(0.0, |&n| n as f64 * bare.bootstrap_ms))
        .sum();
    let cost = RehearsalCost {
        key_seconds,
        key_bytes: server_key.size_bytes(),
        operations,
        bare,
        bare_core_seconds: milliseconds / 1000.0,
        phases,
    };
    Ok((output, cost))
}

fn bare_classes(server_key: &ServerKey) -> Result<Vec<BareBootstrap>, EngineError> {
    let of_class = |widest: u8| {
        let m = Modulus::new(widest.into()).map_err(BackendError::from)?;
        let BareCost { keyswitch, bootstrap } = server_key.calibrate(m)?;
        Ok(BareBootstrap {
            class: format!("{}-bit", m.bits()),
            keyswitch_ms: milliseconds(keyswitch),
            bootstrap_ms: milliseconds(bootstrap),
        })
    };
    server_key.parameter_sets().map(|set| of_class(set.widest)).collect()
}

/// Measures bare bootstraps to all precisions, keyswitches included.
fn bare_precisions(server_key: &ApproximateServerKey) -> Vec<BareBootstrap> {
    let bare = |precision: Precision| BareBootstrap {
        class: precision.name().into(),
        keyswitch_ms: 0.0,
        bootstrap_ms: milliseconds(server_key.bare_bootstrap(precision)),
    };
    Precision::ALL.map(bare).into()
}

fn milliseconds(duration: Duration) -> f64 {
    1000.0 * duration.as_secs_f64()
}

/// The means of the measurements before and after the work, since the machine's speed drifts.
fn mean(before: Vec<BareBootstrap>, after: Vec<BareBootstrap>) -> Vec<BareBootstrap> {
    let mean = |(a, b): (BareBootstrap, BareBootstrap)| BareBootstrap {
        class: a.class,
        keyswitch_ms: f64::midpoint(a.keyswitch_ms, b.keyswitch_ms),
        bootstrap_ms: f64::midpoint(a.bootstrap_ms, b.bootstrap_ms),
    };
    before.into_iter().zip(after).map(mean).collect()
}

/// The core-seconds of these numbers of bare operations. A class also serves narrower classes that have no keys.
fn bare_class_seconds(bare: &[BareBootstrap], bootstraps: &LutCounts, keyswitches: &LutCounts) -> f64 {
    let class_bits = |class: &BareBootstrap| class.class.trim_end_matches("-bit").parse().unwrap_or(0);
    let of_class = |bits: u32| bare.iter().find(|class| class_bits(class) >= bits);
    let milliseconds = |counts: &LutCounts, cost: fn(&BareBootstrap) -> f64| -> f64 {
        counts.classes().map(|(bits, count)| count as f64 * of_class(bits).map_or(0.0, cost)).sum()
    };
    (milliseconds(bootstraps, |class| class.bootstrap_ms)
        + milliseconds(keyswitches, |class| class.keyswitch_ms))
        / 1000.0
}
