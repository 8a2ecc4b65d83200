//! `crashpad`: the report's ids and the annotations of the process and of its modules.

use minidump::CrashpadModule;

use super::DumpReport;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn crashpad(&self, w: &mut Writer) {
        w.key("crashpad");
        let Some(crashpad) = &self.dump.crashpad else { return w.null() };
        w.begin_object();
        w.key("version");
        w.number(u64::from(crashpad.version));
        w.key("report_id");
        w.optional_string(crashpad.report_id.as_deref());
        w.key("client_id");
        w.optional_string(crashpad.client_id.as_deref());
        w.key("address_mask");
        w.optional_hex(crashpad.address_mask, 16);
        dictionary(w, &crashpad.annotations);
        w.key("modules");
        w.begin_array();
        for module in &crashpad.modules {
            self.crashpad_module(w, module);
        }
        w.end_array();
        w.end_object();
    }

    fn crashpad_module(&self, w: &mut Writer, annotated: &CrashpadModule<'_>) {
        w.begin_object();
        w.key("module_index");
        let position = self.dump.modules.binary_search_by_key(&annotated.module_index, |m| m.index).ok();
        w.optional_number(position.map(|p| p as u64));
        w.key("module");
        w.optional_string(position.and_then(|p| self.keys.get(p)).map(|k| k.code_file.as_str()));
        w.key("list_annotations");
        w.begin_array();
        for text in &annotated.list_annotations {
            w.string(text);
        }
        w.end_array();
        dictionary(w, &annotated.annotations);
        w.key("objects");
        w.begin_array();
        for object in &annotated.objects {
            w.begin_object();
            w.key("name");
            w.string(&object.name);
            w.key("type");
            w.number(u64::from(object.kind));
            match object.text() {
                Some(text) => {
                    w.key("value");
                    w.string(&text);
                }
                None => {
                    w.key("hex");
                    w.hex_bytes(object.value);
                }
            }
            w.end_object();
        }
        w.end_array();
        w.end_object();
    }
}

/// Names and values as an object. A name that comes twice keeps its first value, as Crashpad's uploader
/// has it.
fn dictionary(w: &mut Writer, pairs: &[(String, String)]) {
    let mut names = std::collections::HashSet::new();
    w.key("annotations");
    w.begin_object();
    for (name, value) in pairs {
        if names.insert(name.as_str()) {
            w.foreign_key(name);
            w.string(value);
        }
    }
    w.end_object();
}
