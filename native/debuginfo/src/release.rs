//! Parts of a large file that were looked at and may leave the memory of the process.

use std::fmt;

/// Called with each part.
type Parts<'g> = &'g (dyn Fn(&[u8]) + Sync);

/// Lets parts of a file leave memory; by default it does nothing.
#[derive(Clone, Copy, Default)]
pub struct Release<'g>(Option<Parts<'g>>);

impl<'g> Release<'g> {
    /// Calls `release` with each part. It may be read again later.
    #[must_use]
    pub fn new(release: Parts<'g>) -> Self {
        Self(Some(release))
    }

    /// A part will not be read soon.
    pub(crate) fn part(self, part: &[u8]) {
        if let Some(release) = self.0 {
            release(part);
        }
    }
}

impl fmt::Debug for Release<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Release").field(&self.0.is_some()).finish()
    }
}
