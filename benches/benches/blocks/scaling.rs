//! The conversion of residues to mixed-radix digits, and of digits to scaled integers.

use crate::base_choice::REQUIREMENTS;
use silenzio_benches::operands::random;
use silenzio_benches::server::lut_cost;
use silenzio_benches::{Case, Exact, Failure, Suite, sides};
use silenzio_rns::block_scaling::BlockScaling;
use silenzio_rns::{base_choice, mixed_radix};

/// The number of integers at once.
const INTEGERS: usize = 16;

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    let scaling = base_choice::choose(&REQUIREMENTS, lut_cost).ok_or("no base covers the product")?;
    cases(suite, &sides::plain(), &scaling)?;
    cases(suite, &sides::tfhe(&[15, 31])?, &scaling)
}

fn cases<S: Exact>(suite: &mut Suite, sides: &S, scaling: &BlockScaling) -> Result<(), Failure> {
    let (base, mut stream) = (scaling.base(), random(1));
    let integers: Vec<i64> = (0..INTEGERS).map(|_| (stream.unit() * base.product() as f64) as i64).collect();
    let residues = base
        .moduli()
        .iter()
        .zip(base.garner_factors())
        .map(|(&m, factor)| {
            let scaled: Vec<i64> =
                integers.iter().map(|&x| m.centre(i64::from(m.reduce(x)) * factor)).collect();
            sides.encrypt(m, &scaled)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let digits = mixed_radix::digits(sides.server(), base, residues.clone())?;

    let moduli: Vec<String> = base.moduli().iter().map(ToString::to_string).collect();
    let name = format!("{INTEGERS} integers, base {}", moduli.join(" "));
    let case = |group| Case { group, name: &name, count: INTEGERS, of: "integer" };
    suite.measure(sides.server(), case("mixed_radix"), || {
        mixed_radix::digits(sides.server(), base, residues.clone())
    })?;
    suite.measure(sides.server(), case("block_scaling"), || scaling.scale(sides.server(), digits.clone()))
}
