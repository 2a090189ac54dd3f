//! Number formats for people.

use indicatif::HumanCount;
use silenzio::Measure;

/// A number with separated thousands, such as "1,234".
pub fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Seconds in a fitting unit, such as "12.0 s" or "3.4 h", with the digit that distinguishes runs.
pub fn duration(seconds: f64) -> String {
    let units = [(86_400.0, "days"), (3600.0, "h"), (60.0, "min")];
    match units.into_iter().find(|(unit, _)| seconds >= 2.0 * unit) {
        Some((unit, name)) => format!("{:.1} {name}", seconds / unit),
        None => format!("{seconds:.1} s"),
    }
}

/// A fraction in percent, such as "95.3%".
pub fn percent(part: f64) -> String {
    format!("{:.1}%", 100.0 * part)
}

/// A number with four significant digits.
pub fn significant(number: f64) -> String {
    let decimals = (3.0 - number.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{number:.decimals$}")
}

/// A score without its name: an accuracy in percent, R² with three decimals, an RMSE with four significant digits.
pub fn score(measure: Measure, number: f64) -> String {
    match measure {
        Measure::Accuracy => percent(number),
        Measure::R2 => format!("{number:.3}"),
        Measure::Rmse => significant(number),
    }
}

/// The mean of some numbers; zero for none.
pub fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}
