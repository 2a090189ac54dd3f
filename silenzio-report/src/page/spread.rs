//! Scores over the values of a swept field, and over the cost.

use super::axis::Axis;
use super::chart::{Canvas, Chart, Drawn, Figure};
use super::scores::{label, plotted, title as name_of};
use super::theme::Role;
use crate::ReportError;
use silenzio::Measure;
use std::collections::BTreeMap;

/// A point of a sweep, with all of its seeds.
pub struct PointSummary<'a> {
    pub point: usize,
    /// The values of the swept fields.
    pub values: &'a [String],
    pub seeds: usize,
    pub float: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Bootstraps of an encrypted training, mean over the seeds.
    pub bootstraps: f64,
    /// The time of a simulation, mean over the seeds.
    pub seconds: f64,
}

/// The largest number of values that are shown as categories. More or longer numbers have a continuous axis.
const MOST_CATEGORIES: usize = 12;
const LONGEST_CATEGORY: usize = 4;

const POINTS: &str = "A dot is a point of the sweep, the mean over its seeds; its stroke reaches from the worst seed \
                      to the best.";

/// Draws the score over the `field`-th value of the points; `None` if they all have the same.
///
/// # Errors
/// [`ReportError::Plot`] if the chart cannot be drawn.
pub fn over_field(
    name: String,
    title: &str,
    field: usize,
    measure: Measure,
    points: &[PointSummary<'_>],
) -> Result<Option<Figure>, ReportError> {
    let value = |point: &PointSummary<'_>| point.values[field].clone();
    let numbers: Option<Vec<f64>> = points.iter().map(|point| number(&value(point))).collect();
    let mut categories: Vec<String> = points.iter().map(value).collect();
    categories.sort_by(|a, b| compare(a, b));
    categories.dedup();
    if categories.len() < 2 {
        return Ok(None);
    }
    match numbers {
        Some(numbers) if is_continuum(&categories) => {
            let (x, places) = continuum(&numbers);
            let series = vec![Role::Float, Role::Simulated];
            over_continuum(name, measure, &chart(measure, title, title, x, points, series), &places, points)
                .map(Some)
        }
        _ => over_categories(name, title, field, measure, &categories, points).map(Some),
    }
}

fn is_continuum(numbers: &[String]) -> bool {
    let long = numbers.iter().any(|number| number.chars().count() > LONGEST_CATEGORY);
    numbers.len() > MOST_CATEGORIES || long && numbers.len() > 5
}

/// Draws the score over bootstraps; `None` if these are unknown, or the same for all points.
///
/// # Errors
/// [`ReportError::Plot`] if the chart cannot be drawn.
pub fn over_bootstraps(
    name: String,
    measure: Measure,
    points: &[PointSummary<'_>],
) -> Result<Option<Figure>, ReportError> {
    let bootstraps: Vec<f64> = points.iter().map(|point| point.bootstraps).collect();
    let least = bootstraps.iter().copied().fold(f64::INFINITY, f64::min);
    let most = bootstraps.iter().copied().fold(0.0, f64::max);
    if least <= 0.0 || most < 1.01 * least {
        return Ok(None);
    }
    let logarithms: Vec<f64> = bootstraps.iter().map(|count| count.log10()).collect();
    let x = Axis::of_logarithms(logarithms.iter().copied());
    let (title, x_title) = (format!("{} and cost", name_of(measure)), "bootstraps of an encrypted training");
    over_continuum(name, measure, &chart(measure, &title, x_title, x, points, vec![]), &logarithms, points)
        .map(Some)
}

fn over_categories(
    name: String,
    title: &str,
    field: usize,
    measure: Measure,
    categories: &[String],
    points: &[PointSummary<'_>],
) -> Result<Figure, ReportError> {
    let mut by_category: BTreeMap<usize, Vec<&PointSummary<'_>>> = BTreeMap::new();
    for point in points {
        if let Some(category) = categories.iter().position(|category| *category == point.values[field]) {
            by_category.entry(category).or_default().push(point);
        }
    }
    let chart = chart(
        measure,
        title,
        title,
        Axis::of_categories(categories),
        points,
        vec![Role::Float, Role::Simulated],
    );
    let caption = format!("{POINTS} Lines are means over all points with the value.");
    chart.draw(name, caption, |canvas| {
        let mut means = [Role::Float, Role::Simulated].map(|role| (role, Vec::new()));
        for (&category, points) in &by_category {
            for (rank, point) in points.iter().enumerate() {
                // Points are drawn side by side, so that they do not hide each other.
                let beside = (rank as f64 + 0.5) / points.len() as f64 - 0.5;
                draw_point(canvas, measure, category as f64 + 0.6 * beside, point)?;
            }
            let count = points.len() as f64;
            let mean = |of: fn(&PointSummary<'_>) -> f64| {
                plotted(measure, points.iter().map(|point| of(point)).sum::<f64>() / count)
            };
            means[0].1.push((category as f64, mean(|point| point.float)));
            means[1].1.push((category as f64, mean(|point| point.mean)));
        }
        means.iter().try_for_each(|(role, means)| canvas.line(means, *role))
    })
}

/// Draws points at their places, and the float reference only if the legend has it.
fn over_continuum(
    name: String,
    measure: Measure,
    chart: &Chart,
    places: &[f64],
    points: &[PointSummary<'_>],
) -> Result<Figure, ReportError> {
    chart.draw(name, POINTS, |canvas| {
        for (&place, point) in places.iter().zip(points).filter(|_| chart.series.contains(&Role::Float)) {
            canvas.mark((place, plotted(measure, point.float)), Role::Float)?;
        }
        places.iter().zip(points).try_for_each(|(&place, point)| draw_point(canvas, measure, place, point))
    })
}

fn chart(
    measure: Measure,
    title: &str,
    x_title: &str,
    x: Axis,
    points: &[PointSummary<'_>],
    series: Vec<Role>,
) -> Chart {
    let float = points.iter().filter(|_| !series.is_empty()).map(|point| point.float);
    let scores = points.iter().flat_map(|point| [point.low, point.high]).chain(float);
    Chart {
        title: title.into(),
        x_title: x_title.into(),
        y_title: label(measure),
        x,
        y: Axis::of_scores(measure, scores),
        series,
    }
}

fn draw_point(canvas: &Canvas<'_, '_>, measure: Measure, place: f64, point: &PointSummary<'_>) -> Drawn {
    if point.seeds > 1 {
        canvas.upright(
            place,
            (plotted(measure, point.low), plotted(measure, point.high)),
            Role::Simulated,
        )?;
    }
    canvas.mark((place, plotted(measure, point.mean)), Role::Simulated)
}

/// An axis for many numbers, which is logarithmic if they have a wide range, and their places on it.
fn continuum(numbers: &[f64]) -> (Axis, Vec<f64>) {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > 0.0 && high / low >= 10.0 {
        let places: Vec<f64> = numbers.iter().map(|number| number.log10()).collect();
        (Axis::of_logarithms(places.iter().copied()), places)
    } else {
        (Axis::of_numbers(numbers.iter().copied()), numbers.to_vec())
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && number.abs() < 1e15)
}

/// Orders numbers by size, before texts.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a_number, b_number) => b_number.is_some().cmp(&a_number.is_some()).then_with(|| a.cmp(b)),
    }
}
