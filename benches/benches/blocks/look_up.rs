//! Look-ups, by size class.

use silenzio_benches::{Case, Exact, Failure, Suite, sides};
use silenzio_core::{Backend, Lut, Modulus};

/// Inputs of one call.
const INPUTS: usize = 16;

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    for m in [15, 31, 63, 127, 255] {
        cases(suite, &sides::plain(), m)?;
        // One class at a time: the widest keys take 2.7 GB.
        cases(suite, &sides::tfhe(&[m])?, m)?;
    }
    Ok(())
}

/// One and four tables on the same inputs.
fn cases<S: Exact>(suite: &mut Suite, sides: &S, m: u8) -> Result<(), Failure> {
    let m = Modulus::new(m.into())?;
    let (inputs, table) = (sides.encrypt(m, &[1; INPUTS])?, Lut::embed(m, m));
    for tables in [1, 4] {
        let name = format!("modulus {m}, {INPUTS} inputs, {tables} tables");
        let case = Case { group: "look_up", name: &name, count: INPUTS * tables, of: "look-up" };
        suite.measure(sides.server(), case, || sides.server().luts(&inputs, &vec![&table; tables]))?;
    }
    Ok(())
}
