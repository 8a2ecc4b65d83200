//! Where unwind tables say that functions are, for symbols without a size.

use std::fmt;
use std::sync::OnceLock;

use unwind_tables::Builder;

use crate::Error;

/// The ranges of all functions.
type Ranges<'d> = Box<dyn Fn() -> Vec<(u64, u64)> + Send + Sync + 'd>;

/// The functions that the unwind tables of a build describe. The tables are read when the first symbol needs them.
#[derive(Default)]
pub struct Described<'d> {
    read: Option<Ranges<'d>>,
    ranges: OnceLock<Vec<(u64, u64)>>,
}

impl<'d> Described<'d> {
    /// Those of the tables that `read` gives.
    pub(crate) fn of(read: impl Fn() -> Result<Option<Builder<'d>>, Error> + Send + Sync + 'd) -> Self {
        let ranges = move || match read() {
            Ok(Some(tables)) => unwind_tables::functions(&tables),
            _ => Vec::new(),
        };
        Self { read: Some(Box::new(ranges)), ranges: OnceLock::new() }
    }

    /// Where the code that begins at an address ends at the latest: with its function, or where another begins.
    pub(crate) fn end_of(&self, address: u64) -> u64 {
        let ranges = self.ranges.get_or_init(|| self.read.as_ref().map(|read| read()).unwrap_or_default());
        unwind_tables::end_of(ranges, address)
    }
}

impl fmt::Debug for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Described").field("ranges", &self.ranges).finish_non_exhaustive()
    }
}
