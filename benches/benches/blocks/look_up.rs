//! Look-ups, by size class.

use silenzio_benches::{Case, Exact, Failure, Suite, sides};
use silenzio_core::{Backend, Lut, Modulus};

/// The number of look-ups of one call.
const LOOK_UPS: usize = 16;

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    for m in [15, 31, 63, 127, 255] {
        cases(suite, &sides::plain(), m)?;
        // There are keys for one class at a time, since those of the widest take 2.7 GB.
        cases(suite, &sides::tfhe(&[m])?, m)?;
    }
    Ok(())
}

/// Measures look-ups with one table, and the same number with four tables on the same inputs, which share keyswitches.
fn cases<S: Exact>(suite: &mut Suite, sides: &S, m: u8) -> Result<(), Failure> {
    let m = Modulus::new(m.into())?;
    let table = Lut::embed(m, m);
    for (tables, word) in [(1, "one table"), (4, "four tables")] {
        let inputs = sides.encrypt(m, &vec![1; LOOK_UPS / tables])?;
        let name = format!("modulus {m}, {} inputs, {word}", inputs.len());
        let case = Case { group: "look_up", name: &name, count: LOOK_UPS, of: "look-up" };
        suite.measure(sides.server(), case, || sides.server().luts(&inputs, &vec![&table; tables]))?;
    }
    Ok(())
}
