//! `modules`: the images, in the order of addresses.

use super::UnwoundReport;
use crate::json::Writer;
use crate::report::modules::{Row, write};
use crate::unwound::{code_id, debug_file, debug_id, process};

impl UnwoundReport<'_> {
    pub(super) fn modules(&self, w: &mut Writer) {
        let images = &self.crash.images;
        let mut order: Vec<usize> = (0..images.len()).collect();
        order.sort_by_key(|&index| images.get(index).map_or(0, |image| image.start));
        w.field("main_module", self.main_module(&order));
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

    /// The program among the images: by its path, else by its name.
    fn main_module(&self, order: &[usize]) -> Option<usize> {
        let path = self.crash.process.path.as_deref().filter(|path| !path.is_empty());
        let name = process(self.crash);
        let images = || order.iter().filter_map(|&index| self.crash.images.get(index));
        let by_path = images().position(|image| path.is_some() && image.path.as_deref() == path);
        by_path.or_else(|| images().position(|image| name.is_some_and(|name| image.name == name)))
    }
}
