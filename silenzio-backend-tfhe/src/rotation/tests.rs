//! Rotations against schoolbook arithmetic, against TFHE-rs, and their noise against the formulas.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::keys::binary_key;
use crate::torus::Torus;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rayon::ThreadPoolBuilder;
use silenzio_core::noise::GadgetShape;
use silenzio_core::wire::Wire;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, DecompositionBaseLog, GlweSecretKey, GlweSize, LweBootstrapKey, PlaintextCount,
    PlaintextList, PolynomialSize, decrypt_glwe_ciphertext,
};
use zeroize::Zeroizing;

const fn parameters(
    lwe_dimension: usize,
    block: usize,
    (glwe_dimension, polynomial_size): (usize, usize),
    (base_log, levels): (usize, usize),
) -> RotationParameters {
    RotationParameters {
        lwe_dimension,
        block,
        glwe_dimension,
        polynomial_size,
        gadget: GadgetShape { base_log, levels },
    }
}

/// Pseudorandom numbers.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat());
    move || random.next_u64()
}

/// `to += p q` modulo X^N + 1.
fn add_product(to: &mut [u64], p: &[u64], q: &[u64]) {
    let size = to.len();
    for (i, &p) in p.iter().enumerate().filter(|(_, p)| **p != 0) {
        for (j, &q) in q.iter().enumerate() {
            let (place, product) = ((i + j) % size, p.wrapping_mul(q));
            let product = if i + j < size { product } else { product.wrapping_neg() };
            to[place] = to[place].wrapping_add(product);
        }
    }
}

/// `p X^degree`.
fn rotated(p: &[u64], degree: usize) -> Vec<u64> {
    let mut monomial = vec![0; p.len()];
    let degree = degree % (2 * p.len());
    monomial[degree % p.len()] = if degree < p.len() { 1 } else { u64::MAX };
    let mut product = vec![0; p.len()];
    add_product(&mut product, &monomial, p);
    product
}

/// The digits of a polynomial, the least significant first, by the recursive definition; at odd places those of its
/// negative, negated.
fn digits(polynomial: &[u64], GadgetShape { base_log, levels }: GadgetShape) -> Vec<Vec<u64>> {
    let dropped = 64 - base_log * levels;
    let signed = |place: usize, x: u64| if place.is_multiple_of(2) { x } else { x.wrapping_neg() };
    let places = || polynomial.iter().enumerate();
    let mut rest: Vec<u64> =
        places().map(|(i, &x)| signed(i, x).wrapping_add(1 << (dropped - 1)) >> dropped).collect();
    let level = |_| {
        rest.iter_mut()
            .enumerate()
            .map(|(i, rest)| {
                let half = 1 << (base_log - 1);
                let digit = ((*rest + half) & ((1 << base_log) - 1)).wrapping_sub(half);
                *rest = rest.wrapping_sub(digit) >> base_log;
                signed(i, digit)
            })
            .collect()
    };
    (0..levels).map(level).collect()
}

/// A key of random elements, which need not encrypt anything: a polynomial for each bit, row and column.
fn random_elements(parameters: &RotationParameters, random: &mut impl FnMut() -> u64) -> Vec<u64> {
    let polynomials = parameters.lwe_dimension * parameters.rows() * parameters.columns();
    (0..polynomials * parameters.polynomial_size).map(|_| random()).collect()
}

fn key_of(parameters: RotationParameters, elements: Vec<u64>) -> RotationKey {
    let standard = LweBootstrapKey::from_container(
        elements,
        GlweSize(parameters.columns()),
        PolynomialSize(parameters.polynomial_size),
        DecompositionBaseLog(parameters.gadget.base_log),
        tfhe::core_crypto::prelude::DecompositionLevelCount(parameters.gadget.levels),
        CiphertextModulus::new_native(),
    );
    RotationKey::from_standard(parameters, std::iter::once(standard)).unwrap()
}

