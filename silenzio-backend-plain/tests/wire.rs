//! Values that are sent between client and server survive the round trip.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use silenzio_backend_plain::approximate::{
    PlainApproximateBackend, PlainApproximateClient, PlainGlwe, PlainLwe, PlainLwes,
};
use silenzio_backend_plain::{PlainClient, PlainValue};
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient};
use silenzio_core::conformance::check_wire;
use silenzio_core::random::Seed;
use silenzio_core::{Client, Modulus, wire};

fn modulus() -> impl Strategy<Value = Modulus> {
    (1u32..128).prop_map(|half| Modulus::new(2 * half + 1).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn values(m in modulus(), xs in prop::collection::vec(-127i64..128, 1..50)) {
        let values = PlainClient.encrypt(m, &xs).unwrap();
        prop_assert_eq!(&check_wire(&values, &(m, xs.len())).unwrap(), &values);
        let value = PlainValue::new(m, xs[0]);
        prop_assert_eq!(check_wire(&value, &m).unwrap(), value);
        prop_assert!(wire::from_bytes::<_, PlainValue>(&[m.get()], &m).is_err(), "a residue is below its modulus");
    }

    #[test]
    fn torus_elements(xs in prop::collection::vec(-0.5f64..0.5, 1..20)) {
        let lwes = PlainApproximateClient::new(&N2048).encrypt_lwes(&xs);
        prop_assert_eq!(&check_wire(&lwes, &(N2048, xs.len())).unwrap(), &lwes);
        let lwe = PlainApproximateBackend::exact(&N2048).trivial_lwe(xs[0]);
        prop_assert_eq!(check_wire(&lwe, &N2048).unwrap(), lwe);
    }

    #[test]
    fn polynomials(xs in prop::collection::vec(-0.01f64..0.01, 1..8), log_stride in 0usize..8, seed in any::<u64>()) {
        let (backend, client) =
            (PlainApproximateBackend::new(&N2048, Seed(seed)), PlainApproximateClient::new(&N2048));
        let check = |glwe: PlainGlwe| assert_eq!(check_wire(&glwe, &N2048).unwrap(), glwe);
        let values: Vec<_> =
            xs.iter().map(|&x| backend.trivial_lwe(x)).collect();
        let places = values.iter().enumerate().map(|(i, lwe)| (i << log_stride, lwe)).collect();
        let packed = backend.pack(&[places]).unwrap().remove(0);
        let factor = client.encrypt_ggsw(&[(0, 3), (7, -5)]).unwrap();
        let factor = backend.expand_ggsw(&factor).unwrap();
        check(backend.dot_products(&[vec![(&factor, &packed)]]).unwrap().remove(0));
        check(packed);
        check(backend.trivial_glwe(&xs));
    }

    #[test]
    fn factors(terms in prop::collection::btree_map(0..N2048.polynomial_size, -300i64..300, 0..20)) {
        let terms: Vec<_> = terms.into_iter().collect();
        let factor = PlainApproximateClient::new(&N2048).encrypt_ggsw(&terms).unwrap();
        prop_assert_eq!(&check_wire(&factor, &N2048).unwrap(), &factor);
    }
}

#[test]
fn numbers_that_are_no_torus_elements_are_refused() {
    for stray in [f64::NAN, f64::INFINITY] {
        let bytes = [stray.to_le_bytes(), [0; 8]].concat();
        assert!(wire::from_bytes::<_, PlainLwe>(&bytes, &N2048).is_err());
        assert!(wire::from_bytes::<_, PlainLwes>(&bytes, &(N2048, 1)).is_err());
    }
    let mut bytes = wire::to_bytes(&PlainApproximateBackend::exact(&N2048).trivial_glwe(&[0.1])).unwrap();
    let length = bytes.len();
    bytes[length - 8..length - 4].copy_from_slice(&64_u32.to_le_bytes());
    assert!(wire::from_bytes::<_, PlainGlwe>(&bytes, &N2048).is_err(), "no stride is that large");
}
