//! Compares core-seconds per sample for the same networks with the published gadget, with squares, and with the approximate
//! engine.
//!
//! `cargo run --release -p silenzio-benches --bin comparison`

mod approximate;
mod exact;
mod look_ups;
mod network;

use look_ups::LookUps;
use network::{NETWORKS, Network};
use silenzio_benches::markdown::{grouped, significant};
use silenzio_benches::{Failure, markdown};
use silenzio_core::plan::Gadget;

/// The cost of a training.
struct Cost {
    core_seconds_per_sample: f64,
    bootstraps_per_sample: f64,
    batch: usize,
    how: How,
}

/// How a cost was determined.
enum How {
    /// A step on ciphertexts was timed.
    Measured {
        /// The cost by counted look-ups times the time of a look-up, for comparison, if the engine has look-ups.
        extrapolated: Option<f64>,
    },
    /// The counted look-ups were multiplied by the measured time of a look-up.
    Extrapolated,
}

fn main() -> Result<(), Failure> {
    let mut look_ups = LookUps::default();
    let head = [
        "network",
        "engine",
        "batch",
        "bootstraps a sample",
        "core-seconds a sample",
        "how",
        "over approximate",
    ];
    let mut rows = vec![markdown::row(head)];
    for network in NETWORKS.iter().map(Network::open).collect::<Result<Vec<_>, _>>()? {
        let costs = [
            ("exact, karatsuba", exact::cost(&network, Gadget::Karatsuba, &mut look_ups)?),
            ("exact, squares", exact::cost(&network, Gadget::Squares, &mut look_ups)?),
            ("approximate", approximate::cost(&network)?),
        ];
        let approximate = costs[2].1.core_seconds_per_sample;
        for (engine, cost) in &costs {
            rows.push(row(&network, engine, cost, approximate));
        }
        eprintln!("{} done", network.shape());
    }
    markdown::print(&rows);
    println!(
        "\nIn one run, on {} threads, with random samples; core-seconds are CPU time. Extrapolated: the \
         look-ups of one step, counted on the simulator, times the time of a look-up on TFHE, measured in blocks \
         ({look_ups}). Weights are prepared or refreshed once a step: the cost a sample depends on the batch, which \
         is that of the plan.",
        rayon::current_num_threads()
    );
    Ok(())
}

fn row(network: &Network, engine: &str, cost: &Cost, approximate: f64) -> Vec<String> {
    let how = match cost.how {
        How::Extrapolated => "extrapolated".into(),
        How::Measured { extrapolated: None } => "measured".into(),
        How::Measured { extrapolated: Some(seconds) } => {
            format!("measured (extrapolated: {})", significant(seconds))
        }
    };
    markdown::row([
        &network.shape(),
        engine,
        &cost.batch.to_string(),
        &grouped(cost.bootstraps_per_sample.round() as u64),
        &significant(cost.core_seconds_per_sample),
        &how,
        &significant(cost.core_seconds_per_sample / approximate),
    ])
}
