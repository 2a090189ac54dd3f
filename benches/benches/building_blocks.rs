//! The parts of a training step on the plain backend, and the choice of a base.

use criterion::{BatchSize, Criterion, Throughput};
use silenzio_backend_plain::{PlainBackend, PlainClient, PlainValue};
use silenzio_benches::network::Network;
use silenzio_benches::{Failure, criterion, encrypt, matrix, random};
use silenzio_core::plan::{Gadget, TrainingPlan};
use silenzio_core::random::{Purpose, Seed};
use silenzio_core::{Backend, Modulus};
use silenzio_rns::base_choice::{self, Requirements};
use silenzio_rns::block_scaling::BlockScaling;
use silenzio_rns::gadget::ProductShape;
use silenzio_rns::log_mean_exp::SoftmaxGradient;
use silenzio_rns::weights::WeightFormat;
use silenzio_rns::{Residues, mixed_radix};

/// Integers at once.
const COUNT: usize = 1024;

fn main() -> Result<(), Failure> {
    let mut criterion = criterion();
    let backend = PlainBackend::default();
    let scaling = bench_base_choice(&mut criterion, &backend)?;
    bench_scaling(&mut criterion, &backend, &scaling)?;
    bench_softmax(&mut criterion, &backend)?;
    bench_weights(&mut criterion, &backend)?;
    criterion.final_summary();
    Ok(())
}

/// The base of one product, which is returned, and all formats of a network.
fn bench_base_choice(criterion: &mut Criterion, backend: &PlainBackend) -> Result<BlockScaling, Failure> {
    let needs = Requirements {
        shape: ProductShape { a: 8, b: 5, c: 8 },
        gadget: Gadget::Squares,
        divisor: 416.0,
        alpha: 7,
        worst_case: 7 * 15 * 97,
        margin: Some(4.0),
        consumers: 6,
    };
    let choose = || base_choice::choose(&needs, |m| backend.lut_cost(m));
    let mut group = criterion.benchmark_group("base choice");
    group.bench_function("one product", |bencher| bencher.iter(choose));
    group.bench_function("4-8-3", |bencher| bencher.iter(|| Network::new(&[4, 8, 3], 8, backend)));
    group.finish();
    Ok(choose().ok_or("no base covers the product")?)
}

/// Residues to digits, and digits to scaled integers.
fn bench_scaling(
    criterion: &mut Criterion,
    backend: &PlainBackend,
    scaling: &BlockScaling,
) -> Result<(), Failure> {
    let base = scaling.base();
    let mut stream = random(1);
    let integers: Vec<i64> = (0..COUNT).map(|_| (stream.unit() * base.product() as f64) as i64).collect();
    let residues: Vec<Vec<PlainValue>> = base
        .moduli()
        .iter()
        .zip(base.garner_factors())
        .map(|(&m, factor)| {
            integers.iter().map(|&x| PlainValue::new(m, i64::from(m.reduce(x)) * factor)).collect()
        })
        .collect();
    let digits = mixed_radix::digits(backend, base, residues.clone())?;

    let mut group = criterion.benchmark_group(format!("scaling/base {:?}", base.moduli()));
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("mixed radix", |bencher| {
        bencher.iter_batched(
            || residues.clone(),
            |residues| mixed_radix::digits(backend, base, residues),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("block scaling", |bencher| {
        bencher.iter_batched(
            || digits.clone(),
            |digits| scaling.scale(backend, digits),
            BatchSize::SmallInput,
        );
    });
    group.finish();
    Ok(())
}

/// The loss gradient of a batch of ten classes.
fn bench_softmax(criterion: &mut Criterion, backend: &PlainBackend) -> Result<(), Failure> {
    let (batch, classes, alpha) = (64, 10, 7);
    let (container, m) = (Modulus::new(15)?, Modulus::new(31)?);
    let loss = SoftmaxGradient::new(classes, 6.0 / alpha as f64, alpha, 7, &TrainingPlan::default())?;
    let logits = encrypt(&PlainClient, backend, container, &matrix(&mut random(2), (batch, classes), alpha))?;
    let labels: Vec<i64> = (0..batch).flat_map(|sample| loss.label(sample % classes)).collect();
    let labels = ndarray::Array2::from_shape_vec((batch, classes), labels)?;
    let labels = Residues::new(vec![(m, encrypt(&PlainClient, backend, m, &labels)?)]);

    let mut group = criterion.benchmark_group("softmax gradient");
    group.throughput(Throughput::Elements(batch as u64));
    group.bench_function(format!("{batch} samples, {classes} classes"), |bencher| {
        bencher.iter(|| {
            let mut dither = Seed(1).stream(Purpose::LossDither, 0, 0);
            loss.errors(backend, container, logits.clone(), &labels, &[m], Some(&mut dither))
        });
    });
    group.finish();
    Ok(())
}

/// The residues and the update of a layer's weights.
fn bench_weights(criterion: &mut Criterion, backend: &PlainBackend) -> Result<(), Failure> {
    let shape = (COUNT / 32, 32);
    let format = WeightFormat::new(8, 7)?;
    let mut stream = random(3);
    let weights = format.trivial(backend, matrix(&mut stream, shape, format.alpha()).view());
    let container = Modulus::new(15)?;
    let gradient = encrypt(&PlainClient, backend, container, &matrix(&mut stream, shape, 7))?;
    let moduli = [7, 11, 13, 15].map(Modulus::new).into_iter().collect::<Result<Vec<_>, _>>()?;

    let mut group = criterion.benchmark_group("weights");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function(format!("residues for {} moduli", moduli.len()), |bencher| {
        bencher.iter(|| format.residues(backend, &weights, &moduli));
    });
    group.bench_function("update", |bencher| {
        bencher.iter_batched(
            || weights.clone(),
            |mut weights| format.update(backend, &mut weights, container, gradient.clone(), 1.0, None),
            BatchSize::SmallInput,
        );
    });
    group.finish();
    Ok(())
}
