//! The gradient of the loss, compared with floating point.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use silenzio_backend_plain::{PlainBackend, PlainClient, PlainValue};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Backend, Client, Modulus};
use silenzio_rns::Residues;
use silenzio_rns::dithered::ColumnDither;
use silenzio_rns::softmax::SoftmaxGradient;

/// A look-up of b bits costs about 2^b: wide look-ups are expensive, as in TFHE.
fn lut_cost(m: Modulus) -> f64 {
    f64::from(m.get())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_mean_error_is_the_smoothed_softmax_gradient(
        classes in 2usize..11,
        logit_alpha in prop::sample::select(vec![7i64, 15]),
        label_smoothing in prop::sample::select(vec![0.0, 0.1]),
        logit_penalty in prop::sample::select(vec![0.0, 0.02]),
        seed in any::<u64>(),
    ) {
        let unit = 4.0 / logit_alpha as f64;
        let training = TrainingPlan { label_smoothing, logit_penalty, ..TrainingPlan::default() };
        let loss = SoftmaxGradient::new(classes, unit, logit_alpha, 7, &training).unwrap();
        let (container, m) = (Modulus::new(127).unwrap(), Modulus::new(31).unwrap());
        let mut stream = Seed(seed).stream(Purpose::Tests, 0, 0);
        let logits: Vec<i64> = (0..classes).map(|_| i64::from(stream.below(40)) - 20).collect();
        let class = stream.below(classes as u32) as usize;
        let repetitions = 2000;
        let repeated = |row: &[i64], m| {
            Array2::from_shape_fn((repetitions, classes), |(_, i)| PlainValue::new(m, row[i]))
        };
        let labels = Residues::new(vec![(m, repeated(&loss.label(class), m))]);
        let backend = PlainBackend::new(lut_cost);
        let mut dither = ColumnDither::new(Seed(seed).stream(Purpose::LossDither, 0, 0), 0, 0);
        let errors = loss
            .deltas(&backend, container, repeated(&logits, container), &labels, &[m], Some(&mut dither))
            .unwrap();
        let samples = repetitions as u64;
        prop_assert_eq!(backend.lut_counts().total(), samples * (4 * classes as u64 - 1));

        let clamped: Vec<f64> =
            logits.iter().map(|&o| o.clamp(-logit_alpha, logit_alpha) as f64 * unit).collect();
        let total: f64 = clamped.iter().map(|o| o.exp()).sum();
        let largest = loss.largest_delta();
        for (i, logit) in clamped.iter().enumerate() {
            let column = errors.modulo(m).unwrap().column(i).to_vec();
            let integers = PlainClient.decrypt(&column).unwrap();
            prop_assert!(integers.iter().all(|e| e.abs() <= largest));
            let mean = integers.iter().sum::<i64>() as f64 / repetitions as f64 * loss.delta_unit();
            let target = label_smoothing / classes as f64 + if i == class { 1.0 - label_smoothing } else { 0.0 };
            let exact = logit.exp() / total - target + logit_penalty * logit;
            // Stochastic rounding within the tree is unbiased in the logarithm, but not in the probability. The
            // remaining bias is a fraction of a logit's step.
            prop_assert!((mean - exact).abs() < 0.6 * unit, "class {}: {} for {}", i, mean, exact);
        }
    }
}
