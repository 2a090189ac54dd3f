//! The exact engine, on the simulator and on ciphertexts.

mod encryption;
mod simulation;

pub use encryption::{Cost, Encrypted, train_encrypted};
pub use silenzio_suite::exact::simulator;
pub use simulation::{Simulated, simulate};
