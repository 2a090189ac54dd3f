//! The approximate engine, on the simulator and on ciphertexts.

mod encryption;
mod simulation;

pub use encryption::{Cost, Encrypted, train_encrypted};
pub use simulation::{simulate, simulate_on};
