//! The arithmetic of the exact engine, compared with plain integers.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use silenzio_backend_plain::{PlainBackend, PlainClient, PlainValue};
use silenzio_core::plan::Gadget;
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_core::{Backend, Client, Modulus};
use silenzio_rns::base_choice::{self, Requirements};
use silenzio_rns::block_scaling::BlockScaling;
use silenzio_rns::gadget::{self, ProductShape};
use silenzio_rns::scaled_product::ScaledProduct;
use silenzio_rns::weights::WeightFormat;
use silenzio_rns::{ProductKind, ProductName, RnsBase, mixed_radix};

/// A look-up of b bits costs about 2^b: wide look-ups are expensive, as in TFHE.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.get())
}

fn five_bit_modulus() -> impl Strategy<Value = Modulus> {
    (1u32..16).prop_map(|half| Modulus::new(2 * half + 1).unwrap())
}

/// Pairwise coprime moduli in random order.
fn base() -> impl Strategy<Value = RnsBase> {
    prop::collection::vec(five_bit_modulus(), 1..6).prop_map(|candidates| {
        let mut moduli: Vec<Modulus> = Vec::new();
        for m in candidates {
            if moduli.iter().all(|&other| m.coprime(other)) {
                moduli.push(m);
            }
        }
        RnsBase::new(moduli).unwrap()
    })
}

fn random(seed: u64) -> Stream {
    Seed(seed).stream(Purpose::Tests, 0, 0)
}

fn between(stream: &mut Stream, low: i64, high: i64) -> i64 {
    low + i64::from(stream.below((high - low + 1) as u32))
}

fn matrix(stream: &mut Stream, shape: (usize, usize), alpha: i64) -> Array2<i64> {
    Array2::from_shape_simple_fn(shape, || between(stream, -alpha, alpha))
}

fn modulo(m: Modulus, xs: &Array2<i64>) -> Array2<PlainValue> {
    xs.mapv(|x| PlainValue::new(m, x))
}

