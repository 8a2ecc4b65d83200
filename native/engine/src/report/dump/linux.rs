//! What only Linux and Android dumps have.

use super::DumpReport;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn linux(&self, w: &mut Writer) {
        let linux = &self.dump.linux;
        w.field("linux_memory_map_count", linux.maps_count);
        w.key("lsb_release");
        match linux.lsb() {
            None => w.null(),
            Some(lsb) => {
                w.begin_object();
                for (key, text) in [
                    ("id", &lsb.id),
                    ("release", &lsb.release),
                    ("codename", &lsb.codename),
                    ("description", &lsb.description),
                ] {
                    w.field(key, text);
                }
                w.end_object();
            }
        }
        w.key("proc_limits");
        if linux.limits.is_none() {
            return w.null();
        }
        w.begin_object();
        w.key("limits");
        w.list("limits", linux.limit_list(), |w, limit| {
            w.begin_object();
            w.field("name", &limit.name);
            w.key("soft");
            bound(w, &limit.soft);
            w.key("hard");
            bound(w, &limit.hard);
            w.field("unit", if limit.unit.is_empty() { "n/a" } else { &limit.unit });
            w.end_object();
        });
        w.end_object();
    }
}

/// A limit: a number where it is one, else the file's word (`unlimited`).
fn bound(w: &mut Writer, text: &str) {
    match text.parse::<u64>() {
        Ok(number) => w.number(number),
        Err(_) => w.string(text),
    }
}
