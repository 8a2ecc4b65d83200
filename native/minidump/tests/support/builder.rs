//! Makes minidumps for tests: streams and loose pieces, put one after the other.

use minidump::kind;

/// A dump in the making.
pub(crate) struct Builder {
    /// The file so far, from the end of the header on.
    body: Vec<u8>,
    streams: Vec<(u32, u32, u32)>,
    pub(crate) timestamp: u32,
}

const HEADER: usize = 32;

/// A stream's or record's fields, one after the other, little-endian.
#[derive(Default, Clone)]
pub(crate) struct Fields(pub(crate) Vec<u8>);

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }
    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }
    pub(crate) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    /// A `MINIDUMP_LOCATION_DESCRIPTOR`.
    pub(crate) fn location(self, (size, rva): (u32, u32)) -> Self {
        self.u32(size).u32(rva)
    }
    /// UTF-16 in a field of so many bytes.
    pub(crate) fn utf16(mut self, text: &str, size: usize) -> Self {
        let from = self.0.len();
        self.0.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        self.to(from + size)
    }
    /// Zeros up to an offset.
    pub(crate) fn to(mut self, offset: usize) -> Self {
        assert!(offset >= self.0.len(), "already at {}", self.0.len());
        self.0.resize(offset, 0);
        self
    }
    /// Write over what is there.
    pub(crate) fn put(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { body: Vec::new(), streams: Vec::new(), timestamp: 0 }
    }

    /// A loose piece; its location.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> (u32, u32) {
        let rva = HEADER + self.body.len();
        self.body.extend(bytes);
        (u32::try_from(bytes.len()).unwrap(), u32::try_from(rva).unwrap())
    }

    /// A counted UTF-16 text; its offset.
    pub(crate) fn text(&mut self, text: &str) -> u32 {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let fields = Fields::new().u32(u32::try_from(units.len()).unwrap()).bytes(&units).u16(0);
        self.piece(&fields.0).1
    }

    /// A counted UTF-8 text of Crashpad; its offset.
    pub(crate) fn utf8(&mut self, text: &[u8]) -> u32 {
        let fields = Fields::new().u32(u32::try_from(text.len()).unwrap()).bytes(text).u8(0);
        self.piece(&fields.0).1
    }

    pub(crate) fn stream(&mut self, kind: u32, fields: Fields) -> &mut Self {
        let (size, rva) = self.piece(&fields.0);
        self.raw_stream(kind, size, rva)
    }

    /// A directory entry that says what it likes.
    pub(crate) fn raw_stream(&mut self, kind: u32, size: u32, rva: u32) -> &mut Self {
        self.streams.push((kind, size, rva));
        self
    }

    /// SystemInfo with an architecture and a platform id.
    pub(crate) fn system(&mut self, architecture: u16, platform: u32) -> &mut Self {
        let fields = Fields::new().u16(architecture).to(20).u32(platform).to(56);
        self.stream(kind::SYSTEM_INFO, fields)
    }

    /// A list with a plain count.
    pub(crate) fn list(&mut self, kind: u32, entries: &[Fields]) -> &mut Self {
        let mut fields = Fields::new().u32(u32::try_from(entries.len()).unwrap());
        for entry in entries {
            fields = fields.bytes(&entry.0);
        }
        self.stream(kind, fields)
    }

    /// The file. The directory comes last, so that cutting the end cuts the directory.
    pub(crate) fn build(&self) -> Vec<u8> {
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

/// A `MINIDUMP_MODULE`.
pub(crate) fn module(base: u64, size: u32, name: u32, record: (u32, u32)) -> Fields {
    Fields::new().u64(base).u32(size).u32(0).u32(0x5ff6_9a71).u32(name).to(76).location(record).to(108)
}

/// A `MINIDUMP_THREAD`: id, stack, context.
pub(crate) fn thread(id: u32, stack: (u64, (u32, u32)), context: (u32, u32)) -> Fields {
    Fields::new().u32(id).to(24).u64(stack.0).location(stack.1).location(context)
}

/// A `MINIDUMP_EXCEPTION_STREAM`.
pub(crate) fn exception(thread: u32, code: u32, parameters: &[u64], context: (u32, u32)) -> Fields {
    let mut fields = Fields::new().u32(thread).u32(0).u32(code).u32(1).u64(2).u64(3);
    fields = fields.u32(u32::try_from(parameters.len()).unwrap()).u32(0);
    for parameter in parameters {
        fields = fields.u64(*parameter);
    }
    fields.to(160).location(context)
}

/// An amd64 context with a program counter and a stack pointer.
pub(crate) fn amd64_context(pc: u64, sp: u64) -> Vec<u8> {
    let fields = Fields::new().to(1232).put(48, &0x10_001fu32.to_le_bytes());
    fields.put(248, &pc.to_le_bytes()).put(152, &sp.to_le_bytes()).0
}
