//! What client and server agree on, without a word between them: everything here follows from the public plan.
//!
//! | | |
//! | --- | --- |
//! | [`Network`] | the integer formats that a [`PublicPlan`](silenzio_core::PublicPlan) leads to |
//! | [`Parameters`] | the keys that a network needs, and their name in file headers |
//! | [`KeyName`] | whose files fit together: parameters and key id |
//! | [`Trained`], [`Predicted`] | what results say about where they come from |
//! | [`payload`] | what the payload of each kind of file is, and in which order |
//! | [`security`] | everything encrypted that a server can get, and the problems that it rests on |
//! | [`open`], [`open_key`] | files whose header agrees with itself |
//!
//! There is no secret key here: the TFHE backend comes without its feature `client`.

pub mod exact;
pub mod payload;
pub mod security;

mod key_name;
mod network;
mod open;
mod origin;
mod parameters;
mod plan_file;

pub use key_name::KeyName;
pub use network::{Network, NetworkError, lut_cost};
pub use open::{Opened, open, open_key};
pub use origin::{Planned, Predicted, Trained};
pub use parameters::Parameters;
pub use plan_file::read_plan;
