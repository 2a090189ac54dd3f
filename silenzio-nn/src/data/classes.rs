//! From labels as written to numbered classes.

use std::collections::{BTreeSet, HashMap};

/// The distinct labels in the order of their class numbers: by value if all are integers, else by text.
pub(super) fn class_names(labels: &[String]) -> Vec<String> {
    let distinct: BTreeSet<&String> = labels.iter().collect();
    let mut names: Vec<String> = distinct.into_iter().cloned().collect();
    let values: Option<HashMap<String, i128>> =
        names.iter().map(|name| Some((name.clone(), name.parse().ok()?))).collect();
    if let Some(values) = values {
        names.sort_by_key(|name| values.get(name).copied());
    }
    names
}

/// The class number of each label; `Err` is the position of the first label that is no class.
pub(super) fn class_numbers(labels: &[String], classes: &[String]) -> Result<Vec<usize>, usize> {
    let numbers: HashMap<&str, usize> =
        classes.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
    labels
        .iter()
        .enumerate()
        .map(|(position, label)| numbers.get(label.as_str()).copied().ok_or(position))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|label| label.to_string()).collect()
    }

    #[test]
    fn integers_are_sorted_by_value_and_other_labels_by_text() {
        assert_eq!(class_names(&strings(&["10", "9", "-1", "9"])), strings(&["-1", "9", "10"]));
        assert_eq!(class_names(&strings(&["10", "9", "b", "9"])), strings(&["10", "9", "b"]));
        assert_eq!(class_names(&[]), strings(&[]));
    }

    #[test]
    fn numbers_follow_the_names_and_unknown_labels_are_found() {
        let classes = strings(&["a", "b"]);
        assert_eq!(class_numbers(&strings(&["b", "a", "b"]), &classes), Ok(vec![1, 0, 1]));
        assert_eq!(class_numbers(&strings(&["b", "c"]), &classes), Err(1));
    }
}
