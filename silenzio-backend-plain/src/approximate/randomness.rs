//! Normal noise from public randomness.

use silenzio_core::noise::NoiseVariance;
use silenzio_core::random::{Purpose, Seed, Stream};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the noise of a simulator comes from; none if it is exact. With several threads the order in which operations
/// draw, and so the noise, varies from run to run.
#[derive(Debug)]
pub(super) struct Noise {
    seed: Option<Seed>,
    operations: AtomicU64,
}

impl Noise {
    pub(super) const fn new(seed: Option<Seed>) -> Self {
        Self { seed, operations: AtomicU64::new(0) }
    }

    pub(super) const fn is_exact(&self) -> bool {
        self.seed.is_none()
    }

    /// The noise of one operation.
    pub(super) fn of_operation(&self) -> Normal {
        let stream = self.seed.map(|seed| {
            let operation = self.operations.fetch_add(1, Ordering::Relaxed);
            seed.stream(Purpose::Noise, operation, 1)
        });
        Normal(stream)
    }
}

/// Independent normal numbers; zeros where there is no stream.
pub(super) struct Normal(Option<Stream>);

impl Normal {
    /// A number with this variance.
    pub(super) fn draw(&mut self, variance: NoiseVariance) -> f64 {
        self.0.as_mut().map_or(0.0, |stream| stream.normal() * variance.standard_deviation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_variance_are_those_asked_for() {
        let noise = Noise::new(Some(Seed(1)));
        let mut normal = noise.of_operation();
        let drawn: Vec<f64> = (0..20_000).map(|_| normal.draw(NoiseVariance(4.0))).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.06 && (variance - 4.0).abs() < 0.2, "{mean}, {variance}");
        assert_eq!(Noise::new(None).of_operation().draw(NoiseVariance(1.0)), 0.0);
    }
}
