//! The operations of the approximate backend.

use silenzio_benches::{Approximate, Case, Failure, Server, Suite, sides};
use silenzio_core::BackendError;
use silenzio_core::approximate::parameters::N2048_BLOCKS;
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};

/// The number of operations at once, which are spread over the cores.
const COUNT: usize = 32;

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    cases(suite, &sides::plain_approximate())?;
    cases(suite, &sides::tfhe_approximate(&N2048_BLOCKS)?)
}

fn cases<S: Approximate>(suite: &mut Suite, sides: &S) -> Result<(), Failure> {
    bootstraps(suite, sides)?;
    let server = sides.server();
    let size = server.parameters().polynomial_size;
    let values = sides.encrypt_lwes(&[0.1; 8])?;
    let at_stride = |stride: usize| -> Vec<Vec<_>> {
        vec![values.iter().enumerate().map(|(i, value)| (i * stride, value)).collect(); COUNT]
    };
    let (near, far) = (at_stride(1), at_stride(size / 8));
    let packed = server.pack(&near)?;
    let rows = vec![packed[0].clone(); server.parameters().circuit.levels * COUNT];
    let bootstrapped = server.scheme_switch(Precision::Fine, &rows)?;
    let fresh = sides.encrypt_ggsw(&[(0, 3)])?;
    let fresh: Vec<_> = packed.iter().map(|glwe| vec![(&fresh, glwe)]).collect();
    let pairs: Vec<_> = bootstrapped.iter().zip(&packed).map(|pair| vec![pair]).collect();

    batch(suite, server, "packing", "8 neighbours", || server.pack(&near))?;
    batch(suite, server, "packing", "8 far apart", || server.pack(&far))?;
    batch(suite, server, "inversion", "p(1/X)", || server.automorphism_minus_one(&packed))?;
    batch(suite, server, "scheme_switch", "packed rows", || server.scheme_switch(Precision::Fine, &rows))?;
    batch(suite, server, "external_product", "fresh factor", || server.dot_products(&fresh))?;
    batch(suite, server, "external_product", "circuit-bootstrapped factor", || server.dot_products(&pairs))
}

/// Measures bootstraps of one and of six functions.
fn bootstraps<S: Approximate>(suite: &mut Suite, sides: &S) -> Result<(), Failure> {
    let server = sides.server();
    let (inputs, identity) = (sides.encrypt_lwes(&[0.1; COUNT])?, |x: f64| x);
    for precision in Precision::ALL {
        for (functions, count) in [(1, "one function"), (6, "six functions")] {
            let lut = RealLut::new(
                server.parameters().table_size(precision),
                &vec![&identity as &dyn Fn(f64) -> f64; functions],
            )?;
            let name = format!("{}, {count}", precision.name());
            let case = Case { group: "bootstrap", name: &name, count: COUNT, of: "bootstrap" };
            suite.measure(server, case, || server.bootstrap(precision, &inputs, &lut))?;
        }
    }
    Ok(())
}

/// Runs a batch of operations on all cores.
fn batch<B: ApproximateBackend + Server, T>(
    suite: &mut Suite,
    server: &B,
    group: &'static str,
    name: &str,
    operations: impl Fn() -> Result<Vec<T>, BackendError>,
) -> Result<(), Failure> {
    suite.measure(server, Case { group, name, count: COUNT, of: "operation" }, operations)
}