/// The rotation in exact arithmetic.
fn schoolbook(parameters: &RotationParameters, elements: &[u64], job: &RotationJob<'_>) -> Vec<u64> {
    let size = parameters.polynomial_size;
    let (&body, mask) = job.exponents.split_last().unwrap();
    let mut accumulator = vec![0; parameters.output_dimension()];
    accumulator.extend(rotated(job.table, 2 * size - body as usize));
    let ggsw = size * parameters.rows() * parameters.columns();
    let blocks = elements.chunks_exact(ggsw * parameters.block).zip(mask.chunks_exact(parameters.block));
    for (ggsws, exponents) in blocks {
        let by_polynomial: Vec<_> =
            accumulator.chunks_exact(size).map(|p| digits(p, parameters.gadget)).collect();
        for (ggsw, &exponent) in ggsws.chunks_exact(ggsw).zip(exponents) {
            let mut product = vec![0; accumulator.len()];
            for (r, row) in ggsw.chunks_exact(size * parameters.columns()).enumerate() {
                let digits = &by_polynomial[r % parameters.columns()][r / parameters.columns()];
                for (to, column) in product.chunks_exact_mut(size).zip(row.chunks_exact(size)) {
                    add_product(to, digits, column);
                }
            }
            for (to, product) in accumulator.chunks_exact_mut(size).zip(product.chunks_exact(size)) {
                for ((to, &moved), &product) in
                    to.iter_mut().zip(&rotated(product, exponent as usize)).zip(product)
                {
                    *to = to.wrapping_add(moved).wrapping_sub(product);
                }
            }
        }
    }
    accumulator
}

fn largest_difference(a: &[u64], b: &[u64]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| Torus(a).distance(Torus(b)).abs()).fold(0.0, f64::max)
}

fn random_exponents(parameters: &RotationParameters, random: &mut impl FnMut() -> u64) -> Vec<u32> {
    (0..=parameters.lwe_dimension).map(|_| (random() % parameters.steps() as u64) as u32).collect()
}

