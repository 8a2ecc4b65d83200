//! Bytes that are in memory, or in a file of which parts are read when they are needed.

use std::fmt;

/// A source of bytes that are read when they are requested, such as a file that is larger than what is needed of it.
pub trait OnDemand: Sync {
    /// How many bytes there are.
    fn len(&self) -> usize;

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes `start..end`; `None` if they are not in the source, or cannot be read. The source remembers a failure.
    fn get(&self, start: usize, end: usize) -> Option<&[u8]>;
}

/// Bytes in memory, or a part of what an [`OnDemand`] can read.
#[derive(Clone, Copy)]
pub struct Bytes<'a>(Kind<'a>);

#[derive(Clone, Copy)]
enum Kind<'a> {
    Memory(&'a [u8]),
    /// `start <= end <= source.len()`
    OnDemand {
        source: &'a dyn OnDemand,
        start: usize,
        end: usize,
    },
}

impl<'a> Bytes<'a> {
    /// All bytes of a source.
    pub fn on_demand(source: &'a dyn OnDemand) -> Self {
        Self(Kind::OnDemand { source, start: 0, end: source.len() })
    }

    /// How many there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        match self.0 {
            Kind::Memory(bytes) => bytes.len(),
            Kind::OnDemand { start, end, .. } => end - start,
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes `start..end`; `None` if they are not within these, or cannot be read.
    #[must_use]
    #[inline]
    pub fn get(&self, start: usize, end: usize) -> Option<&'a [u8]> {
        match self.0 {
            Kind::Memory(bytes) => bytes.get(start..end),
            Kind::OnDemand { source, start: first, end: last } => {
                let within = start <= end && end <= last - first;
                if within { source.get(first + start, first + end) } else { None }
            }
        }
    }

    /// A part of these bytes, of which nothing is read yet; `None` if it is not within them.
    #[must_use]
    pub fn part(&self, start: usize, end: usize) -> Option<Self> {
        match self.0 {
            Kind::Memory(bytes) => bytes.get(start..end).map(Self::from),
            Kind::OnDemand { source, start: first, end: last } => {
                let within = start <= end && end <= last - first;
                within.then_some(Self(Kind::OnDemand { source, start: first + start, end: first + end }))
            }
        }
    }
}

impl Default for Bytes<'_> {
    fn default() -> Self {
        Self(Kind::Memory(&[]))
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.len())
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Kind::Memory(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Bytes<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self(Kind::Memory(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Bytes<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self(Kind::Memory(bytes))
    }
}
