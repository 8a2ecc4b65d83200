//! Archive formats that Python's standard library does not read: Windows cabinets, and streams of zstd. And many small
//! streams of zlib at once, for which Python would give its lock away, and wait for it, twice each.
//!
//! Input is hostile. Whoever extracts gives the largest size of the result, and memory is bounded by the formats' windows.
//! No name in an archive is used as a path.

mod bounded;
mod cabinet;
mod deflate;
mod zstd;

pub use cabinet::{Cabinet, Member};
pub use deflate::deflate_each;
pub use zstd::decompress_zstd;
