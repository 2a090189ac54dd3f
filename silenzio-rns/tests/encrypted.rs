//! Products on ciphertexts, compared with the same products on the plain backend.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_backend_tfhe::{ClientKey, KeyPlan, ParameterSet, ServerKey};
use silenzio_core::plan::{Gadget, SmallKeys};
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{Backend, Client, LutCounts, Modulus, Value};
use silenzio_rns::base_choice::{self, Requirements};
use silenzio_rns::gadget::{self, ProductShape};
use silenzio_rns::scaled_product::ScaledProduct;
use silenzio_rns::{ProductKind, ProductName, Residues};
use std::sync::OnceLock;

const SHAPE: ProductShape = ProductShape { a: 2, b: 3, c: 2 };

fn modulus(m: u32) -> Modulus {
    Modulus::new(m).unwrap()
}

fn random(seed: u64) -> Stream {
    Seed(seed).stream(Purpose::Tests, 0, 0)
}

fn matrix(stream: &mut Stream, shape: (usize, usize), alpha: i64) -> Array2<i64> {
    Array2::from_shape_simple_fn(shape, || i64::from(stream.below(2 * alpha as u32 + 1)) - alpha)
}

/// The operands of a product of [`SHAPE`].
fn operands(seed: u64, (alpha_x, alpha_w): (i64, i64)) -> (Array2<i64>, Array2<i64>) {
    let mut stream = random(seed);
    let x = matrix(&mut stream, (SHAPE.a, SHAPE.b), alpha_x);
    (x, matrix(&mut stream, (SHAPE.b, SHAPE.c), alpha_w))
}

fn encrypt<C, B>(client: &C, backend: &B, m: Modulus, xs: &Array2<i64>) -> Array2<Value<C::Types>>
where
    C: Client,
    B: Backend<Types = C::Types>,
{
    let seeded = client.encrypt(m, &xs.iter().copied().collect::<Vec<_>>()).unwrap();
    Array2::from_shape_vec(xs.dim(), backend.expand(&seeded).unwrap()).unwrap()
}

fn decrypt<C: Client>(client: &C, values: Array2<Value<C::Types>>) -> Vec<i64> {
    client.decrypt(&values.into_iter().collect::<Vec<_>>()).unwrap()
}

/// The simulator of the TFHE backend, with the same costs of look-ups.
fn plain_backend() -> PlainBackend {
    PlainBackend::new(|m| ParameterSet::for_modulus(SmallKeys::Blocks, m).cost.total())
}

/// Keys for the size classes of these look-ups.
fn generate_keys(luts: LutCounts) -> (ClientKey, ServerKey) {
    let client = ClientKey::generate(&KeyPlan::for_moduli(
        SmallKeys::Blocks,
        luts.classes().map(|(bits, _)| modulus((1 << bits) - 1)),
    ));
    let server = ServerKey::new(&client).unwrap();
    (client, server)
}

/// Keys for moduli of up to five bits, which all tests share. Each caller counts its own look-ups.
fn keys() -> (&'static ClientKey, ServerKey) {
    static KEYS: OnceLock<(ClientKey, ServerKey)> = OnceLock::new();
    let needed = || LutCounts::of(modulus(15), 1) + LutCounts::of(modulus(31), 1);
    let (client, server) = KEYS.get_or_init(|| generate_keys(needed()));
    (client, server.clone())
}

/// A product of [`SHAPE`] with the given gadget, and the look-ups that it took.
fn gadget_product<C, B>(client: &C, backend: &B, gadget: Gadget, m: Modulus) -> (Vec<i64>, LutCounts)
where
    C: Client,
    B: Backend<Types = C::Types>,
{
    let (x, w) = operands(m.get().into(), (m.alpha(), m.alpha()));
    let (x, w) = (encrypt(client, backend, m, &x), encrypt(client, backend, m, &w));
    let product = gadget::modular_product(backend, gadget, m, 2, x.view(), w.view()).unwrap();
    (decrypt(client, product), backend.lut_counts())
}

/// A product of [`SHAPE`] in a residue number system, scaled with dither.
fn scaled<C, B>(client: &C, backend: &B, product: &ScaledProduct, alphas: (i64, i64)) -> Vec<i64>
where
    C: Client,
    B: Backend<Types = C::Types>,
{
    let (x, w) = operands(5, alphas);
    let residues = |xs: &Array2<i64>| {
        Residues::new(product.moduli().iter().map(|&m| (m, encrypt(client, backend, m, xs))).collect())
    };
    let (x, w) = (residues(&x), residues(&w));
    let results = product.compute(backend, |m| x.modulo(m), |m| w.modulo(m), Some(&mut random(6)), None);
    decrypt(client, results.unwrap())
}

#[test]
fn squares_give_the_plain_integers() {
    let (client, server) = keys();
    for m in [7, 13, 15, 31].map(modulus) {
        let (plain, luts) = gadget_product(&PlainClient, &plain_backend(), Gadget::Squares, m);
        let server = server.clone();
        assert_eq!(gadget_product(client, &server, Gadget::Squares, m), (plain, luts), "modulus {m}");
    }
}

#[test]
fn karatsuba_gives_the_plain_integers() {
    let (client, server) = keys();
    let m = modulus(7);
    let plain = gadget_product(&PlainClient, &plain_backend(), Gadget::Karatsuba, m);
    assert!(plain.1.classes().all(|(bits, _)| bits <= 5), "modulus 7 needs no wide keys: {:?}", plain.1);
    assert_eq!(gadget_product(client, &server, Gadget::Karatsuba, m), plain);
}

/// Key generation takes a minute or two, and keys take about 3 GB.
#[test]
#[ignore = "wide keys take minutes and gigabytes"]
fn karatsuba_gives_the_plain_integers_with_a_five_bit_modulus() {
    let m = modulus(31);
    let plain = gadget_product(&PlainClient, &plain_backend(), Gadget::Karatsuba, m);
    let (client, server) = generate_keys(plain.1);
    assert_eq!(gadget_product(&client, &server, Gadget::Karatsuba, m), plain);
}

#[test]
fn a_scaled_product_gives_the_plain_integers() {
    let (client, server) = keys();
    let (alpha_x, alpha_w) = (15, 7);
    let needs = Requirements {
        shape: SHAPE,
        gadget: Gadget::Squares,
        divisor: 40.0,
        alpha: 7,
        worst_case: SHAPE.b as i64 * alpha_x * alpha_w,
        margin: None,
        consumers: 1,
    };
    let scaling = base_choice::choose(&needs, |m| server.lut_cost(m)).unwrap();
    let name = ProductName { layer: 0, kind: ProductKind::Forward };
    let product = ScaledProduct { name, gadget: needs.gadget, scaling };
    let plain = scaled(&PlainClient, &plain_backend(), &product, (alpha_x, alpha_w));
    assert_eq!(scaled(client, &server, &product, (alpha_x, alpha_w)), plain);
}
