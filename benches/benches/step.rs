//! Whole training steps.

use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_benches::network::Network;
use silenzio_benches::{Failure, bare, criterion, keys};
use silenzio_core::Backend;

fn main() -> Result<(), Failure> {
    let mut criterion = criterion();
    let mut group = criterion.benchmark_group("step");

    let backend = PlainBackend::default();
    let iris = Network::new(&[4, 8, 3], 8, &backend)?;
    let start = iris.start(&PlainClient, &backend)?;
    for (name, backend) in
        [("at once", backend), ("look-up by look-up", PlainBackend::default().look_up_by_look_up())]
    {
        group.bench_function(format!("plain/4-8-3, batch 8/{name}"), |bencher| {
            bencher.iter(|| iris.step(&backend, &start));
        });
    }

    let backend = PlainBackend::default();
    let tiny = Network::new(&[2, 2, 2], 2, &backend)?;
    tiny.step(&backend, &tiny.start(&PlainClient, &backend)?)?;
    let (client, server) = keys(&backend.lut_counts())?;
    let start = tiny.start(&client, &server)?;
    bare::compare("step of 2-2-2, batch 2", &server, || tiny.step(&server, &start))?;
    group.bench_function("tfhe/2-2-2, batch 2", |bencher| bencher.iter(|| tiny.step(&server, &start)));
    group.finish();
    criterion.final_summary();
    Ok(())
}
