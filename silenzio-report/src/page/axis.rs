//! Ranges and ticks of axes.

use silenzio::Measure;
use std::ops::Range;

/// A range, with the places of its ticks and their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub range: Range<f64>,
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis for scores, as plots show them.
    pub fn of_scores(measure: Measure, scores: impl Iterator<Item = f64>) -> Self {
        match measure {
            Measure::Accuracy => Self::of_accuracies(scores),
            Measure::R2 | Measure::Rmse => Self::of_numbers(scores),
        }
    }

    /// An axis for accuracies, in percent, no wider than needed.
    pub fn of_accuracies(accuracies: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extent(accuracies.map(|accuracy| 100.0 * accuracy)).unwrap_or((0.0, 100.0));
        let margin = (0.06 * (high - low)).max(0.5);
        let (low, high) = ((low - margin).max(0.0), (high + margin).min(100.0));
        Self { range: low..high, ticks: ticks(low, high, step((high - low) / 6.0)) }
    }

    /// An axis for epochs 1 to `last`.
    pub fn of_epochs(last: usize) -> Self {
        let step = step(last as f64 / 8.0).max(1.0);
        let ticks = (1..=last).filter(|epoch| last <= 8 || (*epoch as f64 % step) == 0.0);
        Self {
            range: 1.0 - 0.03 * last as f64..1.03 * last as f64,
            ticks: ticks.map(|epoch| (epoch as f64, epoch.to_string())).collect(),
        }
    }

    /// An axis for numbers.
    pub fn of_numbers(numbers: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extent(numbers).unwrap_or((0.0, 1.0));
        let width = if high > low { high - low } else { low.abs().max(1.0) };
        let step = step(width / 5.0);
        let (low, high) = (low - 0.03 * width, high + 0.03 * width);
        Self { range: low..high, ticks: ticks(low, high, step) }
    }

    /// An axis for decimal logarithms, with ticks at 1, 2 and 5 times the powers of ten.
    pub fn of_logarithms(logarithms: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extent(logarithms).unwrap_or((0.0, 1.0));
        let margin = (0.04 * (high - low)).max(0.05);
        let (low, high) = (low - margin, high + margin);
        // In a range below a factor of five, powers of ten are too far apart.
        if high - low < 0.7 {
            let (least, greatest) = (10f64.powf(low), 10f64.powf(high));
            let linear = ticks(least, greatest, step((greatest - least) / 6.0));
            let ticks = linear.into_iter().map(|(number, _)| (number.log10(), short(number)));
            return Self { range: low..high, ticks: ticks.collect() };
        }
        let leading: &[f64] = if high - low < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let powers = low.floor() as i32..=high.ceil() as i32;
        let ticks = powers.flat_map(|power| leading.iter().map(move |digit| digit * 10f64.powi(power)));
        let ticks = ticks.map(|number| (number.log10(), short(number)));
        Self { range: low..high, ticks: ticks.filter(|(place, _)| (low..=high).contains(place)).collect() }
    }

    /// An axis with places 0, 1, 2, … and these labels.
    pub fn of_categories(labels: &[String]) -> Self {
        // The narrower the places, the fewer letters fit, and the fewer labels.
        let room = (50 / labels.len().max(1)).max(3);
        let every = labels.len().div_ceil(14).max(1);
        let tick = |(place, label): (usize, &String)| (place as f64, abridged(label, room));
        Self {
            range: -0.5..labels.len() as f64 - 0.5,
            ticks: labels.iter().enumerate().step_by(every).map(tick).collect(),
        }
    }
}

/// The multiples of `step` between two numbers.
fn ticks(low: f64, high: f64, step: f64) -> Vec<(f64, String)> {
    let decimals = if step >= 1.0 { 0 } else { (-step.log10()).ceil() as usize };
    let tick = |number: i64| {
        let place = number as f64 * step;
        (place, if step < 1e5 { format!("{place:.decimals$}") } else { short(place) })
    };
    ((low / step).ceil() as i64..=(high / step).floor() as i64).map(tick).collect()
}

/// The smallest of the numbers 1, 2 and 5 times a power of ten that is at least `width`.
fn step(width: f64) -> f64 {
    let power = 10f64.powf(width.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0].map(|digit| digit * power).into_iter().find(|step| *step >= width).unwrap_or(10.0 * power)
}

fn extent(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |extent, number| match extent {
        Some((low, high)) => Some((number.min(low), number.max(high))),
        None => Some((number, number)),
    })
}

/// A short form of a number, such as "38.2M".
pub fn short(number: f64) -> String {
    let units = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (scaled, unit) = units
        .into_iter()
        .find(|(unit, _)| number.abs() >= *unit)
        .map_or((number, ""), |(unit, name)| (number / unit, name));
    let decimals = match scaled.abs() {
        0.0 => 0,
        below_100 if below_100 < 100.0 => (1 - below_100.log10().floor() as i32).clamp(0, 6) as usize,
        _ => 0,
    };
    let text = format!("{scaled:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// Abridges a text to at most `room` letters.
pub fn abridged(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracies_get_the_room_they_need() {
        let axis = Axis::of_accuracies([0.93, 0.97].into_iter());
        assert!(axis.range.start >= 91.0 && axis.range.end <= 98.0, "{axis:?}");
        assert!((3..=9).contains(&axis.ticks.len()), "{axis:?}");
        let same = Axis::of_accuracies([1.0, 1.0].into_iter());
        assert!(same.range.start < 100.0 && same.range.end == 100.0, "{same:?}");
        assert_eq!(Axis::of_accuracies([].into_iter()).range, 0.0..100.0);
    }

    #[test]
    fn ticks_lie_in_their_range_and_differ() {
        for axis in [
            Axis::of_epochs(1),
            Axis::of_epochs(30),
            Axis::of_numbers([0.013, 0.98].into_iter()),
            Axis::of_numbers([5.0, 5.0].into_iter()),
            Axis::of_logarithms([-4.0, 2.0].into_iter()),
            Axis::of_logarithms([6.1, 6.2].into_iter()),
            Axis::of_categories(&["dither".into(), "nearest".into()]),
        ] {
            assert!(!axis.ticks.is_empty() && axis.ticks.len() < 16, "{axis:?}");
            for pair in axis.ticks.windows(2) {
                assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{axis:?}");
            }
            let inside = |place: f64| axis.range.start <= place && place <= axis.range.end;
            assert!(axis.ticks.iter().all(|(place, _)| inside(*place)), "{axis:?}");
        }
    }

    #[test]
    fn numbers_are_shortened() {
        let shortened = [0.0, 0.05, 7.0, 950.0, 1500.0, 38_160_224.0, 2e9].map(short);
        assert_eq!(shortened, ["0", "0.05", "7", "950", "1.5k", "38M", "2G"]);
        assert_eq!(abridged("{ margin = 6.0 }", 8), "{ margi…");
    }
}
