//! The residues and the update of the exact engine's weights.

use silenzio_benches::operands::{matrix, random};
use silenzio_benches::{Case, Exact, Failure, Suite, sides};
use silenzio_core::Modulus;
use silenzio_rns::weights::WeightFormat;

const SHAPE: (usize, usize) = (4, 8);

pub fn bench(suite: &mut Suite) -> Result<(), Failure> {
    cases(suite, &sides::plain())?;
    cases(suite, &sides::tfhe(&[15, 31])?)
}

fn cases<S: Exact>(suite: &mut Suite, sides: &S) -> Result<(), Failure> {
    let (format, container) = (WeightFormat::new(8, 7)?, Modulus::new(15)?);
    let moduli = [7, 11, 13, 15].map(Modulus::new).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut stream = random(1);
    let gradient = sides.encrypt_matrix(container, &matrix(&mut stream, SHAPE, 7))?;
    let mut weights = format.trivial(sides.server(), matrix(&mut stream, SHAPE, format.alpha()).view());
    // Public weights would make some bootstraps cheaper.
    let rows = 0..SHAPE.0;
    format.update(sides.server(), weights.rows_mut(rows.clone())?, container, gradient.clone(), 1.0, None)?;

    let case = |name| Case { group: "weights", name, count: SHAPE.0 * SHAPE.1, of: "weight" };
    suite.measure(sides.server(), case("residues for 4 moduli"), || {
        format.residues(sides.server(), weights.rows(rows.clone())?, &moduli)
    })?;
    suite.measure(sides.server(), case("update"), || {
        let mut updated = weights.clone();
        let rows = updated.rows_mut(rows.clone())?;
        format.update(sides.server(), rows, container, gradient.clone(), 1.0, None)
    })
}
