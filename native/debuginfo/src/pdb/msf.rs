//! The container of a PDB file (MSF 7.00): numbered streams, each a list of pages.
//!
//! Layout: LLVM's description of the MSF format, and Microsoft's `microsoft-pdb`. A page belongs to one stream, so that all
//! streams together have at most the bytes of the file: what exceeds that is refused, or a few bytes would be read many
//! times.

use std::borrow::Cow;

use crate::Error;
use crate::fields::Fields;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// Size of a stream that does not exist.
const NO_STREAM: u32 = u32::MAX;
/// Bytes of a page: a power of two. Linkers write 4,096, and up to 32,768 for files over 4 GB.
const PAGES: std::ops::RangeInclusive<usize> = 512..=65_536;

/// Streams that are listed: their numbers have 16 bits.
const STREAMS: usize = 1 << 16;

/// The streams of a file.
#[derive(Debug)]
pub(super) struct Msf<'d> {
    file: &'d [u8],
    page: usize,
    /// The directory, which holds the lists of pages.
    directory: Cow<'d, [u8]>,
    /// For each stream its bytes and where its list of pages begins in the directory; `None`: refused, or not there.
    streams: Vec<Option<(usize, usize)>>,
    /// How many streams exceed the file.
    pub(super) excess: u64,
}

impl<'d> Msf<'d> {
    /// Read the header and the directory.
    pub(super) fn open(file: &'d [u8]) -> Result<Self, Error> {
        let damaged = |what, offset| Error::Damaged { what, offset };
        let header = Fields(file);
        let number = |at| header.size(at).ok_or(damaged("the header is cut", at as u64));
        let page = number(32)?;
        if !PAGES.contains(&page) || !page.is_power_of_two() {
            return Err(damaged("the size of pages is invalid", 32));
        }
        let size = number(44)?;
        if size > file.len() {
            return Err(damaged("the stream directory is longer than the file", 44));
        }
        // The pages of the directory are listed in pages, too, and those are listed in the header.
        let pages = size.div_ceil(page);
        let lists = (pages * 4).div_ceil(page);
        let cut = || damaged("the stream directory is outside the file", 52);
        let roots = header.bytes(52, lists * 4).filter(|_| 52 + lists * 4 <= page).ok_or_else(cut)?;
        let list = gather(file, page, roots, pages * 4).ok_or_else(cut)?;
        let directory = match list {
            Cow::Borrowed(list) => gather(file, page, list, size).ok_or_else(cut)?,
            Cow::Owned(list) => Cow::Owned(gather(file, page, &list, size).ok_or_else(cut)?.into_owned()),
        };
        let mut msf = Self { file, page, directory, streams: Vec::new(), excess: 0 };
        msf.list().ok_or(damaged("the stream directory is cut", 44))?;
        Ok(msf)
    }

    /// List the streams of the directory.
    fn list(&mut self) -> Option<()> {
        let directory = Fields(&self.directory);
        let count = directory.size(0)?;
        let sizes = directory.bytes(4, count.checked_mul(4)?)?;
        let mut at = 4 + sizes.len();
        let mut left = self.file.len();
        self.excess += count.saturating_sub(STREAMS) as u64;
        for (index, size) in sizes.as_chunks::<4>().0.iter().take(STREAMS).enumerate() {
            let size = match u32::from_le_bytes(*size) {
                NO_STREAM => 0,
                size => usize::try_from(size).ok()?,
            };
            let first = at;
            at = at.checked_add(size.div_ceil(self.page).checked_mul(4)?)?;
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
        let pages = self.directory.get(first..)?.get(..size.div_ceil(self.page) * 4)?;
        let stream =
            Stream { file: self.file, page: self.page, pages, size, whole: run(self.file, self.page, pages, size) };
        // Whoever reads it may rely on its pages.
        (stream.whole.is_some() || stream.pages().all(|page| page_at(self.file, self.page, page).is_some()))
            .then_some(stream)
    }
}

/// A stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream<'m> {
    file: &'m [u8],
    page: usize,
    /// Numbers of its pages, 4 bytes each.
    pages: &'m [u8],
    size: usize,
    /// All of it, if its pages follow each other.
    whole: Option<&'m [u8]>,
}

