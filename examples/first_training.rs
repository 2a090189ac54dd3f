//! An epoch of Iris on ciphertexts, in one process.
//!
//! `cargo run --release -p silenzio-examples --bin first_training`, at the root of the repository

use silenzio::{Arithmetic, Context, Error, Experiment};

fn main() -> Result<(), Error> {
    let mut experiment = Experiment::open("plans/iris_approximate.toml", &[])?;
    experiment.plan.training.epochs = 1;
    let run = experiment.run(0)?;
    let fitted = run.fit(Arithmetic::Encrypted, &Context::new(), &mut |_| ())?;
    let accuracy = run.test_accuracy(&fitted.network);
    println!("test accuracy {accuracy:.2} after {} steps on ciphertexts", fitted.steps);
    Ok(())
}
