//! The server on the simulator: trainings and inferences on files and ranks, resumed, refused and snapshotted.

#![allow(clippy::unwrap_used)]

mod common;
mod frozen;
mod going_on;
mod inference;
mod inference_ranks;
mod initial;
mod no_secrets;
mod ranks;
mod refusals;
mod resume;
mod snapshots;
