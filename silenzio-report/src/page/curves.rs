//! Learning curves.

use super::axis::Axis;
use super::chart::{Chart, Figure};
use super::scores::{label, plotted, title};
use super::theme::Role;
use crate::ReportError;
use silenzio::Measure;

/// The scores of one kind of training over the epochs, for all of its seeds.
pub struct Curve {
    pub role: Role,
    /// Places in epochs, from 1.
    pub epochs: Vec<f64>,
    /// A curve per seed, with a score per place.
    pub scores: Vec<Vec<f64>>,
}

impl Curve {
    /// Scores after whole epochs.
    pub fn new(role: Role, scores: Vec<Vec<f64>>) -> Self {
        let shortest = scores.iter().map(Vec::len).min().unwrap_or(0);
        Self { role, epochs: (1..=shortest).map(|epoch| epoch as f64).collect(), scores }
    }

    /// The mean, the least and the greatest score at a place.
    pub fn at(&self, place: usize) -> (f64, f64, f64) {
        let of_seeds = || self.scores.iter().filter_map(|seed| seed.get(place).copied());
        let (count, sum) = of_seeds().fold((0.0, 0.0), |(count, sum), score| (count + 1.0, sum + score));
        let low = of_seeds().fold(f64::INFINITY, f64::min);
        let high = of_seeds().fold(f64::NEG_INFINITY, f64::max);
        (sum / f64::max(count, 1.0), low, high)
    }
}

/// Draws the curves of one experiment together.
///
/// # Errors
/// [`ReportError::Plot`] if the chart cannot be drawn.
pub fn draw(name: String, measure: Measure, curves: &[Curve]) -> Result<Figure, ReportError> {
    let all = || curves.iter().flat_map(|curve| curve.scores.iter().flatten().copied());
    let last = curves.iter().flat_map(|curve| &curve.epochs).fold(1.0, |last: f64, &epoch| last.max(epoch));
    let several = curves.iter().any(|curve| curve.scores.len() > 1);
    let chart = Chart {
        title: match measure {
            Measure::Accuracy => "Learning curves".into(),
            Measure::R2 | Measure::Rmse => format!("Learning curves, {}", measure.name()),
        },
        x_title: "epoch".into(),
        y_title: label(measure),
        x: Axis::of_epochs(last.ceil() as usize),
        y: Axis::of_scores(measure, all()),
        series: curves.iter().map(|curve| curve.role).collect(),
    };
    let caption = if several {
        "Lines are means over the seeds, bands reach from the worst seed to the best.".to_owned()
    } else {
        format!("{} after each epoch, and after the last step.", title(measure))
    };
    chart.draw(name, caption, |canvas| {
        for curve in curves {
            let at = |place: usize| {
                let (mean, low, high) = curve.at(place);
                (plotted(measure, mean), plotted(measure, low), plotted(measure, high))
            };
            let points: Vec<(f64, f64, f64)> = (0..curve.epochs.len()).map(at).collect();
            if curve.scores.len() > 1 {
                let low: Vec<f64> = points.iter().map(|point| point.1).collect();
                let high: Vec<f64> = points.iter().map(|point| point.2).collect();
                canvas.band(&curve.epochs, &low, &high, curve.role)?;
            }
        }
        for curve in curves {
            let point = |(place, &epoch): (usize, &f64)| (epoch, plotted(measure, curve.at(place).0));
            let points: Vec<(f64, f64)> = curve.epochs.iter().enumerate().map(point).collect();
            canvas.line(&points, curve.role)?;
        }
        Ok(())
    })
}
