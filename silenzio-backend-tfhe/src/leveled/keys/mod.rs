//! The keys of the leveled backend.

mod client;
mod compressed;
mod server;

pub use client::LeveledClientKey;
pub use compressed::CompressedLeveledServerKey;
pub use server::LeveledServerKey;
