//! Why bytes are not a minidump at all.

/// The only errors of [`Dump::parse`](crate::Dump::parse): everything less is a [`Fault`](crate::Fault).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first four bytes are not `MDMP`.
    #[error("not a minidump: the file starts with {found:02x?} instead of \"MDMP\" (offset 0)")]
    NotMinidump {
        /// The first four bytes found (zeros where the file is shorter).
        found: [u8; 4],
    },
    /// The first four bytes are `PMDM`: written by a big-endian machine.
    #[error("a big-endian minidump (it starts with \"PMDM\"): its byte order is not supported (offset 0)")]
    BigEndian,
    /// The file ends inside the 32-byte header.
    #[error("the minidump ends inside its header: {length} of 32 bytes (offset {length})")]
    HeaderCut {
        /// Bytes present.
        length: usize,
    },
    /// The low half of the version is not `0xa793`.
    #[error("not a minidump of a known version: {found:#06x} instead of 0xa793 (offset 4)")]
    Version {
        /// The low 16 bits of the version field.
        found: u16,
    },
}
