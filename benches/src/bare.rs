//! How much longer an encrypted computation takes than the bare TFHE-rs operations that it consists of.

use crate::Failure;
use silenzio_backend_tfhe::{BareCost, ServerKey};
use silenzio_core::{Backend, LutCounts, Modulus};
use std::time::{Duration, Instant};

/// Runs `work` once and prints its core-seconds beside those of its bootstraps and keyswitches, called straight
/// from TFHE-rs on all cores at once. The machine's speed drifts: these are measured before and after.
///
/// # Errors
/// If `work` fails.
pub fn compare<T>(
    what: &str,
    server: &ServerKey,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let before = calibrate(server)?;
    let counted = || (server.lut_counts(), server.keyswitch_counts());
    let (start, (bootstraps, keyswitches)) = (Instant::now(), counted());
    let result = work()?;
    let elapsed = start.elapsed();
    let (bootstraps, keyswitches) =
        (server.lut_counts() - bootstraps, server.keyswitch_counts() - keyswitches);
    let after = calibrate(server)?;

    let core_seconds = elapsed.as_secs_f64() * rayon::current_num_threads() as f64;
    let seconds = |costs| bare_seconds(costs, &bootstraps, &keyswitches);
    let bare = f64::midpoint(seconds(&before), seconds(&after));
    println!(
        "{what}: {elapsed:.2?}, {} bootstraps, {} keyswitches: {core_seconds:.2} core-seconds, \
         {:.2} times the {bare:.2} of the bare operations",
        bootstraps.total(),
        keyswitches.total(),
        core_seconds / bare
    );
    Ok(result)
}

/// The bare operations of each class: the widest modulus and the costs.
fn calibrate(server: &ServerKey) -> Result<Vec<(u8, BareCost)>, Failure> {
    let of_class = |widest: u8| Ok((widest, server.calibrate(Modulus::new(widest.into())?)?));
    server.parameter_sets().map(|set| of_class(set.widest)).collect()
}

/// The core-seconds of so many bare operations.
fn bare_seconds(costs: &[(u8, BareCost)], bootstraps: &LutCounts, keyswitches: &LutCounts) -> f64 {
    let seconds = |counts: &LutCounts, part: fn(&BareCost) -> Duration| -> f64 {
        let of_class = |bits: u32| costs.iter().find(|(widest, _)| u32::from(*widest) >= (1 << bits) - 1);
        let cost = |bits| of_class(bits).map_or(0.0, |(_, cost)| part(cost).as_secs_f64());
        counts.classes().map(|(bits, count)| count as f64 * cost(bits)).sum()
    };
    seconds(bootstraps, |cost| cost.bootstrap) + seconds(keyswitches, |cost| cost.keyswitch)
}
