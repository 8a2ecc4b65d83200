//! The parts of an image that tables point to.

/// Finds bytes of an image by their address relative to its base.
pub trait Image {
    /// The bytes from an address to the end of what is known there.
    fn bytes_from(&self, rva: u64) -> Option<&[u8]>;
}
