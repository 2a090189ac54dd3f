//! The choice of parameters and of refreshed layers for a plan: the cheapest that keep the noise of weights low.

use crate::network::ApproximateNetwork;
use silenzio_core::EngineError;
use silenzio_core::approximate::{ApproximateParameters, Precision, parameters};
use silenzio_core::plan::{EnginePlan, TrainingPlan};

impl ApproximateNetwork {
    /// The format of a network with the given widths (inputs, hidden layers, classes) that trains on `samples` samples an
    /// epoch, at the least cost at which the noise of the weights stays below `engine.weight_noise`.
    ///
    /// Two of activations, deltas and weights have to be factors in the three products of a layer. Activations and
    /// deltas always are: both come out of a bootstrap anyway, whose further outputs the gadget levels are. What is left
    /// to choose is the parameter set, and the layers whose weights are refreshed by a bootstrap per weight and step,
    /// so that their master weights can be larger beside the noise.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if no parameters keep the noise as low.
    pub fn planned(
        widths: &[usize],
        training: &TrainingPlan,
        engine: &EnginePlan,
        samples: usize,
    ) -> Result<Self, EngineError> {
        let sets: Vec<&'static ApproximateParameters> = match &engine.parameters {
            None => parameters::ALL.to_vec(),
            Some(name) => vec![parameters::named(name).ok_or_else(|| unknown(name))?],
        };
        let visited = (training.epochs * samples) as u64;
        let mut cheapest: Option<(f64, Self)> = None;
        let mut least_noise = f64::INFINITY;
        for set in sets {
            let network = Self::new(widths, training, engine, set, &[])?;
            let noisy = |(layer, &noise): (usize, &f64)| (noise > engine.weight_noise).then_some(layer);
            // The inputs of the first layer are too many, and come with little noise.
            let refreshed: Vec<usize> =
                network.weight_noise(visited).iter().enumerate().skip(1).filter_map(noisy).collect();
            let network = Self::new(widths, training, engine, set, &refreshed)?.visiting(visited);
            let noise = network.weight_noise(visited).into_iter().fold(0.0, f64::max);
            least_noise = noise.min(least_noise);
            let cost = network.cost(training.batch);
            if noise <= engine.weight_noise && cheapest.as_ref().is_none_or(|(least, _)| cost < *least) {
                cheapest = Some((cost, network));
            }
        }
        cheapest.map(|(_, network)| network).ok_or_else(|| EngineError::Plan {
            field: "engine.weight_noise".into(),
            problem: format!(
                "the noise that weights gather over {visited} samples would be {least_noise:.2} of a typical weight \
                 instead of {}; lower training.epochs, engine.range or engine.bits.inputs, or allow more noise",
                engine.weight_noise
            ),
        })
    }

    /// What the bootstraps of a step cost, for comparison.
    fn cost(&self, batch: usize) -> f64 {
        let bootstraps = self.bootstraps(1, batch as u64);
        let cost = |precision| self.parameters().bootstrap_cost(precision);
        bootstraps.fine as f64 * cost(Precision::Fine) + bootstraps.coarse as f64 * cost(Precision::Coarse)
    }
}

fn unknown(name: &str) -> EngineError {
    let names: Vec<&str> = parameters::ALL.iter().map(|set| set.name).collect();
    EngineError::Plan {
        field: "engine.parameters".into(),
        problem: format!("there is no set {name:?}, only {}", names.join(", ")),
    }
}
