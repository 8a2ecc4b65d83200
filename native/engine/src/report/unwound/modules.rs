//! `modules`: the images, in the order of addresses.

use super::UnwoundReport;
use crate::json::Writer;
use crate::report::modules::{Row, write};
use crate::report::needed::{self, Tally};
use crate::unwound::{code_id, debug_file, debug_id, process};

impl UnwoundReport<'_> {
    /// The images by their addresses, which is how they are listed.
    pub(super) fn order(&self) -> Vec<usize> {
        let images = &self.crash.images;
        let mut order: Vec<usize> = (0..images.len()).collect();
        order.sort_by_key(|&index| images.get(index).map_or(0, |image| image.start));
        order
    }

    pub(super) fn modules(&self, w: &mut Writer, order: &[usize]) {
        let images = &self.crash.images;
        w.field("main_module", self.main_module(order));
        w.field("modules_contains_cert_info", false);
        w.key("modules");
        let ordered = order.iter().filter_map(|&index| Some((images.get(index)?, index)));
        w.list("modules", ordered, |w, (image, index)| {
            let slot = self.images.get(index);
            let id = debug_id(image);
            w.begin_object();
            let row = Row {
                base: image.start,
                end: image.end,
                code_file: &image.name,
                debug_file: debug_file(image),
                debug_id: &id,
                code_id: &code_id(image),
                version: image.version.as_deref(),
                looked_into: slot.is_some(),
                resolution: slot.and_then(|slot| slot.resolution.as_deref()),
                listed_in: "report",
            };
            write(w, &row, self.width);
            for (key, text) in [
                ("path", &image.path),
                ("arch", &image.arch),
                ("identifier", &image.identifier),
                ("source", &image.source),
            ] {
                w.field(key, text.as_deref());
            }
            w.end_object();
        });
        w.key("unloaded_modules");
        w.begin_array();
        w.end_array();
    }

    /// Which images lack symbols, by the frames that it costs. The stacks are unwound, so that no unwind rules are needed.
    pub(super) fn symbols_needed(&self, w: &mut Writer, order: &[usize]) {
        let slot = |image| self.images.get(image);
        let mut tally = Tally::of((0..self.crash.images.len()).map(|image| slot(image)?.resolution.as_deref()));
        for (thread, view) in self.threads.iter().enumerate() {
            for frame in &view.frames {
                tally.frame(frame.image, frame.function.is_some(), self.crashed == Some(thread));
            }
        }
        let mut listed = vec![0; order.len()];
        for (place, &image) in order.iter().enumerate() {
            if let Some(number) = listed.get_mut(image) {
                *number = place;
            }
        }
        tally.write(w, |image| {
            let slot = slot(image)?;
            let resolution = slot.resolution.as_deref();
            Some(needed::Module { listed: *listed.get(image)?, key: &slot.key, resolution })
        });
    }

    /// The program among the images: by its path, else by its name.
    fn main_module(&self, order: &[usize]) -> Option<usize> {
        let path = self.crash.process.path.as_deref().filter(|path| !path.is_empty());
        let name = process(self.crash);
        let images = || order.iter().filter_map(|&index| self.crash.images.get(index));
        let by_path = images().position(|image| path.is_some() && image.path.as_deref() == path);
        by_path.or_else(|| images().position(|image| name.is_some_and(|name| image.name == name)))
    }
}
