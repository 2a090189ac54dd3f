//! Binary forms of what travels between client and server.

use super::polynomial::Polynomial;
use super::value::{Packing, PlainGlwe, PlainLwe, PlainLwes, PlainTerms};
use silenzio_core::Wire;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::noise::NoiseVariance;
use silenzio_core::wire::{self, invalid};
use std::io::{self, Read, Write};

/// Fills `numbers` with finite ones.
fn read_finite(from: &mut dyn Read, numbers: &mut [f64]) -> io::Result<()> {
    wire::read_f64s(from, numbers)?;
    match numbers.iter().find(|x| !x.is_finite()) {
        Some(stray) => Err(invalid(format!("{stray} is no torus element"))),
        None => Ok(()),
    }
}

fn read_finite_number(from: &mut dyn Read) -> io::Result<f64> {
    let mut number = [0.0];
    read_finite(from, &mut number)?;
    let [number] = number;
    Ok(number)
}

impl Wire<ApproximateParameters> for PlainLwe {
    fn encoded_len(_: &ApproximateParameters) -> io::Result<u64> {
        Ok(size_of::<f64>() as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_f64s(to, &[self.0])
    }

    fn read(from: &mut dyn Read, _: &ApproximateParameters) -> io::Result<Self> {
        read_finite_number(from).map(Self)
    }
}

/// As many torus elements.
impl Wire<(ApproximateParameters, usize)> for PlainLwes {
    fn encoded_len((parameters, count): &(ApproximateParameters, usize)) -> io::Result<u64> {
        wire::encoded_len_of::<_, PlainLwe>(parameters, *count)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_all(to, &self.0)
    }

    fn read(from: &mut dyn Read, (parameters, count): &(ApproximateParameters, usize)) -> io::Result<Self> {
        Ok(Self(wire::read_all(from, parameters, *count)?))
    }
}

/// All coefficients, the variance of the pending noise, and how the polynomial was packed: zeros if it was not.
impl Wire<ApproximateParameters> for PlainGlwe {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok(((parameters.polynomial_size + 1) * size_of::<f64>() + 2 * size_of::<u32>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_f64s(to, &self.polynomial.coefficients())?;
        wire::write_f64s(to, &[self.pending.0])?;
        let packing = self.packed.map_or([0, 0], |packing| [packing.values as u32, packing.log_stride]);
        wire::write_u32s(to, &packing)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut coefficients = vec![0.0; parameters.polynomial_size];
        read_finite(from, &mut coefficients)?;
        let pending = read_finite_number(from)?;
        let mut packing = [0; 2];
        wire::read_u32s(from, &mut packing)?;
        let [values, log_stride] = packing;
        if pending < 0.0 || log_stride > parameters.log_size() || values as usize > coefficients.len() {
            return Err(invalid(format!(
                "a polynomial with {values} values packed at a stride of 2^{log_stride}, and noise of variance \
                 {pending}, cannot be"
            )));
        }
        // Without values, the stride is that of the whole polynomial.
        let packed = (packing != [0, 0]).then_some(Packing { values: values as usize, log_stride });
        Ok(Self { polynomial: Polynomial::dense(coefficients), pending: NoiseVariance(pending), packed })
    }
}

/// All coefficients, zero or not.
impl Wire<ApproximateParameters> for PlainTerms {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok((parameters.polynomial_size * size_of::<u64>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut coefficients = vec![0_i64; self.size];
        for &(place, m) in &self.terms {
            if let Some(coefficient) = coefficients.get_mut(place) {
                *coefficient += m;
            }
        }
        wire::write_u64s(to, &coefficients.into_iter().map(i64::cast_unsigned).collect::<Vec<_>>())
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let size = parameters.polynomial_size;
        let mut coefficients = vec![0; size];
        wire::read_u64s(from, &mut coefficients)?;
        let terms = coefficients.into_iter().map(u64::cast_signed).enumerate();
        Ok(Self { terms: terms.filter(|(_, m)| *m != 0).collect(), size })
    }
}
