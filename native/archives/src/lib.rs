//! Archive formats that Python's standard library does not read: Windows cabinets, and streams of zstd.
//!
//! Input is hostile. Whoever extracts gives the largest size of the result, and memory is bounded by the formats' windows.
//! No name in an archive is used as a path.

mod bounded;
mod cabinet;
mod zstd;

pub use cabinet::{Cabinet, Member};
pub use zstd::decompress_zstd;
