//! What the commands print: sections of aligned text.

use indicatif::DecimalBytes;
use silenzio::core::LutCounts;
use silenzio::{Description, Effort, Experiment, ProductRange, Run};
use silenzio_report::text::grouped;

/// The data and the network.
pub fn print_data(experiment: &Experiment, run: &Run) {
    let (train, test) = (&run.split.train, &run.split.test);
    println!("data        {}", experiment.plan.data.file.display());
    println!(
        "            {} training and {} {} samples, {} features, classes {}",
        train.len(),
        test.len(),
        run.measured_on,
        train.features.len(),
        abridged(&train.classes)
    );
    let t = &run.public.training;
    let falling = match t.learning_rate_end_factor {
        1.0 => String::new(),
        factor => format!(" to {:.3}", t.learning_rate * factor),
    };
    println!(
        "network     {}, {} epochs, batch {}, learning rate {}{falling}, seed {}",
        run.shape(),
        t.epochs,
        t.batch,
        t.learning_rate,
        t.seed
    );
}

/// The keys of an encrypted training, and the client's time.
pub fn print_effort(effort: &Effort) {
    println!(
        "keys        {}, made in {:.1} s; samples encrypted in {:.2} s",
        DecimalBytes(effort.key_bytes as u64),
        effort.key_seconds,
        effort.encryption_seconds
    );
}

fn abridged(classes: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = classes.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if classes.len() > SHOWN { format!("{shown}, … ({} in all)", classes.len()) } else { shown }
}

/// The number formats that the engine chose, with the ranges met where a simulation recorded them.
pub fn print_formats(run: &Run, met: &[ProductRange]) {
    match run.describe() {
        Description::Exact { products, learning_rates } => {
            let bits = &run.public.engine.bits;
            println!(
                "bits        inputs {}, activations {}, logits {}, errors {}, gradients {}, weights {}",
                bits.inputs, bits.activations, bits.logits, bits.deltas, bits.gradients, bits.weights
            );
            let line = |[name, moduli, divisor, covers, largest]: [&str; 5]| {
                format!("{name:<18} {moduli:<22} {divisor:>10} {covers:>12} {largest:>9}")
                    .trim_end()
                    .to_owned()
            };
            let largest_title = if met.is_empty() { "" } else { "met" };
            println!("products    {}", line(["", "moduli", "divisor", "covers", largest_title]));
            for (place, product) in products.iter().enumerate() {
                let moduli = product.moduli.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
                let largest = met.get(place).map_or_else(String::new, |range| range.met.to_string());
                let (divisor, covers) = (product.divisor.to_string(), format!("±{}", product.covered));
                println!("            {}", line([&product.name, &moduli, &divisor, &covers, &largest]));
            }
            let rates: Vec<String> = learning_rates.iter().map(|rate| format!("{rate:.3}")).collect();
            println!("            learning rates that the divisors give, by layer: {}", rates.join(", "));
        }
        Description::Approximate { parameters, bootstraps_per_sample, bootstraps_per_step } => {
            let per_step = match bootstraps_per_step {
                0 => String::new(),
                weights => format!(" and {} a step", grouped(weights)),
            };
            println!(
                "engine      approximate: parameters {parameters}, {bootstraps_per_sample} bootstraps a sample{per_step}"
            );
        }
    }
}

/// "1,264 4-bit, 96 5-bit".
pub fn luts(counts: &LutCounts) -> String {
    let classes: Vec<String> =
        counts.classes().map(|(bits, count)| format!("{} {bits}-bit", grouped(count))).collect();
    if classes.is_empty() { "none".into() } else { classes.join(", ") }
}
