//! Confusion matrices.

use ndarray::{Array2, ArrayView1};
use silenzio_data::shown;
use std::fmt;

/// Counts of predictions, by true and by predicted class.
///
/// It prints as a table with a row per true class, whose last column is the recall. If that is wider than 80
/// characters, each row instead names the classes that the true class is most often taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// The numbers of samples, true classes x predicted classes.
    pub counts: Array2<usize>,
    /// The names of the classes.
    pub classes: Vec<String>,
}

impl ConfusionMatrix {
    /// Counts the pairs of `predicted` and `labels`. Pairs with a class that is not one of `classes` are left out.
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

/// The width of a usual terminal, in characters.
const MOST_COLUMNS: usize = 80;

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        let too_wide = table.lines().any(|line| width(line) > MOST_COLUMNS);
        f.write_str(if too_wide { self.list() } else { table }.trim_end())
    }
}

impl ConfusionMatrix {
    /// The table of all counts.
    fn table(&self) -> String {
        let classes = self.shown_classes();
        const CORNER: &str = "true \\ predicted";
        let largest = self.counts.iter().max().map_or(1, |count| width(&count.to_string()));
        let first = classes.iter().map(|name| width(name)).max().unwrap_or(0).max(width(CORNER));
        let columns: Vec<usize> = classes.iter().map(|name| width(name).max(largest)).collect();

        let mut lines = format!("{CORNER:<first$}");
        for (name, &column) in classes.iter().zip(&columns) {
            lines += &format!("  {name:>column$}");
        }
        lines += "  recall\n";
        for ((number, name), counts) in classes.iter().enumerate().zip(self.counts.rows()) {
            lines += &format!("{name:<first$}");
            for (count, &column) in counts.iter().zip(&columns) {
                lines += &format!("  {count:>column$}");
            }
            lines += &format!("  {}\n", recall(number, counts));
        }
        lines
    }

    /// A list of the most frequent confusions of each class.
    fn list(&self) -> String {
        let classes = self.shown_classes();
        const CORNER: &str = "true class";
        let first = classes.iter().map(|name| width(name)).max().unwrap_or(0).max(width(CORNER));
        let mut lines = format!("{CORNER:<first$}  samples  recall  most often taken for\n");
        for ((number, name), counts) in classes.iter().enumerate().zip(self.counts.rows()) {
            let mut line = format!("{name:<first$}  {:>7}  {}", counts.sum(), recall(number, counts));
            let mut others: Vec<(usize, &String)> = counts.iter().copied().zip(&classes).collect();
            others.remove(number);
            others.retain(|(count, _)| *count > 0);
            others.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            for (place, (count, other)) in others.iter().enumerate() {
                let next = format!("{}{other} ({count})", if place == 0 { "  " } else { ", " });
                if place > 0 && width(&line) + width(&next) > MOST_COLUMNS {
                    break;
                }
                line += &next;
            }
            lines += &line;
            lines.push('\n');
        }
        lines
    }

    fn shown_classes(&self) -> Vec<String> {
        self.classes.iter().map(|name| shown(name)).collect()
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The recall of a class, the fraction of its samples that was recognised, in six characters.
fn recall(class: usize, counts: ArrayView1<'_, usize>) -> String {
    match counts.sum() {
        0 => format!("{:>6}", "-"),
        all => {
            let hits = counts.get(class).copied().unwrap_or_default();
            format!("{:>5.1}%", 100.0 * hits as f64 / all as f64)
        }
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

    #[test]
    fn many_classes_are_a_list() {
        let classes: Vec<String> = ('a'..='z').map(String::from).collect();
        let mut counts = Array2::from_diag_elem(26, 9);
        counts[[0, 25]] = 1;
        counts[[0, 1]] = 3;
        counts.row_mut(2).fill(0);
        counts.row_mut(3).fill(10);
        let printed = ConfusionMatrix { counts, classes }.to_string();
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines[0], "true class  samples  recall  most often taken for");
        assert_eq!(lines[1], "a                13   69.2%  b (3), z (1)");
        assert_eq!(lines[2], "b                 9  100.0%");
        assert_eq!(lines[3], "c                 0       -");
        assert!(lines[4].starts_with("d               260    3.8%  a (10), b (10), c (10), e (10), "));
        assert_eq!(lines.len(), 27);
        assert!(lines.iter().all(|line| width(line) <= MOST_COLUMNS), "{printed}");
    }
}
