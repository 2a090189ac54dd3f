//! Normal noise from public randomness, and the masks that address it.
//!
//! A real ciphertext consists of a random mask and a body. Here a mask is a number, which is new after every operation that
//! makes a new mask, and is added and subtracted with its ciphertext. The noise of an operation is drawn from a stream
//! whose address is derived from the masks of its operands. So, as with real ciphertexts, an operation on the same operands
//! gives the same result in any order, on any thread and in any batch, while different operands have independent noise.

use silenzio_core::noise::NoiseVariance;
use silenzio_core::random::{Purpose, Seed, Stream};

/// The increment of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64.
const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// An operation that makes a mask or draws noise.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    FreshLwe,
    FreshGgsw,
    Extract,
    Product,
    Bootstrap,
    Output,
    Pack,
    Automorphism,
    SchemeSwitch,
    Addition,
}

/// Derives a mask, or the address of a stream, from the operands of an operation.
pub(super) fn mask(operation: Operation, operands: impl IntoIterator<Item = u64>) -> u64 {
    let absorb = |state: u64, operand: u64| mix((state ^ operand).wrapping_add(INCREMENT));
    operands.into_iter().fold(mix(operation as u64 + 1), absorb)
}

/// The source of a simulator's noise; it draws zeros if the simulator is exact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    seed: Option<Seed>,
}

impl Noise {
    pub(super) const fn new(seed: Option<Seed>) -> Self {
        Self { seed }
    }

    pub(super) const fn is_exact(self) -> bool {
        self.seed.is_none()
    }

    /// The stream of noise at an address.
    pub(super) fn at(self, address: u64) -> Normal {
        Normal(self.seed.map(|Seed(seed)| Seed(mix(seed ^ address)).stream(Purpose::Noise, 0, 0)))
    }
}

/// Independent normal numbers; zeros where there is no stream.
pub(super) struct Normal(Option<Stream>);

impl Normal {
    /// Draws a number with this variance.
    pub(super) fn draw(&mut self, variance: NoiseVariance) -> f64 {
        self.0.as_mut().map_or(0.0, |stream| stream.normal() * variance.standard_deviation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(drawn: &[f64]) {
        let count = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / count;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / count;
        let follow = drawn.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / count;
        assert!(mean.abs() < 0.06 && (variance - 4.0).abs() < 0.2, "{mean}, {variance}");
        assert!(follow.abs() < 0.12, "{follow}");
    }

    #[test]
    fn mean_and_variance_are_those_asked_for() {
        let noise = Noise::new(Some(Seed(1)));
        let mut normal = noise.at(0);
        check(&(0..20_000).map(|_| normal.draw(NoiseVariance(4.0))).collect::<Vec<_>>());
        let first = |address| noise.at(mask(Operation::Pack, [address, 5])).draw(NoiseVariance(4.0));
        check(&(0..20_000).map(first).collect::<Vec<_>>());
        assert_eq!(Noise::new(None).at(0).draw(NoiseVariance(1.0)), 0.0);
    }
}
