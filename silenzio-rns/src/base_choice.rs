//! The choice of a base for one product: the cheapest that covers the range and divides as wanted.
//!
//! The modulus set, its order and the way the result is recombined decide what a product costs, what it
//! covers and what it is divided by. All pairwise coprime sets of odd moduli of at most five bits (about
//! 4,000) are searched with every order that matters.

use crate::RnsBase;
use crate::block_scaling::BlockScaling;
use crate::gadget::{self, ProductShape};
use crate::scaled_product;
use silenzio_core::plan::Gadget;
use silenzio_core::{LutCounts, Modulus};

/// The widest modulus of a base: five bits, as in the paper.
const WIDEST: u32 = 31;

/// More moduli than this cost more than they are worth (and the product would leave 62 bits).
const MOST_MODULI: usize = 8;

/// How far the divisor may be from the wanted one, as a ratio; the next one where nothing fits.
const TOLERANCES: [f64; 4] = [1.1, 1.25, 1.6, 2.5];

/// What a product needs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Requirements {
    /// The shape of the product.
    pub shape: ProductShape,
    /// The gadget that multiplies.
    pub gadget: Gadget,
    /// The wanted divisor.
    pub divisor: f64,
    /// The largest scaled result that has to be exact; what lies beyond may saturate.
    pub alpha: i64,
    /// The largest |V| that is possible.
    pub worst_case: i64,
    /// How far beyond the saturation point |V| may go: the base covers `margin * alpha * divisor`, or the
    /// worst case where that is less. `None` covers the worst case.
    pub margin: Option<f64>,
    /// Look-ups that each scaled result goes through afterwards.
    pub consumers: u64,
}

impl Requirements {
    /// The range that a scaling with this divisor has to cover.
    fn range(&self, divisor: f64) -> i64 {
        let wanted =
            self.margin.map_or(i64::MAX, |margin| (margin * self.alpha as f64 * divisor).ceil() as i64);
        wanted.min(self.worst_case)
    }

    /// The look-ups of the product with this scaling.
    pub fn lut_counts(&self, scaling: &BlockScaling) -> LutCounts {
        scaled_product::lut_counts(self.gadget, scaling, self.shape)
    }
}

/// The cheapest scaling that meets the requirements, at the given cost of a look-up per modulus.
///
/// The divisor is as near to the wanted one as the closest of a few tolerances that any base reaches; within
/// it cost decides, then nearness. `None` if no base covers the range.
pub fn choose(needs: &Requirements, lut_cost: impl Fn(Modulus) -> f64) -> Option<BlockScaling> {
    let class_costs: Vec<f64> =
        (0..=8).map(|bits| Modulus::new((1u32 << bits) - 1).map_or(0.0, &lut_cost)).collect();
    let cost_of = |counts: LutCounts| -> f64 {
        counts.classes().map(|(bits, count)| class_costs[bits as usize] * count as f64).sum()
    };
    let product_cost = |set: &[Modulus]| {
        cost_of(set.iter().map(|&m| gadget::lut_counts(needs.gadget, m, needs.shape)).sum())
    };
    let mut sets: Vec<(f64, Vec<Modulus>)> =
        coprime_sets().into_iter().map(|set| (product_cost(&set), set)).collect();
    sets.sort_by(|(a, _), (b, _)| a.total_cmp(b));

    let mut best: [Option<(f64, f64, BlockScaling)>; TOLERANCES.len()] = Default::default();
    for (least_cost, set) in sets {
        // The products alone cost more than the best within the strictest tolerance, and so do all that follow.
        if best[0].as_ref().is_some_and(|(cost, ..)| *cost < least_cost) {
            break;
        }
        for scaling in orders(&set).flat_map(|base| BlockScaling::all_for(base, needs.alpha)) {
            let divisor = scaling.divisor() as f64;
            let distance = (divisor / needs.divisor).ln().abs();
            let Some(tolerance) = TOLERANCES.iter().position(|tolerance| distance <= tolerance.ln()) else {
                continue;
            };
            if scaling.covered() < needs.range(divisor) {
                continue;
            }
            let consumers = LutCounts::of(scaling.container(), needs.consumers * needs.shape.outputs());
            let cost = cost_of(needs.lut_counts(&scaling) + consumers);
            if best[tolerance].as_ref().is_none_or(|(c, d, _)| (cost, distance) < (*c, *d)) {
                best[tolerance] = Some((cost, distance, scaling));
            }
        }
    }
    best.into_iter().flatten().next().map(|(_, _, scaling)| scaling)
}

/// All sets of pairwise coprime odd moduli of at most five bits.
fn coprime_sets() -> Vec<Vec<Modulus>> {
    let mut sets = vec![vec![]];
    for m in (3..=WIDEST).step_by(2).filter_map(|m| Modulus::new(m).ok()) {
        let extended: Vec<Vec<Modulus>> = sets
            .iter()
            .filter(|set| set.len() < MOST_MODULI && set.iter().all(|&other| m.coprime(other)))
            .map(|set| set.iter().copied().chain([m]).collect())
            .collect();
        sets.extend(extended);
    }
    sets.retain(|set| !set.is_empty());
    sets
}

/// The orders of a set that matter: each choice of the top and of the next digit, the others ascending, so
/// that the cheapest digits are carried most often.
fn orders(set: &[Modulus]) -> impl Iterator<Item = RnsBase> + '_ {
    let next_choices = set.len().saturating_sub(1).max(1);
    (0..set.len()).flat_map(move |top| (0..next_choices).map(move |next| (top, next))).filter_map(
        move |(top, next)| {
            let mut moduli = set.to_vec();
            let top = moduli.remove(top);
            if !moduli.is_empty() {
                let next = moduli.remove(next);
                moduli.push(next);
            }
            moduli.push(top);
            RnsBase::new(moduli).ok()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs() -> Requirements {
        Requirements {
            shape: ProductShape { a: 8, b: 5, c: 8 },
            gadget: Gadget::Squares,
            divisor: 416.0,
            alpha: 7,
            worst_case: 7 * 15 * 97,
            margin: Some(2.0),
            consumers: 4,
        }
    }

    fn cost(m: Modulus) -> f64 {
        [20.0, 40.0, 137.0, 320.0, 735.0][(m.bits().max(4) - 4) as usize]
    }

    #[test]
    fn a_chosen_base_covers_and_divides_as_wanted() {
        for divisor in [1.0, 3.0, 20.0, 100.0, 416.0, 3000.0, 20_000.0] {
            for alpha in [3, 7, 15, 31, 63, 105] {
                let needs = Requirements { divisor, alpha, ..needs() };
                let scaling = choose(&needs, cost).unwrap();
                let ratio = scaling.divisor() as f64 / divisor;
                assert!((0.4..=2.5).contains(&ratio), "{divisor} {alpha}: {ratio}");
                assert!(scaling.covered() >= needs.range(scaling.divisor() as f64));
                assert!(i64::from(scaling.container()) > 2 * alpha);
            }
        }
    }

    #[test]
    fn narrow_moduli_are_preferred() {
        let scaling = choose(&needs(), cost).unwrap();
        assert!(scaling.base().moduli().iter().all(|m| m.bits() <= 4), "{:?}", scaling.base());
    }

    #[test]
    fn a_range_beyond_every_base_has_no_choice() {
        let impossible = Requirements { worst_case: i64::MAX, margin: None, ..needs() };
        assert_eq!(choose(&impossible, cost), None);
    }
}
