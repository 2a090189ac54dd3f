//! Binary forms of the values that are sent between client and server.

use super::polynomial::Polynomial;
use super::value::{Packing, Pending, PlainGlwe, PlainLwe, PlainLwes, PlainTerms};
use silenzio_core::Wire;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::wire::{self, invalid};
use std::io::{self, Read, Write};

/// Reads a finite number.
fn read_finite(from: &mut dyn Read) -> io::Result<f64> {
    let mut number = [0.0];
    wire::read_f64s(from, &mut number)?;
    let [number] = number;
    if number.is_finite() { Ok(number) } else { Err(invalid(format!("{number} is not a torus element"))) }
}

fn read_u64(from: &mut dyn Read) -> io::Result<u64> {
    let mut number = [0];
    wire::read_u64s(from, &mut number)?;
    Ok(number[0])
}

impl Wire<ApproximateParameters> for PlainLwe {
    fn encoded_len(_: &ApproximateParameters) -> io::Result<u64> {
        Ok((size_of::<f64>() + size_of::<u64>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_f64s(to, &[self.value])?;
        wire::write_u64s(to, &[self.mask])
    }

    fn read(from: &mut dyn Read, _: &ApproximateParameters) -> io::Result<Self> {
        let value = read_finite(from)?;
        Ok(Self { value, mask: read_u64(from)? })
    }
}

/// The format is the parameters, and the number of torus elements.
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

/// The binary form is all coefficients in steps of 2^-64, the variance of the pending noise in units of 2^-128, the mask, how
/// the polynomial was packed (zeros if it was not), and whether it is an empty sum.
impl Wire<ApproximateParameters> for PlainGlwe {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        let coefficients_and_mask = (parameters.polynomial_size + 1) * size_of::<u64>();
        Ok((coefficients_and_mask + size_of::<u128>() + 3 * size_of::<u32>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let coefficients = self.polynomial.coefficients().into_iter().map(i64::cast_unsigned);
        wire::write_u64s(to, &coefficients.collect::<Vec<_>>())?;
        wire::write_u128s(to, &[self.pending.0])?;
        wire::write_u64s(to, &[self.mask])?;
        let packing = self.packed.map_or([0, 0], |packing| [packing.values as u32, packing.log_stride]);
        wire::write_u32s(to, &packing)?;
        wire::write_u32s(to, &[self.polynomial.is_zero().into()])
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut coefficients = vec![0; parameters.polynomial_size];
        wire::read_u64s(from, &mut coefficients)?;
        let mut pending = [0];
        wire::read_u128s(from, &mut pending)?;
        let mask = read_u64(from)?;
        let mut packing = [0; 2];
        wire::read_u32s(from, &mut packing)?;
        let [values, log_stride] = packing;
        let mut nothing = [0];
        wire::read_u32s(from, &mut nothing)?;
        let nothing = nothing != [0];
        if nothing && coefficients.iter().any(|&x| x != 0) {
            return Err(invalid("an empty sum must be zero"));
        }
        if log_stride > parameters.log_size() || values as usize > coefficients.len() {
            return Err(invalid(format!(
                "a polynomial cannot have {values} values packed at a stride of 2^{log_stride}"
            )));
        }
        // If no values were packed, the stride is that of the whole polynomial.
        let packed = (packing != [0, 0]).then_some(Packing { values: values as usize, log_stride });
        let polynomial = if nothing {
            Polynomial::zero(coefficients.len())
        } else {
            Polynomial::dense(coefficients.into_iter().map(u64::cast_signed).collect())
        };
        Ok(Self { polynomial, pending: Pending(pending[0]), mask, packed })
    }
}

/// The binary form is all coefficients, including zeros.
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
