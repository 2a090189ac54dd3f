//! The keys of the approximate backend.

#[cfg(feature = "client")]
mod client;
mod compressed;
#[cfg(feature = "client")]
mod generation;
#[cfg(all(test, feature = "client"))]
mod measured;
mod rotations;
mod server;

#[cfg(feature = "client")]
pub use client::ApproximateClientKey;
pub use compressed::CompressedApproximateServerKey;
pub(super) use compressed::keyswitch_shape;
pub use server::ApproximateServerKey;
