//! The log-mean-exp of logits, computed pair by pair: the part of the softmax that both engines share.
//!
//! The softmax of logits o_1 … o_c is `p_i = exp(o_i - L) / c`, where L is the log of the *mean* of the
//! exponentials. For means over n_a and n_b logits,
//!
//! ```text
//! LME(a, b) = b + ln((n_a exp(a - b) + n_b) / (n_a + n_b)),
//! ```
//!
//! which needs one function of the difference a - b. A mean lies between its operands, so every node of the tree stays
//! within the range of the logits, and every difference within twice that range.

/// An inner node of the tree: the mean of two children, with the number of logits under each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// The number of logits under the first child, a.
    pub a: usize,
    /// The number of logits under the second child, b.
    pub b: usize,
}

impl Node {
    /// LME(a, b) - b from `difference` = a - b.
    pub fn mean(self, difference: f64) -> f64 {
        let (a, b) = (self.a as f64, self.b as f64);
        ((a * difference.exp() + b) / (a + b)).ln()
    }
}

/// Joins `leaves`, one per class, and returns the root of their tree; `None` if there are no leaves. `join` computes a
/// node from its children a and b. On each level, neighbours are paired from the left, and a leaf without a partner
/// moves up unchanged: c leaves take c - 1 joins.
///
/// # Errors
/// The first error of `join`.
pub fn fold<T, E>(
    leaves: impl IntoIterator<Item = T>,
    mut join: impl FnMut(Node, T, T) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let mut level: Vec<(usize, T)> = leaves.into_iter().map(|leaf| (1, leaf)).collect();
    while level.len() > 1 {
        let mut parents = Vec::with_capacity(level.len().div_ceil(2));
        let mut children = level.into_iter();
        while let Some((count_a, a)) = children.next() {
            parents.push(match children.next() {
                Some((count_b, b)) => (count_a + count_b, join(Node { a: count_a, b: count_b }, a, b)?),
                None => (count_a, a),
            });
        }
        level = parents;
    }
    Ok(level.pop().map(|(_, root)| root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    proptest! {
        #[test]
        fn the_root_is_the_log_mean_exp_of_all_leaves(logits in prop::collection::vec(-8.0..8.0, 1..20)) {
            let mut joins = 0;
            let root = fold(logits.iter().copied(), |node, a, b| {
                joins += 1;
                let mean = b + node.mean(a - b);
                assert!(f64::min(a, b) - 1e-9 <= mean && mean <= f64::max(a, b) + 1e-9);
                Ok::<_, Infallible>(mean)
            });
            let mean = logits.iter().map(|logit| logit.exp()).sum::<f64>() / logits.len() as f64;
            prop_assert!(matches!(root, Ok(Some(root)) if (root - mean.ln()).abs() < 1e-9), "{:?}", root);
            prop_assert_eq!(joins, logits.len() - 1);
        }

        /// The counts of a node are those of the leaves under its children, and no leaf is lost or moved.
        #[test]
        fn every_leaf_is_under_the_root_in_order(count in 0_usize..40) {
            let join = |node: Node, mut a: Vec<usize>, b: Vec<usize>| {
                assert_eq!((a.len(), b.len()), (node.a, node.b));
                a.extend(b);
                Ok::<_, Infallible>(a)
            };
            let Ok(root) = fold((0..count).map(|leaf| vec![leaf]), join);
            prop_assert_eq!(root.unwrap_or_default(), (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_ends_the_fold() {
        let failed = fold(0..5, |node, a, b| if node.a + node.b > 2 { Err((a, b)) } else { Ok(a * 10 + b) });
        assert_eq!(failed, Err((1, 23)));
    }
}
