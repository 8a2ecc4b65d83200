//! The fields of a record.

/// A stream's or record's fields, one after the other, little-endian.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<u8>);

impl Fields {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// A byte.
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }
    /// 16 bits.
    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    /// 32 bits.
    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    /// 64 bits.
    pub fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    /// Bytes as they are.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    /// A `MINIDUMP_LOCATION_DESCRIPTOR`.
    pub fn location(self, (size, rva): (u32, u32)) -> Self {
        self.u32(size).u32(rva)
    }
    /// UTF-16 in a field of so many bytes.
    pub fn utf16(mut self, text: &str, size: usize) -> Self {
        let from = self.0.len();
        self.0.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        self.to(from + size)
    }
    /// Zeros up to an offset.
    pub fn to(mut self, offset: usize) -> Self {
        assert!(offset >= self.0.len(), "already at {}", self.0.len());
        self.0.resize(offset, 0);
        self
    }
    /// Write over what is there.
    pub fn put(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }
}

impl From<Vec<u8>> for Fields {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}
