//! What modules call ids of each other.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::dbi::Module;

/// Ids that modules give to others, read when they are needed.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// Indices of modules by their names, in lower case.
    modules: OnceLock<HashMap<Vec<u8>, usize>>,
    /// For each module the numbers that others use, and those of the records; by the former.
    lists: Vec<OnceLock<Vec<(u32, u32)>>>,
}

impl Exports {
    /// Of so many modules.
    pub(super) fn new(modules: usize) -> Self {
        Self { modules: OnceLock::new(), lists: (0..modules).map(|_| OnceLock::new()).collect() }
    }

    /// The number of the record that the module of this name gives to others under a number. `read` reads the list of a
    /// module.
    pub(super) fn find(
        &self,
        modules: &[Module<'_>],
        name: &[u8],
        id: u32,
        read: impl FnOnce(&Module<'_>) -> Vec<(u32, u32)>,
    ) -> Option<u32> {
        let by_name = || {
            let names = modules.iter().map(|module| module.name.to_ascii_lowercase());
            names.enumerate().map(|(index, name)| (name, index)).collect()
        };
        let index = *self.modules.get_or_init(by_name).get(&name.to_ascii_lowercase())?;
        let list = self.lists.get(index)?.get_or_init(|| modules.get(index).map(read).unwrap_or_default());
        let at = list.partition_point(|pair| pair.0 < id);
        list.get(at).filter(|pair| pair.0 == id).map(|pair| pair.1)
    }
}
