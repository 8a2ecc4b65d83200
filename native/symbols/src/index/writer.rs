//! Writing an index, section after section, to wherever the bytes go: a file, or memory.
//!
//! Only the bytes of one write are held in memory: page-faulting new memory is expensive, and an index can be a sizeable
//! fraction of its text.

use super::checksum::{BLOCK, Checksum, fingerprint};
use super::format::{Header, SECTIONS, Section, SectionRange, Stamp};
use std::io::{self, Seek, SeekFrom, Write};
use zerocopy::IntoBytes as _;

/// Bytes that are written at a time, at multiples of as many: then the system keeps the file in large pages, and mapping
/// it takes a handful of page faults.
const CHUNK: usize = 2 << 20;
/// Bytes that are put at a time, at most.
const PIECE: usize = 1 << 10;

/// Takes the sections of an index in order.
#[derive(Debug)]
pub(super) struct Writer<W> {
    to: W,
    /// Bytes written.
    written: u64,
    /// Those that are not written yet, from a multiple of [`CHUNK`] on.
    pending: Vec<u8>,
    /// How many of these the checksum has, or the header has.
    summed: usize,
    checksum: Checksum,
    /// The first write that failed; nothing is written after it.
    failed: Option<io::Error>,
}

impl<W: Write + Seek> Writer<W> {
    /// Begin with space for the header.
    pub(super) fn new(to: W) -> Self {
        // Capacity for all that is ever pending; unused capacity is never faulted in.
        let mut pending = Vec::with_capacity(CHUNK + BLOCK + PIECE);
        pending.resize(size_of::<Header>(), 0);
        Self { to, written: 0, pending, summed: size_of::<Header>(), checksum: Checksum::new(), failed: None }
    }

    /// Go to the next multiple of 8: the offset of a new section.
    pub(super) fn begin(&mut self) -> u64 {
        // What is written is a multiple of 8.
        self.pending.resize(self.pending.len().next_multiple_of(8), 0);
        self.len()
    }

    /// Bytes put so far, those of the header included.
    fn len(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// The range of the section that began at an offset and ends here.
    pub(super) fn end(&self, begin: u64) -> SectionRange {
        (begin, self.len() - begin)
    }

    /// Write a whole section.
    pub(super) fn section(&mut self, bytes: &[u8]) -> SectionRange {
        let begin = self.begin();
        bytes.chunks(PIECE).for_each(|piece| self.put(piece));
        self.end(begin)
    }

    /// Write more bytes of a section, at most [`PIECE`].
    #[inline(always)]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        // A block of the checksum more, so that it has all that is written.
        if self.pending.len() >= CHUNK + BLOCK {
            self.write_chunk();
        }
    }

    #[cold]
    fn write_chunk(&mut self) {
        self.sum();
        self.write(CHUNK);
    }

    fn sum(&mut self) {
        self.summed += self.checksum.blocks(self.pending.get(self.summed..).unwrap_or_default());
    }

    /// Write the first pending bytes.
    fn write(&mut self, count: usize) {
        let bytes = self.pending.get(..count).unwrap_or_default();
        if self.failed.is_none() {
            self.failed = self.to.write_all(bytes).err();
        }
        self.pending.drain(..count);
        self.summed -= count;
        self.written += count as u64;
    }

    /// Write the rest, and the header. The index is one over a text.
    pub(super) fn seal(self, source: Stamp, text: &[u8], table: [SectionRange; SECTIONS]) -> io::Result<W> {
        self.seal_with(source, fingerprint(text), table, &[])
    }

    /// Write the rest, packed records as the last section, and the header.
    pub(super) fn seal_packed(
        mut self,
        source: Stamp,
        packed: &[u8],
        mut table: [SectionRange; SECTIONS],
    ) -> io::Result<W> {
        table[Section::Packed as usize] = (self.begin(), packed.len() as u64);
        self.seal_with(source, fingerprint(packed), table, packed)
    }

    fn seal_with(
        mut self,
        source: Stamp,
        fingerprint: u64,
        table: [SectionRange; SECTIONS],
        packed: &[u8],
    ) -> io::Result<W> {
        self.sum();
        let body = self.len() - size_of::<Header>() as u64;
        let checksum = self.checksum.finish(self.pending.get(self.summed..).unwrap_or_default(), body);
        self.summed = self.pending.len();
        self.write(self.summed);
        let header = Header::new(source, fingerprint, self.len() + packed.len() as u64, checksum, table);
        match self.failed {
            Some(error) => Err(error),
            None => {
                self.to.write_all(packed)?;
                self.to.seek(SeekFrom::Start(0))?;
                self.to.write_all(header.as_bytes())?;
                Ok(self.to)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::checksum::checksum;
    use super::*;
    use std::io::Cursor;

    const SOURCE: Stamp = Stamp { size: 1, modified: 2 };

    #[test]
    fn large_sections_are_whole_and_summed() {
        let section: Vec<u8> = (0..5 << 20).map(|i: u32| (i ^ (i >> 9)) as u8).collect();
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        let first = writer.section(&section[..CHUNK + 7]);
        let second = writer.section(&section);
        let bytes = writer.seal(SOURCE, b"x", [(0, 0); SECTIONS]).unwrap().into_inner();
        let head = size_of::<Header>();
        assert_eq!(first, (head as u64, CHUNK as u64 + 7));
        assert_eq!(bytes[head..head + CHUNK + 7], section[..CHUNK + 7]);
        assert_eq!(bytes[second.0 as usize..], section);
        let header = Header::check(&bytes).unwrap();
        assert_eq!(header.body_checksum.get(), checksum(&bytes[head..]));
    }

    /// A disk that is full after so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self.0.min(bytes.len());
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Full {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        for room in [0, 100, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let mut writer = Writer::new(Full(room));
            writer.section(&vec![1; 3 * CHUNK]);
            assert_eq!(
                writer.seal(SOURCE, b"x", [(0, 0); SECTIONS]).err().map(|e| e.kind()),
                Some(io::ErrorKind::StorageFull)
            );
        }
    }
}
