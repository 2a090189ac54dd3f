//! Benchmarks of every building block, on the simulator and on TFHE.

mod approximate;
mod base_choice;
mod gadget;
mod look_up;
mod scaling;
mod softmax;
mod step;
mod weights;

use silenzio_benches::{Failure, Suite};

/// The Criterion groups of a file, and the function that measures them.
type Groups = (&'static [&'static str], fn(&mut Suite) -> Result<(), Failure>);

const GROUPS: [Groups; 8] = [
    (&["base_choice"], base_choice::bench),
    (&["look_up"], look_up::bench),
    (&["gadget"], gadget::bench),
    (&["mixed_radix", "block_scaling"], scaling::bench),
    (&["softmax"], softmax::bench),
    (&["weights"], weights::bench),
    (&["bootstrap", "packing", "inversion", "scheme_switch", "external_product"], approximate::bench),
    (&["step"], step::bench),
];

fn main() -> Result<(), Failure> {
    let mut suite = Suite::default();
    // If the command line names groups, the keys of all others are not needed.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |(groups, _): &Groups| {
        groups.iter().any(|group| arguments.iter().any(|argument| argument.contains(group)))
    };
    let any_named = GROUPS.iter().any(named);
    for (_, bench) in GROUPS.iter().filter(|groups| !any_named || named(groups)) {
        bench(&mut suite)?;
    }
    suite.finish();
    Ok(())
}
