//! The two gadgets on the same small product, on both backends.
//!
//! With the environment variable `SILENZIO_WIDE=1` also modulo 31, for which the published gadget needs 8-bit
//! look-ups: a minute or two of key generation, and about 3 GB of keys.

use criterion::Criterion;
use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_benches::{Failure, bare, criterion, encrypt, keys, matrix, random};
use silenzio_core::plan::Gadget;
use silenzio_core::{Backend, BackendError, Client, LutCounts, Modulus};
use silenzio_rns::gadget::{self, ProductShape};
use std::time::{Duration, Instant};

const GADGETS: [(&str, Gadget); 2] = [("squares", Gadget::Squares), ("karatsuba", Gadget::Karatsuba)];

/// How often the gadgets take turns for the ratio of their times.
const ROUNDS: u32 = 3;

fn main() -> Result<(), Failure> {
    let mut criterion = criterion();
    compare(&mut criterion, Modulus::new(7)?, ProductShape { a: 2, b: 8, c: 2 })?;
    if std::env::var_os("SILENZIO_WIDE").is_some_and(|wide| wide == "1") {
        compare(&mut criterion, Modulus::new(31)?, ProductShape { a: 1, b: 4, c: 1 })?;
    }
    criterion.final_summary();
    Ok(())
}

/// The gadgets on one product modulo `m`.
fn compare(criterion: &mut Criterion, m: Modulus, shape: ProductShape) -> Result<(), Failure> {
    let plain = Product::new(&PlainClient, PlainBackend::default().look_up_by_look_up(), m, shape)?;
    plain.bench(criterion, "plain");
    let luts: LutCounts = GADGETS.iter().map(|&(_, gadget)| gadget::lut_counts(gadget, m, shape)).sum();
    let (client, server) = keys(&luts)?;
    let encrypted = Product::new(&client, server, m, shape)?;
    for (name, gadget) in GADGETS {
        let what = format!("{}, {name}", encrypted.name());
        bare::compare(&what, &encrypted.backend, || Ok(encrypted.compute(gadget)?))?;
    }
    encrypted.print_ratio()?;
    encrypted.bench(criterion, "tfhe");
    Ok(())
}

/// One product on one backend.
struct Product<B: Backend> {
    backend: B,
    m: Modulus,
    shape: ProductShape,
    x: Array2<B::Value>,
    w: Array2<B::Value>,
}

impl<B: Backend> Product<B> {
    fn new<C>(client: &C, backend: B, m: Modulus, shape: ProductShape) -> Result<Self, BackendError>
    where
        C: Client<Value = B::Value, Seeded = B::Seeded>,
    {
        let mut stream = random(1);
        let mut operand =
            |rows, columns| encrypt(client, &backend, m, &matrix(&mut stream, (rows, columns), m.alpha()));
        let (x, w) = (operand(shape.a, shape.b)?, operand(shape.b, shape.c)?);
        Ok(Self { backend, m, shape, x, w })
    }

    fn name(&self) -> String {
        let ProductShape { a, b, c } = self.shape;
        format!("{a} x {b} times {b} x {c} modulo {}", self.m)
    }

    fn compute(&self, gadget: Gadget) -> Result<Array2<B::Value>, BackendError> {
        gadget::modular_product(&self.backend, gadget, self.m, 1, self.x.view(), self.w.view())
    }

    /// How many times longer the published gadget takes: the two take turns, as the machine's speed drifts.
    fn print_ratio(&self) -> Result<(), BackendError> {
        let mut times = [Duration::ZERO; 2];
        for _ in 0..ROUNDS {
            for (time, (_, gadget)) in times.iter_mut().zip(GADGETS) {
                let start = Instant::now();
                self.compute(gadget)?;
                *time += start.elapsed();
            }
        }
        let [squares, karatsuba] = times.map(|time| time / ROUNDS);
        let luts = GADGETS.map(|(_, gadget)| gadget::lut_counts(gadget, self.m, self.shape).total());
        println!(
            "{}: squares {squares:.2?} ({} look-ups), karatsuba {karatsuba:.2?} ({} look-ups): {:.1} times as long",
            self.name(),
            luts[0],
            luts[1],
            karatsuba.as_secs_f64() / squares.as_secs_f64()
        );
        Ok(())
    }

    fn bench(&self, criterion: &mut Criterion, backend: &str) {
        let mut group = criterion.benchmark_group(format!("products/{backend}/{}", self.name()));
        for (name, gadget) in GADGETS {
            group.bench_function(name, |bencher| bencher.iter(|| self.compute(gadget)));
        }
        group.finish();
    }
}
