//! Scores of predictions of classes.

use ndarray::Array2;

/// The class with the largest logit for each row of `logits`, samples x classes. If several logits are equal, as in an
/// untrained encrypted network, it is the first of them.
pub fn predictions(logits: &Array2<f32>) -> Vec<usize> {
    let largest = |best: (usize, f32), (class, &logit): (usize, &f32)| {
        if logit > best.1 { (class, logit) } else { best }
    };
    logits
        .rows()
        .into_iter()
        .map(|row| row.iter().enumerate().fold((0, f32::NEG_INFINITY), largest).0)
        .collect()
}

/// The fraction of `predicted` that equals `labels`, from 0 to 1; 0 if there are no samples.
pub fn accuracy(predicted: &[usize], labels: &[usize]) -> f64 {
    let right = predicted.iter().zip(labels).filter(|(predicted, label)| predicted == label).count();
    right as f64 / labels.len().max(1) as f64
}

/// The mean cross entropy of the softmax of `logits`, samples x classes, with `labels`, in nats; 0 if there are no
/// samples. A label that is not a class has an infinite loss.
///
/// It is computed as `-log softmax(z)_y = m + log sum_j exp(z_j - m) - z_y`, where `m` is the largest logit of the
/// sample.
pub fn cross_entropy(logits: &Array2<f32>, labels: &[usize]) -> f64 {
    let total: f64 = logits
        .rows()
        .into_iter()
        .zip(labels)
        .map(|(row, &label)| {
            let Some(&right) = row.get(label) else { return f64::INFINITY };
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f64 = row.iter().map(|&logit| f64::from(logit - largest).exp()).sum();
            f64::from(largest) + sum.ln() - f64::from(right)
        })
        .sum();
    total / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_largest_logit_wins_and_the_first_of_equals() {
        assert_eq!(predictions(&array![[1.0, 3.0, 2.0], [2.0, 2.0, 0.0], [-5.0, -4.0, -3.0]]), [1, 0, 2]);
    }

    #[test]
    fn accuracy_counts_hits() {
        assert_eq!(accuracy(&[0, 1, 2, 1], &[0, 1, 1, 1]), 0.75);
        assert_eq!(accuracy(&[], &[]), 0.0);
    }

    #[test]
    fn cross_entropy_is_that_of_the_softmax() {
        assert!((cross_entropy(&array![[0.0, 0.0], [5.0, 5.0]], &[0, 1]) - 2f64.ln()).abs() < 1e-12);
        assert!((cross_entropy(&array![[3f32.ln(), 0.0]], &[0]) - (4.0f64 / 3.0).ln()).abs() < 1e-6);
        assert_eq!(cross_entropy(&array![[1000.0, 0.0]], &[1]), 1000.0);
        assert_eq!(cross_entropy(&array![[0.0, 0.0]], &[2]), f64::INFINITY);
    }
}
