//! The parts of an image that tables point to.

/// Finds bytes of an image by their address relative to its base.
pub trait Image {
    /// The bytes from an address to the end of what is known there.
    fn bytes_from(&self, rva: u64) -> Option<&[u8]>;

    /// The first address of the last function that begins at an address or before it, if such addresses are known beside those in
    /// the tables.
    fn function_start(&self, _rva: u64) -> Option<u64> {
        None
    }
}
