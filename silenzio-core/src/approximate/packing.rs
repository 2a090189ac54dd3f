//! The cost of packing, which is the same in every backend.

/// The number of automorphisms that pack LWEs into a GLWE of 2^`log_size` coefficients, at these coefficients, which
/// must be distinct.
///
/// Packing is a binary tree on the bits of the coefficients' numbers, lowest first (Chen, Dai, Kim and Song, ePrint
/// 2020/015). Each join of two halves takes one automorphism, and so does each level at which nothing is joined.
pub fn automorphisms(log_size: u32, places: &[usize]) -> usize {
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
            automorphisms(joint - 1, &half(0)) + automorphisms(joint - 1, &half(1)) + 1
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
}
