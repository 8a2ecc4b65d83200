//! The usual container (MSF 7.00): each stream is a list of pages.
//!
//! Layout: LLVM's description of the MSF format, and Microsoft's `microsoft-pdb`. A page belongs to one stream, so that all
//! streams together have at most the bytes of the file: what exceeds that is refused, or a few bytes would be read many
//! times.

use std::borrow::Cow;
use std::ops::Range;

use super::STREAMS;
use super::file::File;
use crate::Error;
use crate::fields::Fields;
use crate::present::Present;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// Size of a stream that does not exist.
const NO_STREAM: u32 = u32::MAX;
/// Bytes of a page: a power of two. Linkers write 4,096, and up to 32,768 for files over 4 GB.
const PAGES: std::ops::RangeInclusive<usize> = 512..=65_536;

/// Bytes of the header before the list of the directory's pages.
const HEADER: usize = 52;

/// The streams of a file.
#[derive(Debug)]
pub(super) struct Pages<'d> {
    pages: PagedFile<'d>,
    /// The directory, which holds the lists of pages.
    directory: Cow<'d, [u8]>,
    /// For each stream its bytes and where its list of pages begins in the directory; `None`: refused, or not there.
    streams: Vec<Option<(usize, usize)>>,
    /// How many streams exceed the file.
    pub(super) excess: u64,
}

impl<'d> Pages<'d> {
    /// Read the header and the directory. `present` says which parts of the file are there; `None`: all.
    pub(super) fn open(file: &'d [u8], present: Option<&'d Present>) -> Result<Self, Error> {
        let damaged = |what, offset| Error::Damaged { what, offset };
        let file = File { bytes: file, present };
        let header = Fields(file.range(0, file.bytes.len().min(HEADER)).unwrap_or_default());
        let number = |at| header.size(at).ok_or(damaged("the header is cut", at as u64));
        let page = number(32)?;
        if !PAGES.contains(&page) || !page.is_power_of_two() {
            return Err(damaged("the size of pages is invalid", 32));
        }
        let size = number(44)?;
        if size > file.bytes.len() {
            return Err(damaged("the stream directory is longer than the file", 44));
        }
        // The pages of the directory are listed in pages, too, and those are listed in the header.
        let count = size.div_ceil(page);
        let lists = (count * 4).div_ceil(page);
        let cut = || damaged("the stream directory is outside the file", 52);
        if 52 + lists * 4 > page {
            return Err(cut());
        }
        let pages = PagedFile { file, page };
        let roots = file.range(52, lists * 4).ok_or_else(cut)?;
        let directory = match pages.gather(roots, 0..count * 4).ok_or_else(cut)? {
            Cow::Borrowed(list) => pages.gather(list, 0..size).ok_or_else(cut)?,
            Cow::Owned(list) => Cow::Owned(pages.gather(&list, 0..size).ok_or_else(cut)?.into_owned()),
        };
        let mut pages = Self { pages, directory, streams: Vec::new(), excess: 0 };
        pages.list().ok_or(damaged("the stream directory is cut", 44))?;
        Ok(pages)
    }

    /// Bytes of all streams, at most.
    pub(super) const fn bytes(&self) -> u64 {
        self.pages.file.bytes.len() as u64
    }

    /// List the streams of the directory.
    fn list(&mut self) -> Option<()> {
        let directory = Fields(&self.directory);
        let count = directory.size(0)?;
        let sizes = directory.bytes(4, count.checked_mul(4)?)?;
        let mut at = 4 + sizes.len();
        let mut left = self.pages.file.bytes.len();
        self.excess += count.saturating_sub(STREAMS) as u64;
        for (index, size) in sizes.as_chunks::<4>().0.iter().take(STREAMS).enumerate() {
            let size = match u32::from_le_bytes(*size) {
                NO_STREAM => 0,
                size => usize::try_from(size).ok()?,
            };
            let first = at;
            at = at.checked_add(size.div_ceil(self.pages.page).checked_mul(4)?)?;
            // Stream 0 is an older directory, whose pages may be others' by now.
            let is_old = index == 0;
            let fits = !is_old && size <= left && at <= self.directory.len();
            if fits {
                left -= size;
            } else if !is_old {
                self.excess += 1;
            }
            self.streams.push(fits.then_some((size, first)));
        }
        Some(())
    }

