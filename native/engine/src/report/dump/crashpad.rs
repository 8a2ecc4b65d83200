//! `crashpad`: the report's ids and the annotations of the process and of its modules.

use minidump::CrashpadModule;

use super::DumpReport;
use crate::json::{Hex, NAME_BYTES, Text, Writer};

impl DumpReport<'_> {
    pub(super) fn crashpad(&self, w: &mut Writer) {
        w.key("crashpad");
        let Some(crashpad) = &self.dump.crashpad else { return w.null() };
        w.begin_object();
        w.field("version", crashpad.version);
        w.field("report_id", crashpad.report_id.as_deref());
        w.field("client_id", crashpad.client_id.as_deref());
        w.field("address_mask", Hex(crashpad.address_mask, 16));
        dictionary(w, &crashpad.annotations);
        w.key("modules");
        w.list("crashpad_modules", &crashpad.modules, |w, module| self.crashpad_module(w, module));
        w.end_object();
    }

    fn crashpad_module(&self, w: &mut Writer, annotated: &CrashpadModule<'_>) {
        w.begin_object();
        w.key("module_index");
        let position = self.dump.modules.binary_search_by_key(&annotated.module_index, |m| m.index).ok();
        w.optional_number(position.map(|p| p as u64));
        w.field("module", position.and_then(|p| self.keys.get(p)).map(|k| k.code_file.as_str()));
        w.key("list_annotations");
        w.list("annotations", &annotated.list_annotations, |w, text| w.text(text));
        dictionary(w, &annotated.annotations);
        w.key("objects");
        w.list("annotations", &annotated.objects, |w, object| {
            w.begin_object();
            w.field("name", &object.name);
            w.field("type", object.kind);
            match object.text() {
                Some(text) => {
                    w.field("value", Text(&*text));
                }
                None => {
                    w.key("hex");
                    let most = object.value.len().min(NAME_BYTES.max(w.left() / 2));
                    w.hex_bytes(object.value.get(..most).unwrap_or_default());
                }
            }
            w.end_object();
        });
        w.end_object();
    }
}

/// Names and values as an object. A name that comes twice keeps its first value, as Crashpad's uploader
/// has it.
fn dictionary(w: &mut Writer, pairs: &[(String, String)]) {
    let mut names = std::collections::HashSet::new();
    w.key("annotations");
    let first = pairs.iter().filter(|(name, _)| names.insert(name.as_str()));
    w.entries("annotations", first, |w, (name, value)| {
        w.foreign_key(name);
        w.text(value);
    });
}
