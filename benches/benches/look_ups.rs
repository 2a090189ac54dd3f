//! Look-ups by size class: TFHE beside the bare operations of TFHE-rs, and the plain backend.

use criterion::{Criterion, Throughput};
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_benches::{Failure, bare, criterion, keys};
use silenzio_core::{Backend, Client, Lut, LutCounts, Modulus};

/// Inputs of one call.
const BATCH: usize = 16;

fn main() -> Result<(), Failure> {
    let mut criterion = criterion();
    for m in [15, 31] {
        let m = Modulus::new(m)?;
        let (client, server) = keys(&LutCounts::of(m, 1))?;
        let cost = server.calibrate(m)?;
        println!("bare, modulus {m}: bootstrap {:.2?}, keyswitch {:.2?}", cost.bootstrap, cost.keyswitch);
        let inputs = server.expand(&client.encrypt(m, &[1; BATCH])?)?;
        let table = Lut::embed(m, m);
        bare::compare(&format!("{BATCH} look-ups, modulus {m}"), &server, || {
            Ok(server.lut(&inputs, &table)?)
        })?;
        bench(&mut criterion, "tfhe", &client, &server, m)?;
        bench(&mut criterion, "plain", &PlainClient, &PlainBackend::default(), m)?;
    }
    criterion.final_summary();
    Ok(())
}

/// One and four tables on a batch.
fn bench<C, B>(
    criterion: &mut Criterion,
    name: &str,
    client: &C,
    backend: &B,
    m: Modulus,
) -> Result<(), Failure>
where
    C: Client,
    B: Backend<Value = C::Value, Seeded = C::Seeded>,
{
    let inputs = backend.expand(&client.encrypt(m, &[1; BATCH])?)?;
    let table = Lut::embed(m, m);
    let mut group = criterion.benchmark_group(format!("look_ups/{name}/modulus {m}"));
    for tables in [1, 4] {
        group.throughput(Throughput::Elements((BATCH * tables) as u64));
        group.bench_function(format!("{BATCH} inputs, {tables} tables"), |bencher| {
            bencher.iter(|| backend.luts(&inputs, &vec![&table; tables]));
        });
    }
    group.finish();
    Ok(())
}
