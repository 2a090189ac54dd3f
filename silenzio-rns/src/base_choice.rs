//! The choice of a base for one product: the cheapest one that covers the range and has about the wanted divisor.
//!
//! The cost of a product, its range and its divisor depend on the set of moduli, their order, and the digits that are
//! kept. All pairwise coprime sets of odd moduli of at most five bits (about 4,000) are searched, with every order that
//! makes a difference.

use crate::RnsBase;
use crate::block_scaling::BlockScaling;
use crate::gadget::{self, ProductShape};
use crate::scaled_product;
use silenzio_core::plan::Gadget;
use silenzio_core::{LutCounts, Modulus};

/// The widest modulus of a base, of five bits as in the paper.
const WIDEST: u32 = 31;

/// The largest number of moduli of a base. More of them would not pay, and their product might exceed 62 bits.
const MOST_MODULI: usize = 8;

/// The largest ratios between the divisor and the wanted one. The next larger one is used where no base fits.
const TOLERANCES: [f64; 4] = [1.1, 1.25, 1.6, 2.5];

/// The requirements of a product.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Requirements {
    /// The shape of the product.
    pub shape: ProductShape,
    /// The gadget that multiplies.
    pub gadget: Gadget,
    /// The wanted divisor.
    pub divisor: f64,
    /// The largest scaled result that has to be exact. Results beyond it may saturate.
    pub alpha: i64,
    /// The largest possible |V|.
    pub worst_case: i64,
    /// The range to cover, relative to the value at which results saturate: the base covers `margin * alpha * divisor`,
    /// or the worst case if that is less. With `None` it covers the worst case.
    pub margin: Option<f64>,
    /// The number of look-ups of each scaled result that follow.
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

/// The cheapest scaling that meets the requirements, where `lut_cost` is the cost of a look-up in a modulus.
///
/// The divisor lies within the narrowest of a few tolerances that any base achieves. Within this tolerance the cheapest
/// base is chosen, and among equally cheap ones that with the closest divisor. `None` if no base covers the range.
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
        // These products alone cost more than the best base within the narrowest tolerance, as do all that follow.
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

/// The orders of a set that make a difference: each choice of the top and the next digit, with the others in ascending
/// order, so that the cheapest digits are carried most often.
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
