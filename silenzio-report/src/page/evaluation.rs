//! The section about models that were evaluated on the same samples, with the learning curve of a training by its snapshots.

use super::axis::Axis;
use super::chart::{Chart, Figure};
use super::experiment::confusion_table;
use super::heat_map;
use super::scores::cell;
use super::section::{Section, TextTable};
use super::theme::Role;
use crate::ReportError;
use crate::results::{EvaluatedModel, Evaluation};
use crate::text::{grouped, percent};
use silenzio::Measure;

/// The section about an evaluation, with plots whose names begin with `prefix`.
///
/// # Errors
/// [`ReportError::Plot`] if a plot cannot be drawn.
pub fn section(prefix: &str, name: &str, evaluation: &Evaluation) -> Result<Section, ReportError> {
    let Evaluation { samples, best, accuracy, confusion, models, average } = evaluation;
    let mut figures = Vec::new();
    if models.len() > 1 {
        figures.push(curve(format!("{prefix}-learning-curve"), models, average.as_ref())?);
    }
    if confusion.classes.len() <= heat_map::MOST_CLASSES {
        figures.push(heat_map::draw(format!("{prefix}-confusion"), Role::Encrypted, confusion)?);
    }
    let mut numbers = vec![(percent(*accuracy), format!("the best: {best}"))];
    let rest = models.last().map(|last| (last, "the last")).into_iter();
    let rest = rest.chain(average.as_ref().map(|average| (average, "the average of all")));
    numbers.extend(rest.map(|(model, role)| (percent(model.accuracy), role.to_owned())));
    let header = ["model", "steps", "accuracy (%)", "cross entropy"];
    let rows = models.iter().chain(average).map(row).collect();
    Ok(Section {
        title: "Models of a training".into(),
        subtitle: format!("from {name}; on {} samples", grouped(*samples)),
        numbers,
        figures,
        tables: vec![
            TextTable::new("Models", &header, rows),
            confusion_table(Role::Encrypted, confusion).folded(),
        ],
    })
}

fn row(model: &EvaluatedModel) -> Vec<String> {
    let EvaluatedModel { model, steps, accuracy, cross_entropy } = model;
    vec![model.clone(), grouped(*steps), cell(Measure::Accuracy, *accuracy), format!("{cross_entropy:.3}")]
}

/// Draws accuracy over the steps of the models, and that of their average as a horizontal line.
fn curve(
    name: String,
    models: &[EvaluatedModel],
    average: Option<&EvaluatedModel>,
) -> Result<Figure, ReportError> {
    let accuracies = models.iter().chain(average).map(|model| model.accuracy);
    let steps = || models.iter().map(|model| model.steps as f64);
    let chart = Chart {
        title: "Learning curve".into(),
        x_title: "steps".into(),
        y_title: "accuracy (%)".into(),
        x: Axis::of_numbers(steps()),
        y: Axis::of_accuracies(accuracies),
        series: [Some(Role::Encrypted), average.map(|_| Role::Averaged)].into_iter().flatten().collect(),
    };
    let caption =
        "Accuracy of each model. The horizontal line is the accuracy of the average of all of them.";
    let caption = if average.is_some() { caption } else { "Accuracy of each model." };
    chart.draw(name, caption, |canvas| {
        let points: Vec<(f64, f64)> =
            steps().zip(models).map(|(steps, model)| (steps, 100.0 * model.accuracy)).collect();
        canvas.line(&points, Role::Encrypted)?;
        let (Some(average), Some(&(first, _)), Some(&(last, _))) = (average, points.first(), points.last())
        else {
            return Ok(());
        };
        let level = 100.0 * average.accuracy;
        canvas.line(&[(first, level), (last, level)], Role::Averaged)
    })
}
