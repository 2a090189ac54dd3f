//! What the benchmarks share: keys, random operands, and comparisons with the bare TFHE-rs operations.
//!
//! `cargo bench -p silenzio-benches --bench products` runs one file of them.

pub mod bare;
pub mod network;

use criterion::Criterion;
use ndarray::Array2;
use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{Backend, BackendError, Client, LutCounts, Modulus};
use std::error::Error;
use std::time::Duration;

/// How a benchmark can fail.
pub type Failure = Box<dyn Error>;

/// Criterion with few samples: an encrypted operation takes seconds, and varies little.
pub fn criterion() -> Criterion {
    let [warm_up, measurement] = [1, 3].map(Duration::from_secs);
    let short = Criterion::default().sample_size(10).warm_up_time(warm_up).measurement_time(measurement);
    short.configure_from_args()
}

/// Keys for the size classes of these look-ups, and a line about them.
///
/// # Errors
/// None for counts of look-ups that exist.
pub fn keys(luts: &LutCounts) -> Result<(ClientKey, ServerKey), Failure> {
    let widest: Vec<Modulus> =
        luts.classes().map(|(bits, _)| Modulus::new((1 << bits) - 1)).collect::<Result<_, _>>()?;
    let client = ClientKey::generate(&KeyPlan::for_moduli(widest));
    let server = ServerKey::new(&client);
    println!("keys for {luts}: {} MB", server.size_bytes() / 1_000_000, luts = classes(luts));
    Ok((client, server))
}

fn classes(luts: &LutCounts) -> String {
    let classes: Vec<String> = luts.classes().map(|(bits, _)| bits.to_string()).collect();
    format!("look-ups of {} bits", classes.join(", "))
}

/// A stream of test values.
pub fn random(seed: u64) -> Stream {
    Seed(seed).stream(Purpose::Tests, 0, 0)
}

/// A random matrix of integers in `-alpha ..= alpha`.
pub fn matrix(stream: &mut Stream, shape: (usize, usize), alpha: i64) -> Array2<i64> {
    let levels = u32::try_from(2 * alpha + 1).unwrap_or(u32::MAX);
    Array2::from_shape_simple_fn(shape, || i64::from(stream.below(levels)) - alpha)
}

/// A matrix, encrypted modulo `m` and made ready for computing.
///
/// # Errors
/// As [`Client::encrypt`] and [`Backend::expand`].
pub fn encrypt<C, B>(
    client: &C,
    backend: &B,
    m: Modulus,
    xs: &Array2<i64>,
) -> Result<Array2<C::Value>, BackendError>
where
    C: Client,
    B: Backend<Value = C::Value, Seeded = C::Seeded>,
{
    let seeded = client.encrypt(m, &xs.iter().copied().collect::<Vec<_>>())?;
    Array2::from_shape_vec(xs.dim(), backend.expand(&seeded)?)
        .map_err(|error| BackendError::WrongShape(error.to_string()))
}
