//! The two levels of `__unwind_info`: pages, and functions in pages.

/// A part of the code with one encoding; most are functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its first address, relative to the image's base.
    pub begin: u32,
    /// Where the next one begins.
    pub end: u32,
    /// The encoding.
    pub encoding: u32,
}

/// The only version.
const VERSION: u32 = 1;
/// Kinds of pages: with encodings, and with numbers of encodings.
const REGULAR: u32 = 2;
const COMPRESSED: u32 = 3;
/// Bytes of an entry of the first level: first address, page, its first entry about exceptions.
const PAGE: usize = 12;

/// The table of a section.
#[derive(Clone, Copy, Debug)]
pub struct Index<'d> {
    section: &'d [u8],
    common: &'d [[u8; 4]],
    pages: &'d [[u8; PAGE]],
}

impl<'d> Index<'d> {
    /// `None`: another version, or damaged.
    #[must_use]
    pub fn new(section: &'d [u8]) -> Option<Self> {
        if u32_at(section, 0)? != VERSION {
            return None;
        }
        let common = list(section, u32_at(section, 4)?, u32_at(section, 8)?)?;
        let pages = list(section, u32_at(section, 20)?, u32_at(section, 24)?)?;
        Some(Self { section, common, pages })
    }

    /// The function that holds an address.
    #[must_use]
    pub fn at(&self, rva: u32) -> Option<Function> {
        let next = self.pages.partition_point(|page| word(page) <= rva);
        let page = self.page(next.checked_sub(1)?)?;
        let next = page.partition_point(rva);
        let function = page.function(next.checked_sub(1)?)?;
        (function.begin <= rva && rva < function.end).then_some(function)
    }

    /// How many functions there are. Damaged pages have none.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all_pages().map(|page| page.count() as u64).sum::<u64>().min(self.most() as u64)
    }

    /// All functions in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = Function> + use<'d> {
        let all = self.all_pages().flat_map(|page| (0..page.count()).map(move |index| (page, index)));
        all.take(self.most()).filter_map(|(page, index)| page.function(index))
    }

    /// How many entries the section has room for. Pages over the same bytes could have more, and the rest is left out.
    const fn most(&self) -> usize {
        self.section.len() / 4
    }

    fn all_pages(&self) -> impl Iterator<Item = Page<'d>> + use<'d> {
        let this = *self;
        // The last one only ends the one before.
        (0..this.pages.len()).filter_map(move |index| this.page(index))
    }

    fn page(&self, index: usize) -> Option<Page<'d>> {
        let entry = self.pages.get(index)?;
        let end = word(self.pages.get(index.checked_add(1)?)?);
        let at = u32_at(entry, 4)?;
        let page = self.section.get(usize::try_from(at).ok()?..)?;
        let list_at = |at: usize| list(page, u16_at(page, at)?, u16_at(page, at + 2)?);
        let functions = match u32_at(page, 0)? {
            REGULAR => Functions::Regular(list(page, u16_at(page, 4)?, u16_at(page, 6)?)?),
            COMPRESSED => {
                Functions::Compressed { list: list_at(4)?, common: self.common, own: list_at(8).unwrap_or_default() }
            }
            _ => return None,
        };
        Some(Page { begin: word(entry), end, functions })
    }
}

/// A page of the second level.
#[derive(Clone, Copy, Debug)]
struct Page<'d> {
    begin: u32,
    end: u32,
    functions: Functions<'d>,
}

#[derive(Clone, Copy, Debug)]
enum Functions<'d> {
    /// First address and encoding.
    Regular(&'d [[u8; 8]]),
    /// In 24 bits the first address relative to the page's, in 8 the number of an encoding: first the common ones, then the page's
    /// own.
    Compressed { list: &'d [[u8; 4]], common: &'d [[u8; 4]], own: &'d [[u8; 4]] },
}

impl Page<'_> {
    const fn count(&self) -> usize {
        match self.functions {
            Functions::Regular(list) => list.len(),
            Functions::Compressed { list, .. } => list.len(),
        }
    }

    fn begin(&self, index: usize) -> Option<u32> {
        match self.functions {
            Functions::Regular(list) => list.get(index).map(|entry| word(entry)),
            Functions::Compressed { list, .. } => self.begin.checked_add(word(list.get(index)?) & 0xff_ffff),
        }
    }

    /// How many functions begin before an address, or at it.
    fn partition_point(&self, rva: u32) -> usize {
        let Some(distance) = rva.checked_sub(self.begin) else { return 0 };
        match self.functions {
            Functions::Regular(list) => list.partition_point(|entry| word(entry) <= rva),
            Functions::Compressed { list, .. } => list.partition_point(|entry| word(entry) & 0xff_ffff <= distance),
        }
    }

    fn function(&self, index: usize) -> Option<Function> {
        let encoding = match self.functions {
            Functions::Regular(list) => u32_at(list.get(index)?, 4)?,
            Functions::Compressed { list, common, own } => {
                let number = usize::try_from(word(list.get(index)?) >> 24).ok()?;
                let other = || own.get(number.checked_sub(common.len())?);
                word(common.get(number).or_else(other)?)
            }
        };
        Some(Function { begin: self.begin(index)?, end: self.begin(index + 1).unwrap_or(self.end), encoding })
    }
}

fn list<const BYTES: usize>(bytes: &[u8], at: impl Into<u64>, count: impl Into<u64>) -> Option<&[[u8; BYTES]]> {
    let rest = bytes.get(usize::try_from(at.into()).ok()?..)?;
    rest.as_chunks().0.get(..usize::try_from(count.into()).ok()?)
}

fn word(entry: &[u8]) -> u32 {
    u32_at(entry, 0).unwrap_or(0)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Index;

    #[test]
    fn pages_over_the_same_bytes_have_no_more_entries_than_the_section() {
        const PAGES: u32 = 400;
        // A header of 28 bytes, the first level, and one page with the entries that all of it leads to.
        let at = 28 + PAGES * 12;
        let mut words = vec![1, 28, 0, 0, 0, 28, PAGES];
        words.extend((0..PAGES).flat_map(|page| [page * 1000, at, 0]));
        words.extend([2, 8 | 500 << 16]);
        words.extend((0..500).flat_map(|function| [function, 0]));
        let section = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect::<Vec<_>>();
        let index = Index::new(&section).unwrap();
        assert_eq!(index.count(), section.len() as u64 / 4);
        assert_eq!(index.iter().count(), section.len() / 4);
    }
}
