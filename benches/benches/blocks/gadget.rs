//! Both gadgets on the same product.

use silenzio_benches::operands::{matrix, random};
use silenzio_benches::{Case, Exact, Failure, Suite, sides};
use silenzio_core::Modulus;
use silenzio_core::plan::Gadget;
use silenzio_rns::gadget::{ProductShape, modular_product};

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    // Modulo 31 the published gadget needs look-ups of eight bits.
    for (m, keys, shape) in [
        (7, &[7, 63][..], ProductShape { a: 2, b: 8, c: 2 }),
        (31, &[31, 63, 255], ProductShape { a: 1, b: 4, c: 1 }),
    ] {
        cases(suite, &sides::plain(), m, shape)?;
        cases(suite, &sides::tfhe(keys)?, m, shape)?;
    }
    Ok(())
}

fn cases<S: Exact>(suite: &mut Suite, sides: &S, m: u32, shape: ProductShape) -> Result<(), Failure> {
    let (m, mut stream, ProductShape { a, b, c }) = (Modulus::new(m)?, random(1), shape);
    let x = sides.encrypt_matrix(m, &matrix(&mut stream, (a, b), m.alpha()))?;
    let w = sides.encrypt_matrix(m, &matrix(&mut stream, (b, c), m.alpha()))?;
    for (gadget_name, gadget) in [("squares", Gadget::Squares), ("karatsuba", Gadget::Karatsuba)] {
        let name = format!("{gadget_name}, {a}x{b} times {b}x{c} modulo {m}");
        let count = shape.multiplications() as usize;
        let case = Case { group: "gadget", name: &name, count, of: "multiplication" };
        suite.measure(sides.server(), case, || {
            modular_product(sides.server(), gadget, m, 1, x.view(), w.view())
        })?;
    }
    Ok(())
}
