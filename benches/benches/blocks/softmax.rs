//! The loss gradient of a batch, in both engines.

use silenzio_approximate::softmax::{LossScales, SoftmaxGradient as ApproximateSoftmax};
use silenzio_benches::operands::{matrix, random};
use silenzio_benches::{Approximate, Case, Exact, Failure, Server, Suite, sides};
use silenzio_core::Modulus;
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::parameters::N2048_BLOCKS;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::{Purpose, Seed};
use silenzio_rns::Residues;
use silenzio_rns::dithered::ColumnDither;
use silenzio_rns::softmax::SoftmaxGradient as ExactSoftmax;

const SAMPLES: usize = 4;
const CLASSES: usize = 10;

/// The largest |logit|.
const RANGE: f64 = 6.0;

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    exact(suite, &sides::plain())?;
    exact(suite, &sides::tfhe(&[15, 31])?)?;
    approximate(suite, &sides::plain_approximate())?;
    approximate(suite, &sides::tfhe_approximate(&N2048_BLOCKS)?)
}

fn exact<S: Exact>(suite: &mut Suite, sides: &S) -> Result<(), Failure> {
    let (alpha, container, m) = (7, Modulus::new(15)?, Modulus::new(31)?);
    let loss = ExactSoftmax::new(CLASSES, RANGE / alpha as f64, alpha, alpha, &TrainingPlan::default())?;
    let logits = sides.encrypt_matrix(container, &matrix(&mut random(1), (SAMPLES, CLASSES), alpha))?;
    let labels: Vec<i64> = (0..SAMPLES).flat_map(|sample| loss.label(sample % CLASSES)).collect();
    let labels = ndarray::Array2::from_shape_vec((SAMPLES, CLASSES), labels)?;
    let labels = Residues::new(vec![(m, sides.encrypt_matrix(m, &labels)?)]);
    measure(suite, sides.server(), "exact", || {
        let mut dither = ColumnDither::new(Seed(1).stream(Purpose::LossDither, 0, 0), 0, 0);
        loss.deltas(sides.server(), container, logits.clone(), &labels, &[m], Some(&mut dither))
    })
}

fn approximate<S: Approximate>(suite: &mut Suite, sides: &S) -> Result<(), Failure> {
    let amplitude = 0.125 / RANGE;
    let size = sides.server().parameters().polynomial_size;
    let training = TrainingPlan::default();
    let scales = LossScales::planned(amplitude, RANGE, &training);
    let loss = ApproximateSoftmax::new(CLASSES, scales, size, &training)?;
    let mut stream = random(1);
    let logits = (0..SAMPLES)
        .map(|_| {
            let logits: Vec<f64> =
                (0..CLASSES).map(|_| (2.0 * stream.unit() - 1.0) * RANGE * amplitude).collect();
            sides.encrypt_lwes(&logits)
        })
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let labels = (0..SAMPLES)
        .map(|sample| sides.encrypt_lwes(&loss.label(sample % CLASSES)))
        .collect::<Result<Vec<_>, _>>()?;
    let labels: Vec<_> = labels.iter().map(Vec::as_slice).collect();
    measure(suite, sides.server(), "approximate", || loss.deltas(sides.server(), &logits, &labels))
}

fn measure<S: Server, T, E: Into<Failure>>(
    suite: &mut Suite,
    server: &S,
    engine: &str,
    work: impl Fn() -> Result<T, E>,
) -> Result<(), Failure> {
    let name = format!("{engine}, {SAMPLES} samples, {CLASSES} classes");
    suite.measure(server, Case { group: "softmax", name: &name, count: SAMPLES, of: "sample" }, work)
}
