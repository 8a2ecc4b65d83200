//! A file of streams and loose pieces.

use crate::fields::Fields;

/// A dump in the making.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    /// The file so far, from the end of the header on.
    body: Vec<u8>,
    streams: Vec<(u32, u32, u32)>,
    /// When the dump was written, in seconds since 1970.
    pub timestamp: u32,
}

const HEADER: usize = 32;
/// The type of the stream with processor and system.
const SYSTEM_INFO: u32 = 7;

impl Builder {
    /// Without any stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// A loose piece; its location.
    pub fn piece(&mut self, bytes: &[u8]) -> (u32, u32) {
        let rva = HEADER + self.body.len();
        self.body.extend(bytes);
        (u32::try_from(bytes.len()).unwrap(), u32::try_from(rva).unwrap())
    }

    /// A counted UTF-16 text; its offset.
    pub fn text(&mut self, text: &str) -> u32 {
        self.text_of(&text.encode_utf16().collect::<Vec<_>>())
    }

    /// The same of UTF-16 units that need not be valid.
    pub fn text_of(&mut self, units: &[u16]) -> u32 {
        let units: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let fields = Fields::new().u32(u32::try_from(units.len()).unwrap()).bytes(&units).u16(0);
        self.piece(&fields.0).1
    }

    /// A counted UTF-8 text of Crashpad; its offset.
    pub fn utf8(&mut self, text: &[u8]) -> u32 {
        let fields = Fields::new().u32(u32::try_from(text.len()).unwrap()).bytes(text).u8(0);
        self.piece(&fields.0).1
    }

    /// A stream of a type.
    pub fn stream(&mut self, kind: u32, fields: impl Into<Fields>) -> &mut Self {
        let (size, rva) = self.piece(&fields.into().0);
        self.raw_stream(kind, size, rva)
    }

    /// A directory entry that says what it likes.
    pub fn raw_stream(&mut self, kind: u32, size: u32, rva: u32) -> &mut Self {
        self.streams.push((kind, size, rva));
        self
    }

    /// SystemInfo with an architecture and a platform id.
    pub fn system(&mut self, architecture: u16, platform: u32) -> &mut Self {
        let fields = Fields::new().u16(architecture).to(20).u32(platform).to(56);
        self.stream(SYSTEM_INFO, fields)
    }

    /// A list with a plain count.
    pub fn list(&mut self, kind: u32, entries: &[Fields]) -> &mut Self {
        let mut fields = Fields::new().u32(u32::try_from(entries.len()).unwrap());
        for entry in entries {
            fields = fields.bytes(&entry.0);
        }
        self.stream(kind, fields)
    }

    /// The bytes of the stream that was added last of a type.
    pub(crate) fn last_stream(&mut self, kind: u32) -> &mut [u8] {
        let (_, size, rva) = *self.streams.iter().rev().find(|(known, ..)| *known == kind).unwrap();
        let start = rva as usize - HEADER;
        &mut self.body[start..start + size as usize]
    }

    /// The file. The directory comes last, so that cutting the end cuts the directory.
    pub fn build(&self) -> Vec<u8> {
        let directory = u32::try_from(HEADER + self.body.len()).unwrap();
        let count = u32::try_from(self.streams.len()).unwrap();
        let mut file = Fields::new().bytes(b"MDMP").u32(0xa793).u32(count).u32(directory).u32(0).u32(self.timestamp);
        file = file.u64(0).bytes(&self.body);
        for (kind, size, rva) in &self.streams {
            file = file.u32(*kind).u32(*size).u32(*rva);
        }
        file.0
    }
}
