//! Measures the cost of look-ups in each size class: the `cost` of the parameter sets.
//!
//! `cargo run --release -p silenzio-backend-tfhe --example costs -- 15 31 63 127 255`

use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Backend, Client, Lut, Modulus};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    for m in std::env::args().skip(1) {
        costs(Modulus::new(m.parse()?)?)?;
    }
    Ok(())
}

fn costs(m: Modulus) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, [m]));
    let server = ServerKey::new(&client)?;
    let (seconds, megabytes) = (start.elapsed().as_secs_f64(), server.size_bytes() / 1_000_000);
    println!("modulus {m}: keys of {megabytes} MB in {seconds:.1} s");

    let bare = server.calibrate(m)?;
    println!("  bare: keyswitch {:.2?}, bootstrap {:.2?}", bare.keyswitch, bare.bootstrap);

    let cores = rayon::current_num_threads();
    let count = (4000.0 / server.lut_cost(m)) as usize / 8 * 8 * cores + 8 * cores;
    let inputs = server.expand(&client.encrypt(m, &vec![1; count])?)?;
    let table = Lut::embed(m, m);
    for tables in [1, 4] {
        let start = Instant::now();
        server.luts(&inputs, &vec![&table; tables])?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3 * cores as f64 / (count * tables) as f64;
        println!("  {count} x {tables}: {milliseconds:.2} ms of one core per look-up");
    }
    Ok(())
}