fn scaled_residues(base: &RnsBase, xs: &[i64]) -> Vec<Vec<PlainValue>> {
    let factors = base.garner_factors();
    let residues = |(&m, factor): (&Modulus, &i64)| {
        xs.iter().map(|&x| PlainValue::new(m, i64::from(m.reduce(x)) * factor)).collect()
    };
    base.moduli().iter().zip(&factors).map(residues).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mixed_radix_digits_are_the_integer(base in base(), seed in any::<u64>()) {
        let mut stream = random(seed);
        let xs: Vec<i64> = (0..20).map(|_| (stream.unit() * base.product() as f64) as i64).collect();
        let backend = PlainBackend::new(lut_cost);
        let digits = mixed_radix::digits(&backend, &base, scaled_residues(&base, &xs)).unwrap();
        for (i, &x) in xs.iter().enumerate() {
            let (mut weight, mut sum) = (1, 0);
            for (&m, digits) in base.moduli().iter().zip(&digits) {
                sum += weight * i64::from(digits[i].residue());
                weight *= i64::from(m);
            }
            prop_assert_eq!(sum, x);
        }
        prop_assert_eq!(backend.lut_counts(), mixed_radix::lut_counts(base.moduli(), 20));
    }

    #[test]
    fn scaling_is_the_stated_floor(
        base in base(),
        alpha in 1i64..40,
        choice in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let all: Vec<BlockScaling> = BlockScaling::all_for(base.clone(), alpha).collect();
        prop_assume!(!all.is_empty());
        let scaling = choice.get(&all);
        let mut stream = random(seed);
        let covered = scaling.covered();
        let mut vs: Vec<i64> = (0..40).map(|_| ((2.0 * stream.unit() - 1.0) * covered as f64) as i64).collect();
        vs.extend([covered, -covered, 0]);
        let offsets = scaling.offsets(vs.len(), Some(&mut stream));
        let shifted: Vec<i64> = vs.iter().zip(&offsets).map(|(v, offset)| v + offset).collect();
        prop_assert!(shifted.iter().all(|x| (0..base.product()).contains(x)), "no wrapping in the covered range");

        let backend = PlainBackend::new(lut_cost);
        let digits = mixed_radix::digits(&backend, &base, scaled_residues(&base, &shifted)).unwrap();
        let before = backend.lut_counts();
        let scaled = scaling.scale(&backend, digits).unwrap();
        prop_assert_eq!(backend.lut_counts() - before, scaling.lut_counts(vs.len() as u64));
        let divisor = scaling.divisor();
        for ((value, v), offset) in scaled.iter().zip(&vs).zip(&offsets) {
            prop_assert_eq!(value.modulus(), scaling.container());
            prop_assert_eq!(value.signed(), scaling.scale_integer(*v, *offset));
            // The formula itself is the floor of the division, or saturates beyond alpha.
            let exact = (v + offset - covered).div_euclid(divisor);
            let result = value.signed();
            let saturated = exact.abs() > alpha && result.abs() >= alpha && result.signum() == exact.signum();
            prop_assert!(result == exact || saturated, "{} for {}", result, exact);
        }
    }

    #[test]
    fn gadgets_agree_with_integers(
        m in five_bit_modulus(),
        factor in 1i64..31,
        (a, b, c) in (1usize..4, 1usize..30, 1usize..4),
        seed in any::<u64>(),
    ) {
        let mut stream = random(seed);
        let (x, w) = (matrix(&mut stream, (a, b), 100), matrix(&mut stream, (b, c), 100));
        let expected = x.dot(&w).mapv(|v| PlainValue::new(m, factor * v));
        for gadget in [Gadget::Squares, Gadget::Karatsuba] {
            for backend in [PlainBackend::new(lut_cost), PlainBackend::new(lut_cost).look_up_by_look_up()] {
                let product =
                    gadget::modular_product(&backend, gadget, m, factor, modulo(m, &x).view(), modulo(m, &w).view());
                prop_assert_eq!(&product.unwrap(), &expected);
                prop_assert_eq!(backend.lut_counts(), gadget::lut_counts(gadget, m, ProductShape { a, b, c }));
            }
        }
    }

    #[test]
    fn a_scaled_product_is_the_scaled_integer_product(
        (a, b, c) in (1usize..4, 1usize..20, 1usize..4),
        (alpha_x, alpha_w, alpha) in (1i64..16, 1i64..98, 1i64..16),
        divisor in 1.0f64..500.0,
        gadget in prop::sample::select(vec![Gadget::Squares, Gadget::Karatsuba]),
        worst_case in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let needs = Requirements {
            shape: ProductShape { a, b, c },
            gadget,
            divisor,
            alpha,
            worst_case: b as i64 * alpha_x * alpha_w,
            margin: (!worst_case).then_some(2.0),
            consumers: 1,
        };
        let backend = PlainBackend::new(lut_cost);
        // A worst case of too many steps has no base, since two digits cannot hold them.
        let choice = base_choice::choose(&needs, lut_cost);
        prop_assume!(choice.is_some());
        let scaling = choice.unwrap();
        let name = ProductName { layer: 0, kind: ProductKind::Forward };
        let product = ScaledProduct { name, gadget, scaling };
        let mut stream = random(seed);
        let (x, w) = (matrix(&mut stream, (a, b), alpha_x), matrix(&mut stream, (b, c), alpha_w));
        let residues = |xs: &Array2<i64>| product.moduli().iter().map(|&m| (m, modulo(m, xs))).collect::<Vec<_>>();
        let (rx, rw) = (silenzio_rns::Residues::new(residues(&x)), silenzio_rns::Residues::new(residues(&w)));
        let scaled = product.compute(&backend, |m| rx.modulo(m), |m| rw.modulo(m), Some(&mut random(seed + 1)), None);
        let offsets = product.scaling.offsets(a * c, Some(&mut random(seed + 1)));
        for ((value, v), offset) in scaled.unwrap().iter().zip(x.dot(&w)).zip(offsets) {
            if v.abs() <= product.scaling.covered() {
                prop_assert_eq!(value.signed(), product.scaling.scale_integer(v, offset));
            } else {
                prop_assert!(!worst_case, "the worst case is covered");
            }
        }
        prop_assert_eq!(backend.lut_counts(), needs.lut_counts(&product.scaling));
    }

    #[test]
    fn weights_are_updated_and_clipped_as_integers(
        bits in 5u32..=8,
        gradient_alpha in prop::sample::select(vec![1i64, 3, 7, 15, 31, 63, 105]),
        seed in any::<u64>(),
    ) {
        let backend = PlainBackend::new(lut_cost);
        let format = WeightFormat::new(bits, gradient_alpha).unwrap();
        let mut stream = random(seed);
        let mut integers = matrix(&mut stream, (4, 3), format.alpha());
        let mut weights = format.trivial(&backend, integers.view());
        for _ in 0..30 {
            let container = Modulus::new(255).unwrap();
            let gradient = matrix(&mut stream, (4, 3), (gradient_alpha + 4).min(127));
            let rows = weights.rows_mut(0..4).unwrap();
            format.update(&backend, rows, container, modulo(container, &gradient), 1.0, None).unwrap();
            integers.zip_mut_with(&gradient, |w, g| *w = format.update_integer(*w, *g));
            let (low, high) = weights.digits();
            let (low, high) = (PlainClient.decrypt(&low).unwrap(), PlainClient.decrypt(&high).unwrap());
            let composed: Vec<i64> = low.iter().zip(&high).map(|(&l, &h)| format.compose(l, h)).collect();
            prop_assert_eq!(composed, integers.iter().copied().collect::<Vec<_>>());
            let moduli: Vec<Modulus> = [7, 15, 31].map(|m| Modulus::new(m).unwrap()).to_vec();
            let residues = format.residues(&backend, weights.rows(0..4).unwrap(), &moduli).unwrap();
            for m in moduli {
                prop_assert_eq!(residues.modulo(m).unwrap(), modulo(m, &integers));
            }
        }
    }

    /// At a learning rate below the plan's, a step is the gradient times the rate, rounded down or up such that the
    /// mean is exact. Without dither it is rounded to nearest.
    #[test]
    fn a_fallen_rate_scales_the_mean_step(
        gradient_alpha in prop::sample::select(vec![7i64, 31, 63]),
        gradient in -70i64..=70,
        rate in 0.0..1.0,
        seed in any::<u64>(),
    ) {
        const SHAPE: (usize, usize) = (50, 40);
        let backend = PlainBackend::new(lut_cost);
        let format = WeightFormat::new(8, gradient_alpha).unwrap();
        let container = Modulus::new(255).unwrap();
        let start = Array2::zeros(SHAPE);
        let steps = |dither: Option<&mut Stream>| {
            let mut weights = format.trivial(&backend, start.view());
            let gradient = modulo(container, &Array2::from_elem(SHAPE, gradient));
            let rows = weights.rows_mut(0..SHAPE.0).unwrap();
            format.update(&backend, rows, container, gradient, rate, dither).unwrap();
            let (low, high) = weights.digits();
            let (low, high) = (PlainClient.decrypt(&low).unwrap(), PlainClient.decrypt(&high).unwrap());
            low.iter().zip(&high).map(|(&l, &h)| -format.compose(l, h)).collect::<Vec<i64>>()
        };
        let exact = gradient.clamp(-gradient_alpha, gradient_alpha) as f64 * rate;
        let nearest = (exact + 0.5).floor() as i64;
        prop_assert!(steps(None).iter().all(|&step| step == nearest));
        let dithered = steps(Some(&mut random(seed)));
        let (down, up) = (exact.floor() as i64, exact.ceil() as i64);
        prop_assert!(dithered.iter().all(|step| (down..=up).contains(step)));
        // Sixteen dithers give means that are multiples of 1/16; six standard deviations of 2000 draws are added.
        let mean = dithered.iter().sum::<i64>() as f64 / dithered.len() as f64;
        prop_assert!((mean - exact).abs() <= 1.0 / 32.0 + 6.0 * 0.5 / (dithered.len() as f64).sqrt());
    }
}
