//! Training in one process, for programs that want the model.

use crate::training::{Trained, Training};
use crate::{Context, Error, Operations, Run};
use silenzio_nn::reference::Mlp;
use silenzio_suite::on_ciphertexts;

/// The values on which a training computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// The integers or the noise of ciphertexts, without encryption.
    Simulated,
    /// Ciphertexts, with keys that are generated for this training and erased at its end.
    Encrypted,
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The network, decrypted.
    pub network: Mlp,
    /// The step of the weights of each layer. Those of the approximate engine are rounded to multiples of it.
    pub weight_steps: Vec<f32>,
    /// The number of steps done.
    pub steps: u64,
    /// Whether all steps are done; if not, the work was cancelled.
    pub finished: bool,
    /// The operations that were done, or that ciphertexts would have taken.
    pub operations: Operations,
}

impl Run {
    /// Trains, and passes the decrypted network to `look` after each epoch. Observers are told the steps done in the
    /// simulator, the bootstraps done on ciphertexts, and about values that went beyond their range. If the work is cancelled,
    /// the network is that after the current step.
    ///
    /// # Errors
    /// If an operation of the engine fails.
    pub fn fit(
        &self,
        arithmetic: Arithmetic,
        context: &Context,
        look: &mut (dyn FnMut(&Mlp) + Send),
    ) -> Result<Fitted, Error> {
        let bootstraps = (arithmetic == Arithmetic::Encrypted).then(|| self.bootstraps(None));
        let training = Training { run: self, steps: None, context, bootstraps, look };
        let (trained, operations) = context.install(|| match arithmetic {
            Arithmetic::Simulated => {
                let (trained, observed) = self.simulator().run(&self.network, training)?;
                observed.wrapped.iter().for_each(|name| context.warn_wrapped(name));
                Ok::<_, Error>((trained, observed.operations))
            }
            Arithmetic::Encrypted => Ok(on_ciphertexts(&self.network, training)?),
        })?;
        let Trained { model: network, weight_steps, steps, .. } = trained?;
        Ok(Fitted {
            network,
            weight_steps,
            steps,
            finished: steps == self.schedule(None).steps(),
            operations,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::CancelToken;
    use crate::arrays::{dataset, regression};
    use ndarray::{Array2, array};
    use silenzio_core::plan::{ApproximatePlan, EngineKind, EnginePlan, Loss, ModelPlan, TrainingPlan};

    fn run(kind: EngineKind, epochs: usize) -> Run {
        let train =
            dataset(array![[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.8, 0.1]], vec![0, 1, 0, 1]).unwrap();
        let test = train.select(&[]);
        let training = TrainingPlan { epochs, batch: 2, ..TrainingPlan::default() };
        Run::new(&ModelPlan { hidden: vec![] }, &training, &EnginePlan::of(kind), train, test).unwrap()
    }

    #[test]
    fn the_network_is_shown_after_each_epoch() {
        for kind in [EngineKind::Exact, EngineKind::Approximate] {
            let run = run(kind, 3);
            let mut shown = vec![];
            let fitted = run
                .fit(Arithmetic::Simulated, &Context::new(), &mut |model| shown.push(model.clone()))
                .unwrap();
            assert_eq!((shown.len(), fitted.steps, fitted.finished), (3, 6, true));
            assert_eq!(shown.last(), Some(&fitted.network));
            let simulated = run.simulate(run.simulator(), None, &Context::new()).unwrap();
            assert_eq!(fitted.network, simulated.model);
            assert_eq!(fitted.operations, simulated.observed.operations);
        }
    }

    #[test]
    fn what_is_cancelled_leaves_the_network_of_the_step_at_hand() {
        let token = CancelToken::new();
        let context = Context::new().cancelled_by(token.clone());
        let mut epochs = 0;
        let run = run(EngineKind::Exact, 5);
        let look = &mut |_: &Mlp| {
            epochs += 1;
            if epochs == 2 {
                token.cancel();
            }
        };
        let fitted = run.fit(Arithmetic::Simulated, &context, look).unwrap();
        assert_eq!((fitted.steps, fitted.finished), (4, false));
        let short = run.simulate(run.simulator(), Some(4), &Context::new()).unwrap();
        assert_eq!(fitted.network, short.model);
    }

    /// The same training on both backends, with one bootstrap per target: ciphertexts differ from the simulator by noise.
    #[test]
    fn ciphertexts_learn_numbers_as_the_simulator_does() {
        let inputs =
            Array2::from_shape_fn((12, 2), |(sample, input)| ((3 * input + 1) * sample % 12) as f32 / 11.0);
        let targets = Array2::from_shape_fn((12, 2), |(sample, target)| {
            let [x, z] = [inputs[(sample, 0)], inputs[(sample, 1)]].map(f64::from);
            if target == 0 { 40.0 * x - 10.0 * z } else { 3.0 * z }
        });
        let samples = regression(inputs, targets.view()).unwrap();
        let training = TrainingPlan {
            loss: Loss::Squared,
            epochs: 12,
            batch: 4,
            learning_rate: 0.6,
            ..TrainingPlan::default()
        };
        let mut engine = ApproximatePlan::default();
        engine.range.logits = 1.0;
        let (model, engine) = (ModelPlan { hidden: vec![] }, EnginePlan::Approximate(engine));
        let run = Run::new(&model, &training, &engine, samples.clone(), samples.clone()).unwrap();
        assert_eq!(run.describe().bootstraps_per_sample, Some(2));
        let fit = |arithmetic| run.fit(arithmetic, &Context::new(), &mut |_| ()).unwrap();
        let (encrypted, simulated) = (fit(Arithmetic::Encrypted), fit(Arithmetic::Simulated));
        assert_eq!(encrypted.operations.total_bootstraps(), simulated.operations.total_bootstraps());
        let float = run.float_course(&Context::new());
        let r2 = |model: &Mlp| run.judge(model).regression().unwrap().r2;
        let (of_encrypted, of_simulated) = (r2(&encrypted.network), r2(&simulated.network));
        let of_float = float.scores.last().unwrap().r2;
        assert!(of_float > 0.7, "{of_float}");
        assert!((of_encrypted - of_simulated).abs() < 0.1, "{of_encrypted} for {of_simulated}");
        assert!((of_encrypted - of_float).abs() < 0.15, "{of_encrypted} for {of_float}");

        let classes = dataset(samples.inputs.clone(), vec![0; 12]).unwrap();
        let refused = Run::new(&model, &training, &engine, classes.clone(), classes).unwrap_err().to_string();
        assert!(refused.contains("training.loss"), "{refused}");
        let classification = TrainingPlan { loss: Loss::CrossEntropy, ..training };
        let refused = Run::new(&model, &classification, &engine, samples.clone(), samples).unwrap_err();
        assert!(refused.to_string().contains("training.loss"), "{refused}");
    }

    #[test]
    fn exact_ciphertexts_give_the_simulated_network() {
        let run = run(EngineKind::Exact, 1);
        let fit = |arithmetic| run.fit(arithmetic, &Context::new(), &mut |_| ()).unwrap().network;
        assert_eq!(fit(Arithmetic::Encrypted), fit(Arithmetic::Simulated));
    }
}
