//! Measures what the operations of the approximate backend cost.
//!
//! `cargo run --release -p silenzio-backend-tfhe --example approximate_costs`

use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::BackendError;
use silenzio_core::approximate::parameters::ALL;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, Precision, RealLut};
use std::time::Instant;

/// The number of repetitions of each operation without a bootstrap.
const REPEATED: u32 = 40;

fn main() -> Result<(), BackendError> {
    for parameters in ALL {
        let start = Instant::now();
        let client = ApproximateClientKey::generate(parameters);
        let server = ApproximateServerKey::new(&client)?;
        let (seconds, megabytes) = (start.elapsed().as_secs_f64(), server.size_bytes() / 1_000_000);
        println!("{}: keys of {megabytes} MB in {seconds:.1} s", parameters.name);
        bootstraps(&client, &server)?;
        products(&client, &server)?;
    }
    Ok(())
}

fn bootstraps(client: &ApproximateClientKey, server: &ApproximateServerKey) -> Result<(), BackendError> {
    let cores = rayon::current_num_threads();
    let inputs = server.expand_lwes(&client.encrypt_lwes(&vec![0.1; 32 * cores]))?;
    for precision in Precision::ALL {
        let bare = server.bare_bootstrap(precision);
        println!("  {precision:?} bootstrap of bare TFHE-rs, one after the other: {bare:.2?}");
        let identity = |x: f64| x;
        for outputs in [1, 6] {
            let functions = vec![&identity as &dyn Fn(f64) -> f64; outputs];
            let lut = RealLut::new(server.parameters().table_size(precision), &functions)?;
            let start = Instant::now();
            server.bootstrap(precision, &inputs, &lut)?;
            let milliseconds = start.elapsed().as_secs_f64() * 1e3 * cores as f64 / inputs.len() as f64;
            println!("  {precision:?} bootstrap, {outputs} outputs: {milliseconds:.2} ms of one core");
        }
    }
    Ok(())
}

fn products(client: &ApproximateClientKey, server: &ApproximateServerKey) -> Result<(), BackendError> {
    let size = server.parameters().polynomial_size;
    let values = |count: usize, stride: usize| -> Result<Vec<_>, BackendError> {
        let lwes = server.expand_lwes(&client.encrypt_lwes(&vec![0.1; count]))?;
        Ok(lwes.into_iter().enumerate().map(|(i, lwe)| (i * stride, lwe)).collect())
    };
    for (count, stride) in [(1, 1), (8, 1), (8, size / 8)] {
        let values = values(count, stride)?;
        let values = [values.iter().map(|(place, lwe)| (*place, lwe)).collect()];
        repeat(&format!("packing {count} at stride {stride}"), || server.pack(&values).map(drop))?;
    }
    let values = values(8, 1)?;
    let row = server.pack(&[values.iter().map(|(place, lwe)| (*place, lwe)).collect()])?;
    repeat("automorphism", || server.automorphism_minus_one(&row).map(drop))?;
    let rows = vec![row.clone(); server.parameters().circuit.levels].concat();
    repeat("scheme switch, on all cores", || server.scheme_switch(Precision::Fine, &rows).map(drop))?;
    let (fresh, bootstrapped) = (
        server.expand_ggsw(&client.encrypt_ggsw(&[(0, 3)])?)?,
        server.scheme_switch(Precision::Fine, &rows)?,
    );
    let [fresh, bootstrapped] = [&fresh, &bootstrapped[0]].map(|factor| [vec![(factor, &row[0])]]);
    repeat("external product, fresh", || server.dot_products(&fresh).map(drop))?;
    repeat("external product, circuit-bootstrapped", || server.dot_products(&bootstrapped).map(drop))
}

fn repeat(name: &str, operation: impl Fn() -> Result<(), BackendError>) -> Result<(), BackendError> {
    let start = Instant::now();
    for _ in 0..REPEATED {
        operation()?;
    }
    println!("  {name}: {:.3} ms", start.elapsed().as_secs_f64() * 1e3 / f64::from(REPEATED));
    Ok(())
}
