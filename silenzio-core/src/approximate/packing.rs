//! What packing does in every backend.

/// The coefficient from which the coefficients of packed values are counted: the lowest bits that these all share. Values
/// at multiples of a stride, beginning at the offset, take as many automorphisms wherever they begin, because X^offset is
/// multiplied afterwards.
pub fn offset(log_size: u32, mut places: impl Iterator<Item = usize>) -> usize {
    let Some(first) = places.next() else { return 0 };
    let shared = places
        .filter(|&place| place != first)
        .fold(log_size, |shared, place| shared.min((place ^ first).trailing_zeros()));
    first % (1 << shared)
}

/// The number of automorphisms that pack LWEs into a GLWE of 2^`log_size` coefficients, at these coefficients, which
/// must be distinct.
///
/// Packing is a binary tree on the bits of the coefficients' numbers, lowest first (Chen, Dai, Kim and Song, ePrint
/// 2020/015). Each join of two halves takes one automorphism, and so does each level at which nothing is joined.
pub fn automorphisms(log_size: u32, places: &[usize]) -> usize {
    let offset = offset(log_size, places.iter().copied());
    tree(log_size, &places.iter().map(|place| place - offset).collect::<Vec<_>>())
}

/// The automorphisms of a node.
fn tree(log_size: u32, places: &[usize]) -> usize {
    if places.is_empty() {
        return 0;
    }
    let even_levels = places
        .iter()
        .filter(|&&place| place != 0)
        .fold(log_size, |levels, place| levels.min(place.trailing_zeros()));
    let joint = log_size - even_levels;
    let joined = match joint {
        0 => 0,
        _ => {
            let half = |bit: usize| -> Vec<usize> {
                let of_bit = places.iter().map(|place| place >> even_levels).filter(|place| place & 1 == bit);
                of_bit.map(|place| place >> 1).collect()
            };
            tree(joint - 1, &half(0)) + tree(joint - 1, &half(1)) + 1
        }
    };
    joined + even_levels as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_share_automorphisms() {
        assert_eq!(automorphisms(11, &[]), 0);
        assert_eq!(automorphisms(11, &[0]), 11);
        assert_eq!(automorphisms(11, &[0, 1024]), 11);
        assert_eq!(automorphisms(11, &[0, 512, 1024, 1536]), 9 + 3);
        assert_eq!(automorphisms(3, &[0, 1, 2, 3, 4, 5, 6, 7]), 7);
        // Each half has two levels without joins; then they are joined.
        assert_eq!(automorphisms(3, &[0, 1]), 2 + 2 + 1);
    }

    #[test]
    fn values_are_counted_from_what_their_places_share() {
        let offset = |places: &[usize]| offset(11, places.iter().copied());
        assert_eq!([offset(&[]), offset(&[7]), offset(&[0, 16]), offset(&[3, 19, 35])], [0, 7, 0, 3]);
        assert_eq!([offset(&[5, 7]), offset(&[1024, 1027])], [1, 0]);
        assert_eq!(automorphisms(11, &[7]), 11);
        assert_eq!(automorphisms(11, &[3, 515, 1027, 1539]), automorphisms(11, &[0, 512, 1024, 1536]));
    }
}
