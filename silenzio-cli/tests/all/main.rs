//! The program from outside: every command on files, what it refuses, and what the documentation says of it.

#![allow(clippy::unwrap_used)]

mod approximate;
mod bad_input;
mod command_line;
mod common;
mod documents;
mod export;
mod files;
mod going_on;
mod initial;
mod json;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod kill_outputs;
mod outsourcing;
mod plan;
mod regression;
mod report;
mod security_document;
mod server;
mod simulate;
mod snapshots;
mod sweep;
mod tables;
