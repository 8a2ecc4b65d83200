//! The table of strings of a PDB: paths of source files, names of modules, programs of frame data.

use std::borrow::Cow;

use super::msf::{Msf, Stream};
use crate::limits;

/// Bytes of the head of the table: a magic number, a version, the length.
const HEAD: usize = 12;
/// Bytes that are read at first: most paths are shorter.
const FIRST: usize = 128;

/// The table of strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts<'m> {
    stream: Option<Stream<'m>>,
}

impl<'m> Texts<'m> {
    /// The table in a stream.
    pub(super) fn of(msf: &'m Msf<'_>, stream: Option<u16>) -> Self {
        Self { stream: stream.and_then(|stream| msf.stream(stream)) }
    }

    /// The text at an offset of the table; the first [`limits::PATH`] bytes of a longer one. `None`: the table ends before.
    pub(super) fn at(&self, offset: u32) -> Option<Cow<'m, [u8]>> {
        let stream = self.stream?;
        let start = usize::try_from(offset).ok()?.checked_add(HEAD)?;
        let rest = stream.len().checked_sub(start)?;
        let mut length = FIRST;
        loop {
            let taken = length.min(rest);
            let bytes = stream.range(start, taken)?;
            let end = memchr::memchr(0, &bytes).or_else(|| (taken >= limits::PATH).then_some(limits::PATH));
            match end {
                Some(end) => {
                    let end = end.min(limits::PATH);
                    return Some(match bytes {
                        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..end)?),
                        Cow::Owned(mut bytes) => {
                            bytes.truncate(end);
                            Cow::Owned(bytes)
                        }
                    });
                }
                None if taken == rest => return None,
                None => length *= 4,
            }
        }
    }
}
