//! How plots and tables show scores.

use crate::text::significant;
use silenzio::Measure;

/// The number that a plot shows: an accuracy in percent, and other scores as they are.
pub fn plotted(measure: Measure, number: f64) -> f64 {
    match measure {
        Measure::Accuracy => 100.0 * number,
        Measure::R2 | Measure::Rmse => number,
    }
}

/// A cell of a table, of which the header names the measure.
pub fn cell(measure: Measure, number: f64) -> String {
    match measure {
        Measure::Accuracy => format!("{:.2}", 100.0 * number),
        Measure::R2 => format!("{number:.4}"),
        Measure::Rmse => significant(number),
    }
}

/// The name at an axis or in a header, with the unit: "accuracy (%)", "R²".
pub fn label(measure: Measure) -> String {
    match measure {
        Measure::Accuracy => "accuracy (%)".to_owned(),
        Measure::R2 | Measure::Rmse => measure.name().to_owned(),
    }
}

/// The header of a column of one kind of training, such as "float (%)" or "float R²".
pub fn column(measure: Measure, training: &str) -> String {
    match measure {
        Measure::Accuracy => format!("{training} (%)"),
        Measure::R2 | Measure::Rmse => format!("{training} {}", measure.name()),
    }
}

/// The name at the beginning of a title.
pub fn title(measure: Measure) -> &'static str {
    match measure {
        Measure::Accuracy => "Accuracy",
        Measure::R2 | Measure::Rmse => measure.name(),
    }
}