    /// A stream; `None`: no stream has this number, it is refused, or its pages are outside the file.
    pub(super) fn stream(&self, number: u16) -> Option<Stream<'_>> {
        let (size, first) = (*self.streams.get(usize::from(number))?)?;
        let list = self.directory.get(first..)?.get(..size.div_ceil(self.pages.page) * 4)?;
        let stream = Stream { pages: self.pages, list, size, start: self.pages.run(list, 0..size) };
        // Whoever reads it may rely on its pages.
        let is_in_file =
            |page: &[u8; 4]| self.pages.start(page).is_some_and(|start| start < self.pages.file.bytes.len());
        (stream.start.is_some() || list.as_chunks::<4>().0.iter().all(is_in_file)).then_some(stream)
    }
}

/// A stream.
#[derive(Clone, Copy, Debug)]
pub(in crate::pdb) struct Stream<'m> {
    pages: PagedFile<'m>,
    /// Numbers of its pages, 4 bytes each.
    list: &'m [u8],
    size: usize,
    /// Where it begins in the file, if its pages follow each other.
    start: Option<usize>,
}

impl<'m> Stream<'m> {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.size
    }

    /// A part of it; a copy if its pages are scattered. `None`: the stream ends before, or the part is not there.
    pub(super) fn range(&self, start: usize, length: usize) -> Option<Cow<'m, [u8]>> {
        let end = start.checked_add(length).filter(|&end| end <= self.size)?;
        if let Some(first) = self.start {
            return self.pages.file.range(first + start, length).map(Cow::Borrowed);
        }
        let (first, inside) = (start / self.pages.page, start % self.pages.page);
        let last = end.div_ceil(self.pages.page).max(first);
        self.pages.gather(self.list.get(first * 4..last * 4)?, inside..inside + length)
    }
}

/// A file in pages.
#[derive(Clone, Copy, Debug)]
struct PagedFile<'d> {
    file: File<'d>,
    /// Bytes of a page.
    page: usize,
}

impl<'d> PagedFile<'d> {
    /// Where a page begins, by its number.
    fn start(&self, page: &[u8; 4]) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(*page)).ok()?.checked_mul(self.page)
    }

    /// Where a part of pages that follow each other is in the file; `None` if they do not, or are outside the file.
    fn run(&self, pages: &[u8], part: Range<usize>) -> Option<usize> {
        let pages = pages.as_chunks::<4>().0;
        let Some(first) = pages.first() else { return part.is_empty().then_some(0) };
        let mut numbers = pages.iter().map(|page| u32::from_le_bytes(*page));
        let mut next = numbers.next()?;
        for number in numbers {
            next = next.checked_add(1).filter(|&next| next == number)?;
        }
        let start = self.start(first)?;
        self.file.bytes.get(start..start.checked_add(part.end)?)?;
        Some(start + part.start)
    }

    /// A part of pages. `None`: a page is outside the file, or not there.
    fn gather(&self, pages: &[u8], part: Range<usize>) -> Option<Cow<'d, [u8]>> {
        if let Some(start) = self.run(pages, part.clone()) {
            return self.file.range(start, part.len()).map(Cow::Borrowed);
        }
        let mut bytes = Vec::with_capacity(part.len());
        let (mut at, mut is_there) = (0, true);
        for page in pages.as_chunks::<4>().0 {
            let (from, to) = (part.start.max(at), part.end.min(at + self.page));
            if from < to {
                let start = self.start(page)?.checked_add(from - at)?;
                // The last page of a file may be cut.
                self.file.bytes.get(start..start.checked_add(to - from)?)?;
                match self.file.range(start, to - from) {
                    Some(here) if is_there => bytes.extend_from_slice(here),
                    // The others are asked for, too.
                    _ => is_there = false,
                }
            }
            at += self.page;
        }
        (is_there && bytes.len() == part.len()).then_some(Cow::Owned(bytes))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{MAGIC, Pages, STREAMS};

    #[test]
    fn streams_without_a_number_are_refused() {
        const PAGE: u32 = 4096;
        let streams = u32::try_from(STREAMS).unwrap() + 10;
        let size = 4 + streams * 4;
        let pages = size.div_ceil(PAGE);
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        // A page with the header, one with the list of the directory's pages, and the directory: all streams are empty.
        let mut file = [MAGIC, &words(&[PAGE, 1, pages + 2, size, 0, 1])].concat();
        file.resize(PAGE as usize, 0);
        file.extend(words(&(2..pages + 2).collect::<Vec<_>>()));
        file.resize(2 * PAGE as usize, 0);
        file.extend(words(&[streams]));
        file.resize(((pages + 2) * PAGE) as usize, 0);
        let pages = Pages::open(&file, None).unwrap();
        assert_eq!((pages.streams.len(), pages.excess), (STREAMS, 10));
    }
}
