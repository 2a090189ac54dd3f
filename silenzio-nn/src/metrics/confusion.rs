//! Which class is taken for which.

use ndarray::Array2;
use silenzio_data::shown;
use std::fmt;

/// Counts of predictions, by true and by predicted class.
///
/// It prints as a table with a row per true class, whose last column is the part of it that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Samples, true class x predicted class.
    pub counts: Array2<usize>,
    /// The names of the classes.
    pub classes: Vec<String>,
}

impl ConfusionMatrix {
    /// Counts `predicted` against `labels`; pairs with a number beyond `classes` are left out.
    pub fn new(classes: &[String], predicted: &[usize], labels: &[usize]) -> Self {
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        for (&predicted, &label) in predicted.iter().zip(labels) {
            if let Some(count) = counts.get_mut((label, predicted)) {
                *count += 1;
            }
        }
        Self { counts, classes: classes.to_vec() }
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes: Vec<String> = self.classes.iter().map(|name| shown(name)).collect();
        const CORNER: &str = "true \\ predicted";
        let width = |text: &str| text.chars().count();
        let largest = self.counts.iter().max().map_or(1, |count| width(&count.to_string()));
        let first = classes.iter().map(|name| width(name)).max().unwrap_or(0).max(width(CORNER));
        let columns: Vec<usize> = classes.iter().map(|name| width(name).max(largest)).collect();

        write!(f, "{CORNER:<first$}")?;
        for (name, &column) in classes.iter().zip(&columns) {
            write!(f, "  {name:>column$}")?;
        }
        write!(f, "  recall")?;
        for ((number, name), counts) in classes.iter().enumerate().zip(self.counts.rows()) {
            write!(f, "\n{name:<first$}")?;
            for (count, &column) in counts.iter().zip(&columns) {
                write!(f, "  {count:>column$}")?;
            }
            match counts.sum() {
                0 => write!(f, "  {:>6}", "-")?,
                all => {
                    let hits = counts.get(number).copied().unwrap_or_default();
                    write!(f, "  {:>5.1}%", 100.0 * hits as f64 / all as f64)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn rows_are_true_and_columns_predicted_classes() {
        let matrix = ConfusionMatrix::new(&names(&["a", "b"]), &[0, 1, 1, 9], &[0, 0, 1, 1]);
        assert_eq!(matrix.counts, array![[1, 1], [0, 1]]);
    }

    #[test]
    fn the_table_is_aligned() {
        let matrix = ConfusionMatrix {
            counts: array![[14, 0, 0], [2, 1234, 1], [0, 0, 0]],
            classes: names(&["ähre", "versicolor", "c"]),
        };
        let expected = "\
true \\ predicted  ähre  versicolor     c  recall
ähre                14           0     0  100.0%
versicolor           2        1234     1   99.8%
c                    0           0     0       -";
        assert_eq!(matrix.to_string(), expected);
    }
}
