//! The time of a look-up of each size class on TFHE.

use cpu_time::ProcessTime;
use silenzio_benches::server::parameters;
use silenzio_benches::{Exact, Failure, sides};
use silenzio_core::{Backend, Lut, LutCounts, Modulus};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The number of look-ups of one call, per thread, which is the largest block of the backend.
const INPUTS: usize = 16;

/// The least number of core-seconds for which each class is measured.
const MEASURED: Duration = Duration::from_secs(3);

/// The core-seconds of a look-up, by the widest modulus of its class. Each is measured when it is first needed.
#[derive(Default)]
pub struct LookUps(BTreeMap<u8, f64>);

impl LookUps {
    /// The core-seconds of these look-ups.
    ///
    /// # Errors
    /// If an operation of the backend fails.
    pub fn core_seconds(&mut self, luts: &LutCounts) -> Result<f64, Failure> {
        luts.classes().map(|(bits, count)| Ok(count as f64 * self.of(parameters(bits).widest)?)).sum()
    }

    fn of(&mut self, widest: u8) -> Result<f64, Failure> {
        if let Some(&seconds) = self.0.get(&widest) {
            return Ok(seconds);
        }
        let seconds = measure(widest)?;
        self.0.insert(widest, seconds);
        Ok(seconds)
    }
}

/// Measures one class, with keys that are dropped afterwards.
fn measure(widest: u8) -> Result<f64, Failure> {
    eprintln!("measuring look-ups up to modulus {widest}");
    let (m, sides) = (Modulus::new(widest.into())?, sides::tfhe(&[widest])?);
    let threads = rayon::current_num_threads();
    let inputs = sides.encrypt(m, &vec![1; INPUTS * threads])?;
    let table = Lut::embed(m, m);
    let (start, mut calls) = (ProcessTime::now(), 0);
    while start.elapsed() < MEASURED {
        sides.server.lut(&inputs, &table)?;
        calls += 1;
    }
    Ok(start.elapsed().as_secs_f64() / (calls * inputs.len()) as f64)
}

impl fmt::Display for LookUps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (widest, seconds)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{} bits {:.1} ms", widest.count_ones(), 1000.0 * seconds)?;
        }
        Ok(())
    }
}