/// Parameters with a single block, since the rounding errors of a first block would change the digits of a second one.
fn one_block() -> impl Strategy<Value = RotationParameters> {
    let shapes = prop::sample::select(vec![
        (1, 23, 1),
        (1, 15, 2),
        (1, 9, 3),
        (1, 9, 4),
        (1, 8, 5),
        (2, 23, 1),
        (2, 15, 2),
        (2, 10, 3),
    ]);
    (4u32..9, 0u32..3, shapes).prop_map(|(log_size, log_block, (k, base_log, levels))| {
        parameters(1 << log_block, 1 << log_block, (k, 1 << log_size), (base_log, levels))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_block_is_what_exact_arithmetic_says(parameters in one_block(), seed in any::<u64>()) {
        let mut random = numbers(seed);
        let elements = random_elements(&parameters, &mut random);
        let key = key_of(parameters, elements.clone());
        let tables: Vec<Vec<u64>> =
            (0..3).map(|_| (0..parameters.polynomial_size).map(|_| random()).collect()).collect();
        let exponents: Vec<_> = tables.iter().map(|_| random_exponents(&parameters, &mut random)).collect();
        let jobs: Vec<_> =
            tables.iter().zip(&exponents).map(|(table, exponents)| RotationJob { exponents, table }).collect();
        // The rounding error of a sum of products of digits and fractions in 53 bits.
        let terms = (parameters.rows() * parameters.polynomial_size * parameters.block) as f64;
        let limit = parameters.gadget.base() * terms.sqrt() * (-53f64).exp2() * 4.0;
        for lanes in Lanes::available() {
            for (job, found) in jobs.iter().zip(key.rotate_in(lanes, &jobs).unwrap()) {
                let expected = schoolbook(&parameters, &elements, job);
                let difference = largest_difference(&expected, found.coefficients());
                prop_assert!(difference <= limit, "2^{} above 2^{}", difference.log2(), limit.log2());
            }
        }
    }
}

/// The FNV-1a hash of all coefficients.
fn hash(accumulators: &[Accumulator]) -> u64 {
    let bytes = accumulators.iter().flat_map(Accumulator::coefficients).flat_map(|x| x.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn all_processors_instruction_sets_and_threads_come_to_the_same_bits() {
    let cases = [((1, 2048), (8, 5)), ((1, 2048), (23, 1)), ((2, 1024), (15, 2)), ((1, 512), (9, 3))];
    let found = cases.map(|(ring, gadget)| {
        let parameters = parameters(16, 4, ring, gadget);
        let mut random = numbers(1);
        let key = key_of(parameters, random_elements(&parameters, &mut random));
        let table: Vec<u64> = (0..parameters.polynomial_size).map(|_| random()).collect();
        let exponents: Vec<_> = (0..11).map(|_| random_exponents(&parameters, &mut random)).collect();
        let jobs: Vec<_> =
            exponents.iter().map(|exponents| RotationJob { exponents, table: &table }).collect();
        let expected = key.rotate_in(Lanes::widest(), &jobs).unwrap();
        for lanes in Lanes::available() {
            assert!(key.rotate_in(lanes, &jobs).unwrap() == expected, "{} lanes", lanes.count());
        }
        for threads in [1, 2, 5] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| key.rotate(&jobs)).unwrap() == expected, "{threads} threads");
        }
        hash(&expected)
    });
    let reference =
        [0x6449_5e3a_eeef_fff3, 0xd4ac_6631_7a24_e1c0, 0x795a_41b9_ad2c_4fd3, 0x1750_3b93_bcd2_3054];
    assert_eq!(found, reference, "the reference processor got other bits");
}

/// A client's keys, with the rotation key between them.
struct Keys {
    small: Zeroizing<Vec<u32>>,
    glwe: Zeroizing<Vec<u64>>,
    compressed: CompressedRotationKey,
    expanded: RotationKey,
}

impl Keys {
    fn new(parameters: RotationParameters) -> Self {
        let small = small_key(parameters.lwe_dimension, parameters.block).unwrap();
        let glwe = binary_key(parameters.output_dimension());
        let compressed = CompressedRotationKey::generate(parameters, &small, &glwe, &|_| ()).unwrap();
        let expanded = compressed.expand().unwrap();
        Self { small, glwe, compressed, expanded }
    }

    const fn parameters(&self) -> &RotationParameters {
        self.expanded.parameters()
    }

    /// The exponents of a random ciphertext with this phase.
    fn exponents(&self, phase: usize, random: &mut impl FnMut() -> u64) -> Vec<u32> {
        let steps = self.parameters().steps();
        let mut exponents = random_exponents(self.parameters(), random);
        let (body, mask) = exponents.split_last_mut().unwrap();
        let sum: usize = mask.iter().zip(self.small.iter()).map(|(&a, &s)| a as usize * s as usize).sum();
        *body = ((phase + sum) % steps) as u32;
        exponents
    }

    /// The errors of all coefficients of `accumulator`, which should be `table` rotated by `phase`.
    fn errors(&self, glwe: &[u64], table: &[u64], phase: usize) -> Vec<f64> {
        let size = PolynomialSize(self.parameters().polynomial_size);
        let key = GlweSecretKey::from_container(self.glwe.as_slice(), size);
        let accumulator = Accumulator::new(glwe.to_vec(), size.0);
        let mut phases = PlaintextList::new(0, PlaintextCount(size.0));
        decrypt_glwe_ciphertext(&key, &accumulator.as_tfhe(), &mut phases);
        let expected = rotated(table, 2 * size.0 - phase);
        phases.as_ref().iter().zip(&expected).map(|(&x, &y)| Torus(x).distance(Torus(y))).collect()
    }
}

fn deviation(errors: &[f64]) -> f64 {
    (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt()
}

/// A test polynomial that is a ramp.
fn table(size: usize) -> Vec<u64> {
    (0..size).map(|i| Torus::from_real(0.4 * i as f64 / size as f64).0).collect()
}

#[test]
fn blocks_of_one_bit_rotate_as_tfhe_rs_does_under_the_same_key() {
    for (ring, gadget) in [((1, 2048), (15, 2)), ((2, 1024), (11, 3)), ((1, 2048), (8, 5))] {
        let keys = Keys::new(parameters(64, 1, ring, gadget));
        let size = PolynomialSize(ring.1);
        let table = table(size.0);
        let mut random = numbers(2);
        let phases: Vec<usize> = (0..3).map(|_| random() as usize % (2 * size.0)).collect();
        let exponents: Vec<_> = phases.iter().map(|&phase| keys.exponents(phase, &mut random)).collect();
        let jobs: Vec<_> =
            exponents.iter().map(|exponents| RotationJob { exponents, table: &table }).collect();
        let ours = keys.expanded.rotate(&jobs).unwrap();

        let theirs = tfhe_rs::rotate(&keys.compressed, &exponents, &table);

        let limit = keys.parameters().noise().standard_deviation();
        for ((ours, theirs), &phase) in ours.iter().zip(&theirs).zip(&phases) {
            let ours = deviation(&keys.errors(ours.coefficients(), &table, phase));
            let theirs = deviation(&keys.errors(theirs, &table, phase));
            println!("{ring:?} {gadget:?}: ours 2^{:.2}, TFHE-rs 2^{:.2}", ours.log2(), theirs.log2());
            assert!(ours < 2.0 * limit && theirs < 2.0 * limit);
        }
    }
}

/// Compares the noise of real keys with the formula, within a factor of two on both sides.
fn measure(parameters: RotationParameters, table: &[u64]) {
    let keys = Keys::new(parameters);
    let mut random = numbers(3);
    let phases: Vec<usize> = (0..8).map(|_| random() as usize % parameters.steps()).collect();
    let exponents: Vec<_> = phases.iter().map(|&phase| keys.exponents(phase, &mut random)).collect();
    let jobs: Vec<_> = exponents.iter().map(|exponents| RotationJob { exponents, table }).collect();
    let accumulators = keys.expanded.rotate(&jobs).unwrap();
    let errors: Vec<f64> = accumulators
        .iter()
        .zip(&phases)
        .flat_map(|(accumulator, &phase)| keys.errors(accumulator.coefficients(), table, phase))
        .collect();
    let (measured, model) = (deviation(&errors), parameters.noise().standard_deviation());
    println!("{parameters:?}: measured 2^{:.2}, formula 2^{:.2}", measured.log2(), model.log2());
    assert!((0.5..2.0).contains(&(measured / model)), "{parameters:?}");
}

/// The sizes for which the rotation was designed.
const CLASSES: [((usize, usize), (usize, usize)); 5] = [
    ((1, 2048), (23, 1)),
    ((1, 2048), (15, 2)),
    ((1, 2048), (8, 5)),
    ((2, 1024), (15, 2)),
    ((2, 1024), (23, 1)),
];

/// The table has no structure, since the first block of a smooth one adds more noise than a few others.
#[test]
fn noise_is_as_the_formula_says() {
    let blocks = CLASSES.map(|(ring, gadget)| parameters(128, 4, ring, gadget));
    for parameters in blocks.into_iter().chain([parameters(128, 1, (1, 2048), (15, 2))]) {
        let mut random = numbers(7);
        let table: Vec<_> = (0..parameters.polynomial_size).map(|_| random()).collect();
        measure(parameters, &table);
    }
}

#[test]
#[ignore = "whole keys take half a minute"]
fn noise_of_whole_keys_and_smooth_tables_is_as_the_formula_says() {
    for (ring, gadget) in CLASSES {
        measure(parameters(760, 4, ring, gadget), &table(ring.1));
    }
}

#[test]
fn the_modulus_switch_adds_what_the_formula_says() {
    for (block, log_outputs) in [(1, 0), (4, 0), (4, 2), (8, 1)] {
        let parameters = parameters(760, block, (2, 1024), (15, 2));
        let key = small_key(760, block).unwrap();
        let mut random = numbers(4);
        let phase = |lwe: &[u32], unit: u32| {
            let (&body, mask) = lwe.split_last().unwrap();
            let product = |(&a, &s): (&u32, &u32)| a.wrapping_mul(unit).wrapping_mul(s);
            mask.iter().zip(key.iter()).map(product).fold(body.wrapping_mul(unit), u32::wrapping_sub)
        };
        let errors: Vec<f64> = (0..600)
            .map(|_| {
                let lwe: Vec<u32> = (0..=760).map(|_| random() as u32).collect();
                let exponents = parameters.exponents(&lwe, log_outputs).unwrap();
                assert!(exponents.iter().all(|a| a.is_multiple_of(1 << log_outputs)));
                let error = phase(&exponents, 1 << (32 - 11)).wrapping_sub(phase(&lwe, 1));
                f64::from(error as i32) * (-32f64).exp2()
            })
            .collect();
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let (measured, model) =
            (deviation(&errors), parameters.modulus_switch_noise(log_outputs).standard_deviation());
        println!("blocks of {block}: measured 2^{:.2}, formula 2^{:.2}", measured.log2(), model.log2());
        assert!((0.8..1.25).contains(&(measured / model)));
        assert!(mean.abs() < model / 4.0, "the mean error should be centred");
    }
}

#[test]
fn several_functions_come_out_under_the_key_of_the_long_ring() {
    // The 2,048 key bits are two polynomials of 1,024, and an LWE key of 2,048 bits.
    let keys = Keys::new(parameters(64, 4, (2, 1024), (15, 2)));
    let functions: [&dyn Fn(usize) -> f64; 4] =
        [&|i| i as f64 / 1024.0, &|i| 0.3 - i as f64 / 1024.0, &|_| 0.125, &|i| {
            (i as f64 / 40.0).sin() / 4.0
        }];
    let table: Vec<u64> = (0..1024).map(|i| Torus::from_real(functions[i % 4](i / 4)).0).collect();
    let mut random = numbers(5);
    for entry in [0usize, 7, 100, 255] {
        let mut exponents = keys.exponents(0, &mut random);
        // With 4 functions, exponents are multiples of 4.
        let (body, mask) = exponents.split_last_mut().unwrap();
        mask.iter_mut().for_each(|a| *a &= !3);
        let sum: u32 = mask.iter().zip(keys.small.iter()).map(|(&a, &s)| a * s).sum();
        *body = (4 * entry as u32 + sum) % 2048;
        let job = RotationJob { exponents: &exponents, table: &table };
        let outputs = keys.expanded.bootstrap(&[job], 4).unwrap();
        for (lwe, function) in outputs[0].iter().zip(functions) {
            let (&body, mask) = lwe.split_last().unwrap();
            assert_eq!(mask.len(), keys.glwe.len());
            let phase =
                mask.iter().zip(keys.glwe.iter()).fold(body, |b, (&a, &s)| b.wrapping_sub(a.wrapping_mul(s)));
            assert!(Torus(phase).distance(Torus::from_real(function(entry))).abs() < 1e-4);
        }
    }
}

#[test]
fn a_key_is_read_as_it_was_written() {
    let keys = Keys::new(parameters(8, 4, (1, 512), (9, 2)));
    let mut bytes = Vec::new();
    keys.compressed.write(&mut bytes).unwrap();
    assert_eq!(bytes.len(), keys.parameters().compressed_key_bytes());
    let read = CompressedRotationKey::read(&mut bytes.as_slice(), keys.parameters()).unwrap();
    assert!(read.expand().unwrap().values == keys.expanded.values);
    let unknown = RotationParameters { block: 3, ..*keys.parameters() };
    assert!(CompressedRotationKey::read(&mut bytes.as_slice(), &unknown).is_err());
}

#[test]
fn jobs_that_do_not_fit_are_refused() {
    let parameters = parameters(4, 4, (1, 512), (9, 2));
    let key = key_of(parameters, random_elements(&parameters, &mut numbers(6)));
    let rotate = |exponents: &[u32], table: &[u64]| key.rotate(&[RotationJob { exponents, table }]);
    assert_eq!(rotate(&[0, 1, 2, 3, 4], &[0; 512]).unwrap().len(), 1);
    assert!(rotate(&[0, 1, 2, 3], &[0; 512]).is_err());
    assert!(rotate(&[0, 1, 2, 3, 4], &[0; 256]).is_err());
    assert!(rotate(&[0, 1, 2, 3, 1024], &[0; 512]).is_err());
    assert!(rotate(&[0, 1, 2, 3, 4], &[0; 512]).unwrap()[0].extract(512).is_err());
    assert!(key.rotate(&[]).unwrap().is_empty());
    assert!(parameters.exponents(&[0; 6], 0).is_err());
    assert!(parameters.exponents(&[0; 5], 10).is_err());
}
