//! The images of a crash: their keys and symbols, and which of them frames led into.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use inputs::{Crash, Image};
use symbols::SymbolMap;
use vocabulary::path::leaf;

use crate::hex;
use crate::key::ModuleKey;
use crate::resolution::Resolution;

/// Keys and symbols of images, found when a frame leads into one: a report lists hundreds, its frames are in a dozen.
pub(crate) struct Images<'a> {
    crash: &'a Crash,
    find: &'a dyn Fn(&ModuleKey) -> Option<Arc<Resolution>>,
    slots: Vec<OnceCell<Slot>>,
    /// Images and addresses in them that are not in the part of their symbols that is loaded.
    lacking: RefCell<Vec<(usize, u64)>>,
}

/// An image that a frame led into.
pub(crate) struct Slot {
    pub(crate) key: ModuleKey,
    pub(crate) resolution: Option<Arc<Resolution>>,
}

impl<'a> Images<'a> {
    /// The images of a crash; `find` returns the resolution of a module.
    pub(crate) fn new(crash: &'a Crash, find: &'a dyn Fn(&ModuleKey) -> Option<Arc<Resolution>>) -> Self {
        let slots = (0..crash.images.len()).map(|_| OnceCell::new()).collect();
        Self { crash, find, slots, lacking: RefCell::default() }
    }

    /// A frame leads into this image.
    pub(crate) fn look_into(&self, image: usize) -> Option<&Slot> {
        let delivered = self.crash.images.get(image)?;
        Some(self.slots.get(image)?.get_or_init(|| {
            let key = key(delivered);
            let resolution = if key.is_identified() { (self.find)(&key) } else { None };
            Slot { key, resolution }
        }))
    }

    /// What is known of an image, if a frame led into it.
    pub(crate) fn get(&self, image: usize) -> Option<&Slot> {
        self.slots.get(image)?.get()
    }

    /// The symbols of an image that a frame led into, if they are complete at an address, relative to the image. If they are
    /// not, that is noted.
    pub(crate) fn symbols_for(&self, image: usize, rva: u64) -> Option<&SymbolMap> {
        let symbols = self.get(image)?.resolution.as_deref()?.symbols()?;
        if symbols.is_complete_at(rva) {
            return Some(symbols);
        }
        self.lacking.borrow_mut().push((image, rva));
        None
    }

    /// The keys of modules and addresses in them whose symbols were needed and are not in the part that is loaded.
    pub(crate) fn lacking(&self) -> Vec<(ModuleKey, u64)> {
        let lacking = self.lacking.take();
        lacking.into_iter().filter_map(|(image, rva)| Some((self.get(image)?.key.clone(), rva))).collect()
    }

    /// The modules whose symbols are needed and not resolved yet.
    pub(crate) fn needs(&self) -> Vec<ModuleKey> {
        let wanted = |slot: &&Slot| slot.resolution.is_none() && slot.key.is_identified();
        let slots = self.slots.iter().filter_map(OnceCell::get).filter(wanted);
        let mut needs: Vec<ModuleKey> = slots.map(|slot| slot.key.clone()).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

/// The key of an image, spelled as that of the same image in a dump: [`ModuleKey::new`] of parts that are canonical.
fn key(image: &Image) -> ModuleKey {
    ModuleKey {
        debug_file: leaf(debug_file(image)).to_owned(),
        debug_id: debug_id(image),
        code_file: leaf(&image.name).to_owned(),
        code_id: code_id(image),
    }
}

/// The debug id of an image in Breakpad's spelling; empty if it has none.
pub(crate) fn debug_id(image: &Image) -> String {
    let Some(id) = image.debug_id.filter(|id| !id.is_nil()) else { return String::new() };
    if id.age() != 0 || id.guid()[4..] == [0; 12] {
        return id.to_string();
    }
    // A UUID, of which a report lists hundreds.
    let mut text = hex::text(id.guid());
    text.make_ascii_uppercase();
    text.push('0');
    text
}

/// The name of an image's debug file: for Mach-O that of the image.
pub(crate) fn debug_file(image: &Image) -> &str {
    image.debug_file.as_deref().unwrap_or(&image.name)
}

/// The code id of an image: for Mach-O its UUID, for images with a PDB unknown, else as in the input.
pub(crate) fn code_id(image: &Image) -> String {
    if let Some(id) = &image.code_id {
        return id.clone();
    }
    let uuid = image.debug_id.filter(|id| !id.is_nil() && image.debug_file.is_none());
    uuid.map(|id| hex::text(id.guid())).unwrap_or_default()
}
