//! What the commands print: sections of aligned text.

use crate::experiment::Run;
use crate::training::Effort;
use silenzio_approximate::ApproximateNetwork;
use silenzio_core::LutCounts;
use silenzio_rns::scaled_product::ScaledProduct;
use silenzio_rns::{ExactNetwork, ObservedRange, ProductName};
use std::collections::BTreeMap;

/// The data and the network.
pub fn print_data(run: &Run) {
    let (train, test) = (&run.split.train, &run.split.test);
    println!("data        {}", run.plan.data.file.display());
    println!(
        "            {} training and {} {} samples, {} features, classes {}",
        train.len(),
        test.len(),
        run.plan.data.measured_on(),
        train.features.len(),
        abridged(&train.classes)
    );
    let t = &run.plan.training;
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
        "keys        {:.0} MB, made in {:.1} s; samples encrypted in {:.2} s",
        effort.key_bytes as f64 / 1e6,
        effort.key_seconds,
        effort.encryption_seconds
    );
}

fn abridged(classes: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = classes.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if classes.len() > SHOWN { format!("{shown}, … ({} in all)", classes.len()) } else { shown }
}

/// The integer formats of all products, with the ranges met where a simulation recorded them.
pub fn print_products(run: &Run, network: &ExactNetwork, met: &BTreeMap<ProductName, ObservedRange>) {
    let bits = &run.plan.engine.bits;
    println!(
        "bits        inputs {}, activations {}, logits {}, errors {}, gradients {}, weights {}",
        bits.inputs, bits.activations, bits.logits, bits.deltas, bits.gradients, bits.weights
    );
    let line = |[name, moduli, divisor, covers, largest]: [&str; 5]| {
        format!("{name:<18} {moduli:<22} {divisor:>10} {covers:>12} {largest:>9}").trim_end().to_owned()
    };
    let largest_title = if met.is_empty() { "" } else { "met" };
    println!("products    {}", line(["", "moduli", "divisor", "covers", largest_title]));
    for product in products(network) {
        let moduli = product.moduli().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let largest = met.get(&product.name).map_or_else(String::new, |range| range.met.to_string());
        let (divisor, covers) =
            (product.scaling.divisor().to_string(), format!("±{}", product.scaling.covered()));
        println!("            {}", line([&product.name.to_string(), &moduli, &divisor, &covers, &largest]));
    }
    let rates: Vec<String> =
        network.layers().iter().map(|layer| format!("{:.3}", layer.learning_rate)).collect();
    println!("            learning rates that the divisors give, by layer: {}", rates.join(", "));
}

/// What an approximate training does for each sample.
pub fn print_approximate(network: &ApproximateNetwork) {
    let per_step = match network.bootstraps(1, 0).total() {
        0 => String::new(),
        weights => format!(" and {} a step", grouped(weights)),
    };
    let per_sample = network.bootstraps(0, 1).total();
    println!(
        "engine      approximate: parameters {}, {per_sample} bootstraps a sample{per_step}",
        network.parameters().name
    );
}

/// The products of a network, layer by layer.
pub fn products(network: &ExactNetwork) -> impl Iterator<Item = &ScaledProduct> {
    network.layers().iter().flat_map(|layer| {
        [Some(&layer.forward), layer.delta.as_ref(), Some(&layer.gradient)].into_iter().flatten()
    })
}

/// Products that met values beyond what their base covers: their results wrapped.
pub fn wrapped<'a>(
    network: &'a ExactNetwork,
    met: &'a BTreeMap<ProductName, ObservedRange>,
) -> impl Iterator<Item = ProductName> + 'a {
    products(network).filter_map(|product| {
        let range = met.get(&product.name)?;
        (range.met > product.scaling.covered()).then_some(product.name)
    })
}

/// "4-8-3".
pub fn shape(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// "1,264 4-bit, 96 5-bit".
pub fn luts(counts: &LutCounts) -> String {
    let classes: Vec<String> =
        counts.classes().map(|(bits, count)| format!("{} {bits}-bit", grouped(count))).collect();
    if classes.is_empty() { "none".into() } else { classes.join(", ") }
}

/// A number with its thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "12 s", "3.4 h": seconds in the unit that people would use.
pub fn duration(seconds: f64) -> String {
    let units = [(86_400.0, "days"), (3600.0, "h"), (60.0, "min")];
    match units.into_iter().find(|(unit, _)| seconds >= 2.0 * unit) {
        Some((unit, name)) => format!("{:.1} {name}", seconds / unit),
        None => format!("{seconds:.1} s"),
    }
}

/// "95.3%".
pub fn percent(part: f64) -> String {
    format!("{:.1}%", 100.0 * part)
}

/// The mean of some numbers; zero for none.
pub fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
