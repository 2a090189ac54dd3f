//! The output of commands for people: sections of aligned text.

use crate::progress::notice;
use silenzio::core::plan::TrainedLayers;
use silenzio::data::shown;
use silenzio::nn::metrics::{RegressionScores, TargetScores};
use silenzio::{Course, ObservedProduct, Operations, Run, Score};
use silenzio_report::text::{grouped, percent, significant};

/// Prints the data and the network.
pub fn print_data(run: &Run) {
    let (train, test) = (&run.train, &run.test);
    if let Some(reading) = &run.reading {
        outln!("{reading}");
        print_warnings(&reading.warnings);
    }
    outln!("            {} training and {} {} samples", train.len(), test.len(), run.measured_on,);
    let t = &run.plan.task.training;
    let falling = match t.learning_rate_end_factor {
        1.0 => String::new(),
        factor => format!(" to {:.3}", t.learning_rate * factor),
    };
    outln!(
        "network     {}, {} epochs, batch {}, learning rate {}{falling}, seed {}",
        run.shape(),
        t.epochs,
        t.batch,
        t.learning_rate,
        t.seed
    );
    print_frozen(&t.train);
}

/// Which layers are trained, where others are frozen.
pub fn print_frozen(trained: &TrainedLayers) {
    if !trained.is_all() {
        outln!("            trained layers of weights: {trained}; the others are frozen");
    }
}

/// Formats how good a model is: "94.7%", or "R² 0.482, RMSE 54.12, MAE 43.90".
pub fn score(score: Score) -> String {
    match score {
        Score::Accuracy(accuracy) => percent(accuracy),
        Score::Regression(scores) => regression(&scores),
    }
}

/// Formats how good models are, one after the other: "91.1%, 94.7%", or "R² 0.401, 0.482".
pub fn course(course: &Course) -> String {
    let listed = |parts: Vec<String>| parts.join(", ");
    if course.scores.is_empty() {
        return listed(course.accuracies.iter().map(|&accuracy| percent(accuracy)).collect());
    }
    format!("R² {}", listed(course.scores.iter().map(|scores| format!("{:.3}", scores.r2)).collect()))
}

/// Formats the scores of a regression: "R² 0.482, RMSE 54.12, MAE 43.90".
pub fn regression(scores: &RegressionScores) -> String {
    format!("R² {:.3}, RMSE {}, MAE {}", scores.r2, significant(scores.rmse), significant(scores.mae))
}

/// Prints how far predictions are from each target, in its own unit.
pub fn print_targets(targets: &[TargetScores]) {
    let width = |name: &str| name.chars().count();
    let first = targets.iter().map(|target| width(&shown(&target.target))).max().unwrap_or(0).max(6);
    outln!("{:<first$}  {:>7}  {:>10}  {:>10}", "target", "R²", "RMSE", "MAE");
    for TargetScores { target, scores } in targets {
        let (rmse, mae) = (significant(scores.rmse), significant(scores.mae));
        outln!("{:<first$}  {:>7.3}  {rmse:>10}  {mae:>10}", shown(target), scores.r2);
    }
}

/// Prints warnings about data to standard error.
pub fn print_warnings(warnings: &[String]) {
    for warning in warnings {
        notice(&format!("warning: {warning}"));
    }
}

/// Prints the number formats that the engine chose, with the ranges of values if a simulation recorded them.
pub fn print_formats(run: &Run, met: &[ObservedProduct]) {
    let engine = &run.plan.task.engine;
    outln!("engine      {}, parameters {}", engine.kind(), run.plan.parameters.name);
    if let Some(bits) = serde_json::to_value(engine).ok().as_ref().and_then(|plan| plan["bits"].as_object()) {
        let bits: Vec<String> = bits.iter().map(|(tensor, bits)| format!("{tensor} {bits}")).collect();
        outln!("bits        {}", bits.join(", "));
    }
    let description = run.describe();
    if let Some(per_sample) = description.bootstraps_per_sample {
        let per_step = match description.bootstraps_per_step {
            None | Some(0) => String::new(),
            Some(weights) => format!(" and {} a step", grouped(weights)),
        };
        outln!("            {per_sample} bootstraps a sample{per_step}");
    }
    if description.products.is_empty() {
        return;
    }
    let line = |[name, moduli, divisor, covers, largest]: [&str; 5]| {
        format!("{name:<18} {moduli:<22} {divisor:>10} {covers:>12} {largest:>9}").trim_end().to_owned()
    };
    let largest_title = if met.is_empty() { "" } else { "met" };
    outln!("products    {}", line(["", "moduli", "divisor", "covers", largest_title]));
    for (place, product) in description.products.iter().enumerate() {
        let moduli = product.moduli.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
        let largest = met.get(place).map_or_else(String::new, |range| range.met.to_string());
        let (divisor, covers) = (product.divisor.to_string(), format!("±{}", product.covered));
        outln!("            {}", line([&product.name, &moduli, &divisor, &covers, &largest]));
    }
    let rates: Vec<String> = description.learning_rates.iter().map(|rate| format!("{rate:.3}")).collect();
    outln!("            learning rates that the divisors give, by layer: {}", rates.join(", "));
}

/// Formats bootstraps by class, as in "1,264 4-bit, 96 5-bit".
pub fn bootstraps(operations: &Operations) -> String {
    by_name(operations.bootstraps.iter())
}

/// Formats all other operations, as in "300 automorphisms, 80 external products".
pub fn others(operations: &Operations) -> String {
    by_name(operations.others.iter())
}

fn by_name<'a>(counts: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    let counts: Vec<String> = counts.map(|(name, &count)| format!("{} {name}", grouped(count))).collect();
    if counts.is_empty() { "none".into() } else { counts.join(", ") }
}