impl<'m> Stream<'m> {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.size
    }

    fn pages(&self) -> impl Iterator<Item = u32> + 'm {
        self.pages.as_chunks::<4>().0.iter().map(|page| u32::from_le_bytes(*page))
    }

    /// All of it; a copy if its pages are scattered.
    pub(super) fn bytes(&self) -> Cow<'m, [u8]> {
        self.range(0, self.size).unwrap_or_default()
    }

    /// A part of it; a copy if its pages are scattered. `None`: the stream ends before.
    pub(super) fn range(&self, start: usize, length: usize) -> Option<Cow<'m, [u8]>> {
        let end = start.checked_add(length).filter(|&end| end <= self.size)?;
        if let Some(whole) = self.whole {
            return whole.get(start..end).map(Cow::Borrowed);
        }
        let (first, inside) = (start / self.page, start % self.page);
        let last = end.div_ceil(self.page).max(first);
        let pages = self.pages.get(first * 4..last * 4)?;
        let (length, skipped) = (end - start, inside);
        if let Some(run) = run(self.file, self.page, pages, skipped + length) {
            return run.get(skipped..).map(Cow::Borrowed);
        }
        match gather(self.file, self.page, pages, skipped + length)? {
            Cow::Borrowed(bytes) => bytes.get(skipped..).map(Cow::Borrowed),
            Cow::Owned(mut bytes) => {
                bytes.drain(..skipped);
                Some(Cow::Owned(bytes))
            }
        }
    }
}

fn page_at(file: &[u8], page: usize, number: u32) -> Option<&[u8]> {
    let start = usize::try_from(number).ok()?.checked_mul(page)?;
    let rest = file.get(start..)?;
    // The last page of a file may be cut.
    (!rest.is_empty()).then(|| rest.get(..page).unwrap_or(rest))
}

/// The bytes of pages that follow each other; `None` if they do not.
fn run<'d>(file: &'d [u8], page: usize, pages: &[u8], size: usize) -> Option<&'d [u8]> {
    let mut numbers = pages.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number));
    let Some(first) = numbers.next() else { return (size == 0).then_some(&[]) };
    if (1..).zip(numbers).any(|(at, number)| first.checked_add(at) != Some(number)) {
        return None;
    }
    let start = usize::try_from(first).ok()?.checked_mul(page)?;
    file.get(start..start.checked_add(size)?)
}

/// The bytes of pages. `None`: a page is outside the file.
fn gather<'d>(file: &'d [u8], page: usize, pages: &[u8], size: usize) -> Option<Cow<'d, [u8]>> {
    if let Some(run) = run(file, page, pages, size) {
        return Some(Cow::Borrowed(run));
    }
    let mut bytes = Vec::with_capacity(size);
    for number in pages.as_chunks::<4>().0 {
        let rest = size - bytes.len();
        let here = page_at(file, page, u32::from_le_bytes(*number))?;
        bytes.extend_from_slice(here.get(..rest.min(page))?);
    }
    (bytes.len() == size).then_some(Cow::Owned(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{MAGIC, Msf, STREAMS};

    #[test]
    fn streams_without_a_number_are_refused() {
        const PAGE: u32 = 4096;
        let streams = u32::try_from(STREAMS).unwrap() + 10;
        let size = 4 + streams * 4;
        let pages = size.div_ceil(PAGE);
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        // A page with the header, one with the list of the directory's pages, and the directory: all streams are empty.
        let mut file = [MAGIC.as_slice(), &words(&[PAGE, 1, pages + 2, size, 0, 1])].concat();
        file.resize(PAGE as usize, 0);
        file.extend(words(&(2..pages + 2).collect::<Vec<_>>()));
        file.resize(2 * PAGE as usize, 0);
        file.extend(words(&[streams]));
        file.resize(((pages + 2) * PAGE) as usize, 0);
        let msf = Msf::open(&file).unwrap();
        assert_eq!((msf.streams.len(), msf.excess), (STREAMS, 10));
    }
}
