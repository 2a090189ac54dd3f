//! Random choice of samples, with the same share of every class.

use silenzio_core::random::{Purpose, Seed, Stream};

/// The two parts of `0..labels.len()`, each in ascending order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub kept: Vec<usize>,
    pub held_back: Vec<usize>,
}

/// Holds back `fraction` of the samples, but keeps at least one sample of every class.
pub(super) fn hold_back(labels: &[usize], classes: usize, fraction: f64, mut stream: Stream) -> Parts {
    let sizes = class_sizes(labels, classes);
    // A cast from a float to an integer saturates, and turns NaN into 0.
    let wanted = (labels.len() as f64 * fraction).round() as usize;
    let mut shares = apportion(&sizes, wanted);
    for (share, size) in shares.iter_mut().zip(&sizes) {
        *share = (*share).min(size.saturating_sub(1));
    }
    draw(labels, shares, &mut stream)
}

/// Chooses at most `limit` samples, with the same share of every class, in ascending order.
pub(super) fn thin_out(labels: &[usize], classes: usize, limit: usize, seed: Seed) -> Vec<usize> {
    let shares = apportion(&class_sizes(labels, classes), limit);
    draw(labels, shares, &mut seed.stream(Purpose::Split, 1, 0)).held_back
}

/// Draws as many samples as there are labels, equally many from every class that has samples, in ascending order.
/// Within a class, the samples are drawn equally often, give or take one.
pub(super) fn balanced(labels: &[usize], classes: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    seed.stream(Purpose::Split, 2, 0).shuffle(&mut order);
    let mut of_classes: Vec<Vec<usize>> = vec![vec![]; classes];
    for sample in order {
        if let Some(class) = of_classes.get_mut(labels[sample]) {
            class.push(sample);
        }
    }
    of_classes.retain(|samples| !samples.is_empty());
    let (present, total) = (of_classes.len().max(1), labels.len());
    let shares = (0..present).map(|class| total / present + usize::from(class < total % present));
    let drawn = of_classes.iter().zip(shares).flat_map(|(samples, share)| samples.iter().cycle().take(share));
    let mut drawn: Vec<usize> = drawn.copied().collect();
    drawn.sort_unstable();
    drawn
}

fn class_sizes(labels: &[usize], classes: usize) -> Vec<usize> {
    let mut sizes = vec![0; classes];
    for &label in labels {
        if let Some(size) = sizes.get_mut(label) {
            *size += 1;
        }
    }
    sizes
}

/// Divides `wanted` in proportion to `sizes`, by the largest remainder; no share is larger than its size.
fn apportion(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    if wanted >= total {
        return sizes.to_vec();
    }
    let product = |size: usize| size as u128 * wanted as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|&size| (product(size) / total as u128) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(product(sizes[class]) % total as u128));
    let left = wanted - shares.iter().sum::<usize>();
    for class in by_remainder.into_iter().take(left) {
        shares[class] += 1;
    }
    shares
}

/// Holds back `shares[class]` samples of each class.
fn draw(labels: &[usize], mut shares: Vec<usize>, stream: &mut Stream) -> Parts {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    stream.shuffle(&mut order);
    let (mut held_back, mut kept): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&sample| match shares.get_mut(labels[sample]) {
            Some(share) if *share > 0 => {
                *share -= 1;
                true
            }
            _ => false,
        });
    kept.sort_unstable();
    held_back.sort_unstable();
    Parts { kept, held_back }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(seed: u64) -> Stream {
        Seed(seed).stream(Purpose::Split, 0, 0)
    }

    #[test]
    fn every_class_gives_its_share() {
        let labels: Vec<usize> = (0..100).map(|sample| usize::from(sample >= 70)).collect();
        let parts = hold_back(&labels, 2, 0.2, stream(1));
        assert_eq!(parts.held_back.len(), 20);
        assert_eq!(parts.held_back.iter().filter(|&&sample| sample >= 70).count(), 6);
        assert_eq!(parts, hold_back(&labels, 2, 0.2, stream(1)));
        assert_ne!(parts, hold_back(&labels, 2, 0.2, stream(2)));

        let few = thin_out(&labels, 2, 10, Seed(1));
        assert_eq!(few.iter().filter(|&&sample| sample >= 70).count(), 3);
    }

    #[test]
    fn impossible_fractions_are_harmless() {
        let labels = [0, 1, 1, 0, 2];
        for (fraction, held_back) in [(f64::NAN, 0), (-1.0, 0), (0.0, 0), (1.0, 2), (f64::INFINITY, 2)] {
            assert_eq!(hold_back(&labels, 3, fraction, stream(1)).held_back.len(), held_back, "{fraction}");
        }
    }

    proptest! {
        #[test]
        fn shares_add_up(sizes in prop::collection::vec(0usize..50, 1..8), wanted in 0usize..300) {
            let shares = apportion(&sizes, wanted);
            prop_assert_eq!(shares.iter().sum::<usize>(), wanted.min(sizes.iter().sum()));
            prop_assert!(shares.iter().zip(&sizes).all(|(share, size)| share <= size));
        }

        #[test]
        fn balanced_classes_are_equally_large_and_use_their_samples_alike(
            labels in prop::collection::vec(0usize..4, 0..60), seed: u64
        ) {
            let drawn = balanced(&labels, 4, Seed(seed));
            prop_assert_eq!(drawn.len(), labels.len());
            let times: Vec<usize> =
                (0..labels.len()).map(|sample| drawn.iter().filter(|&&other| other == sample).count()).collect();
            let mut sizes = vec![];
            for class in 0..4 {
                let of_class = || (0..labels.len()).filter(|&sample| labels[sample] == class).map(|sample| times[sample]);
                if let (Some(least), Some(most)) = (of_class().min(), of_class().max()) {
                    prop_assert!(most - least <= 1);
                    sizes.push(of_class().sum::<usize>());
                }
            }
            let spread = sizes.iter().max().zip(sizes.iter().min()).map_or(0, |(most, least)| most - least);
            prop_assert!(spread <= 1, "{:?}", sizes);
        }

        #[test]
        fn the_parts_are_a_partition_and_no_class_is_lost(
            labels in prop::collection::vec(0usize..4, 1..60), fraction in 0.0f64..1.0, seed: u64
        ) {
            let parts = hold_back(&labels, 4, fraction, stream(seed));
            let mut all = [parts.kept.clone(), parts.held_back].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
            for label in &labels {
                prop_assert!(parts.kept.iter().any(|&sample| labels[sample] == *label));
            }
        }
    }
}
