//! Servers that count their bootstraps, and the cost of these in bare TFHE-rs.

use crate::Failure;
use silenzio_backend_plain::PlainBackend;
use silenzio_backend_plain::approximate::PlainApproximateBackend;
use silenzio_backend_tfhe::approximate::ApproximateServerKey;
use silenzio_backend_tfhe::parameters::BLOCKS;
use silenzio_backend_tfhe::{BareCost, ParameterSet, ServerKey};
use silenzio_core::approximate::{ApproximateBackend, ApproximateCounts, Precision};
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Backend, LutCounts, Modulus};
use std::time::Duration;

/// The operations of one size class or precision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operations {
    /// The name of the class, such as "4-bit" or "coarse".
    pub class: String,
    /// The number of bootstraps.
    pub bootstraps: u64,
    /// The number of keyswitches, which is smaller if several tables share one.
    pub keyswitches: u64,
}

impl Operations {
    /// The operations since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            class: self.class.clone(),
            bootstraps: self.bootstraps - earlier.bootstraps,
            keyswitches: self.keyswitches - earlier.keyswitches,
        }
    }
}

/// A server side that counts its operations.
pub trait Server {
    /// The name of the backend.
    const NAME: &'static str;

    /// The operations so far, class by class. A simulator counts those that TFHE would do.
    fn operations(&self) -> Vec<Operations>;

    /// Measures the bare operations of each class, in the order of [`operations`](Self::operations). A simulator has none.
    ///
    /// # Errors
    /// If a class has no key.
    fn bare(&self) -> Result<Vec<BareCost>, Failure> {
        Ok(vec![])
    }
}

impl Server for PlainBackend {
    const NAME: &'static str = "plain";

    fn operations(&self) -> Vec<Operations> {
        let luts = self.lut_counts();
        by_class(&BLOCKS, &luts, &luts)
    }
}

impl Server for ServerKey {
    const NAME: &'static str = "tfhe";

    fn operations(&self) -> Vec<Operations> {
        let (luts, keyswitches) = (self.lut_counts(), self.keyswitch_counts());
        by_class(&self.parameter_sets().collect::<Vec<_>>(), &luts, &keyswitches)
    }

    fn bare(&self) -> Result<Vec<BareCost>, Failure> {
        self.parameter_sets().map(|set| Ok(self.calibrate(Modulus::new(set.widest.into())?)?)).collect()
    }
}

impl Server for PlainApproximateBackend {
    const NAME: &'static str = "plain";

    fn operations(&self) -> Vec<Operations> {
        of_precisions(&self.counts())
    }
}

impl Server for ApproximateServerKey {
    const NAME: &'static str = "tfhe";

    fn operations(&self) -> Vec<Operations> {
        of_precisions(&self.counts())
    }

    fn bare(&self) -> Result<Vec<BareCost>, Failure> {
        // Each bootstrap has its own keyswitch, which is measured with it.
        let whole =
            |precision| BareCost { keyswitch: Duration::ZERO, bootstrap: self.bare_bootstrap(precision) };
        Ok(Precision::ALL.map(whole).into())
    }
}

/// The operations of each class, narrowest first. A class also does the operations of narrower classes without keys.
fn by_class(sets: &[&ParameterSet], luts: &LutCounts, keyswitches: &LutCounts) -> Vec<Operations> {
    let total = |counts: &LutCounts, place: usize| {
        let performing = |bits: u32| sets.iter().position(|set| set.widest.count_ones() >= bits);
        counts.classes().filter(|&(bits, _)| performing(bits) == Some(place)).map(|(_, count)| count).sum()
    };
    let of_class = |(place, set): (usize, &&ParameterSet)| Operations {
        class: format!("{}-bit", set.widest.count_ones()),
        bootstraps: total(luts, place),
        keyswitches: total(keyswitches, place),
    };
    sets.iter().enumerate().map(of_class).collect()
}

fn of_precisions(counts: &ApproximateCounts) -> Vec<Operations> {
    let of = |precision: Precision| {
        let count = counts.bootstraps[precision];
        Operations { class: precision.name().into(), bootstraps: count, keyswitches: count }
    };
    Precision::ALL.map(of).into()
}

/// The parameters of look-ups on moduli of `bits` bits.
pub fn parameters(bits: u32) -> &'static ParameterSet {
    ParameterSet::for_modulus(SmallKeys::Blocks, Modulus::new((1 << bits) - 1).unwrap_or(Modulus::MAX))
}

/// The cost of a look-up under TFHE, by the parameter sets, with which plans are made.
pub fn lut_cost(m: Modulus) -> f64 {
    ParameterSet::for_modulus(SmallKeys::Blocks, m).cost.total()
}
