//! The learning rate along a schedule.

use proptest::prelude::*;
use silenzio_core::plan::TrainingPlan;
use silenzio_nn::trainer::Schedule;

proptest! {
    /// The rate falls from the plan's by the same amount in every step, so that it would reach the end factor after the
    /// last one, and does not depend on where a training is interrupted or ended early.
    #[test]
    fn the_rate_falls_in_a_straight_line(
        (epochs, batch, samples) in (1usize..6, 1usize..8, 1usize..30),
        learning_rate_end_factor in 0.0..=1.0,
        (done, limit) in (0u64..100, 0u64..100),
    ) {
        let plan = TrainingPlan { epochs, batch, learning_rate_end_factor, ..TrainingPlan::default() };
        let schedule = Schedule::new(&plan, samples);
        let steps = schedule.steps();
        prop_assert_eq!(steps, (epochs * samples.div_ceil(batch)) as u64);
        prop_assert_eq!(schedule.rate_at(0), 1.0);
        prop_assert!((schedule.rate_at(steps) - learning_rate_end_factor).abs() < 1e-12);
        let fall = (1.0 - learning_rate_end_factor) / steps as f64;
        let part = schedule.clone().after(done).at_most(limit);
        for step in 0..steps {
            let (rate, next) = (schedule.rate_at(step), schedule.rate_at(step + 1));
            prop_assert!((rate - next - fall).abs() < 1e-12, "{rate}, {next}");
            prop_assert_eq!(part.rate_at(step), rate);
        }
    }
}
