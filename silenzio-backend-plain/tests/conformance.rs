//! The plain backend passes the conformance suite, and its shortcuts are exact.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use silenzio_backend_plain::{Faults, PlainBackend, PlainClient, PlainValue};
use silenzio_core::random::Seed;
use silenzio_core::{Backend, Client, Lut, LutCounts, Modulus, conformance};

/// A look-up of b bits costs about 2^b: wide ones are expensive, as in TFHE.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.get())
}

fn moduli() -> Vec<Modulus> {
    [3, 5, 7, 11, 13, 15, 17, 31, 63, 127, 255].map(|m| Modulus::new(m).unwrap()).to_vec()
}

#[test]
fn conforms() {
    conformance::check(&PlainClient, &PlainBackend::new(lut_cost), &moduli()).unwrap();
}

#[test]
fn conforms_with_faults_that_never_happen() {
    let backend = PlainBackend::new(lut_cost).with_faults(Faults::new(0.0, Seed(1)));
    conformance::check(&PlainClient, &backend, &moduli()).unwrap();
}

#[test]
fn faults_happen_as_often_as_asked() {
    let backend = PlainBackend::new(lut_cost).with_faults(Faults::new(0.1, Seed(1)));
    let m = Modulus::new(15).unwrap();
    let inputs = backend.expand(&PlainClient.encrypt(m, &vec![3; 10_000]).unwrap()).unwrap();
    let outputs = backend.lut(&inputs, &Lut::embed(m, m)).unwrap();
    let wrong = PlainClient.decrypt(&outputs).unwrap().into_iter().filter(|&x| x != 3).collect::<Vec<_>>();
    assert!((800..1200).contains(&wrong.len()), "{} faults", wrong.len());
    // 3 + 7 = 10 and 3 + 8 = 11, centred -5 and -4, negated.
    assert!(wrong.iter().all(|x| [5, 4].contains(x)));
}

proptest! {
    #[test]
    fn a_product_at_once_is_the_integer_product(
        m in prop::sample::select(moduli()),
        factor in -8i64..8,
        (a, b, c) in (1usize..5, 1usize..40, 1usize..5),
        seed in any::<u64>(),
    ) {
        let mut stream = Seed(seed).stream(silenzio_core::random::Purpose::Tests, 0, 0);
        let mut random = |shape| Array2::from_shape_simple_fn(shape, || PlainValue::new(m, stream.below(256).into()));
        let (x, w) = (random((a, b)), random((b, c)));
        let backend = PlainBackend::new(lut_cost);
        let replaced = LutCounts::of(m, 5);
        let product = backend.modular_products().unwrap().modular_product(m, factor, x.view(), w.view(), replaced);
        prop_assert_eq!(backend.lut_counts(), replaced);
        for ((i, j), value) in product.indexed_iter() {
            let exact: i64 = (0..b).map(|k| x[(i, k)].signed() * w[(k, j)].signed()).sum();
            prop_assert_eq!(*value, PlainValue::new(m, factor * exact));
        }
    }
}
