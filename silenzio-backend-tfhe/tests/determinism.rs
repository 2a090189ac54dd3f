//! The same inputs and keys give the same bytes, however the work is split.

#![allow(clippy::unwrap_used)]

use rayon::ThreadPoolBuilder;
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
use silenzio_core::approximate::parameters::N2048;
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, Precision, RealLut};
use silenzio_core::plan::SmallKeys;
use silenzio_core::wire::write_all;
use silenzio_core::{Backend, Client, Lut, Modulus};

/// Checks that thread pools of several sizes, which split work into different blocks and batches, compute the same bytes.
fn same_on_all_pools(compute: impl Fn() -> Vec<u8> + Sync) {
    let on = |threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&compute);
    let expected = on(1);
    assert!(!expected.is_empty());
    for threads in [2, 5] {
        assert!(on(threads) == expected, "{threads} threads");
    }
}

#[test]
fn exact_look_ups_and_sums() {
    let [m, n] = [15, 31].map(|m| Modulus::new(m).unwrap());
    let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, [m, n]));
    let server = ServerKey::new(&client).unwrap();
    let seeded = client.encrypt(m, &[-7, -5, -3, -1, 0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    same_on_all_pools(|| {
        let values = server.expand(&seeded).unwrap();
        let outputs = server.luts(&values, &[&Lut::embed(m, n), &Lut::signed(m, n, |x| x * x)]).unwrap();
        let sum = server.sum(n, &vec![outputs[0].clone(); 10].concat()).unwrap();
        let mut bytes = Vec::new();
        write_all(&mut bytes, &outputs.concat()).unwrap();
        write_all(&mut bytes, &[sum]).unwrap();
        bytes
    });
}

#[test]
fn approximate_operations() {
    let client = ApproximateClientKey::generate(&N2048);
    let server = ApproximateServerKey::new(&client).unwrap();
    let lwes = client.encrypt_lwes(&[0.1, -0.2, 0.3, 0.4, 0.0, -0.1, 0.2, -0.3, -0.4, 0.25, 0.15]);
    let factor = client.encrypt_ggsw(&[(0, 3), (7, -2)]).unwrap();
    let lut = RealLut::new(2048, &[&|x| x / 100.0, &|x| -x / 50.0]).unwrap();
    same_on_all_pools(|| {
        let lwes = server.expand_lwes(&lwes).unwrap();
        let outputs = server.bootstrap(Precision::Fine, &lwes, &lut).unwrap().concat();
        let packed = server.pack(&vec![outputs.iter().enumerate().collect(); 3]).unwrap();
        let factor = server.expand_ggsw(&factor).unwrap();
        let products = server.dot_products(&[vec![(&factor, &packed[0])], vec![(&factor, &packed[1]); 30]]);
        let products = products.unwrap();
        let bootstrapped = server
            .scheme_switch(Precision::Fine, &vec![packed[0].clone(); 2 * N2048.circuit.levels])
            .unwrap();
        let bootstrapped = server.dot_products(&[vec![(&bootstrapped[1], &products[1])]]).unwrap();
        let inverted = server.automorphism_minus_one(&products).unwrap();
        let extracted = server.extract(&[(&inverted[0], 5), (&inverted[1], 0)]).unwrap();
        let mut bytes = Vec::new();
        write_all(&mut bytes, &outputs).unwrap();
        write_all(&mut bytes, &[packed, products, bootstrapped, inverted].concat()).unwrap();
        write_all(&mut bytes, &extracted).unwrap();
        bytes
    });
}
