//! The keys of the leveled backend.

#[cfg(feature = "client")]
mod client;
mod compressed;
#[cfg(feature = "client")]
mod generation;
mod server;

#[cfg(feature = "client")]
pub use client::LeveledClientKey;
pub use compressed::CompressedLeveledServerKey;
pub use server::LeveledServerKey;
