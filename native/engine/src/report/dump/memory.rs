//! How much memory there was and was used, and the handles that were open.

use super::DumpReport;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn memory(&self, w: &mut Writer) {
        w.key("memory");
        w.begin_object();
        w.key("process");
        match &self.dump.vm_counters {
            None => w.null(),
            Some(vm) => counters(
                w,
                &[
                    ("page_fault_count", Some(u64::from(vm.page_fault_count))),
                    ("working_set", Some(vm.working_set_size)),
                    ("peak_working_set", Some(vm.peak_working_set_size)),
                    ("commit", Some(vm.pagefile_usage)),
                    ("peak_commit", Some(vm.peak_pagefile_usage)),
                    ("private_commit", vm.private_usage),
                    ("virtual", vm.virtual_size),
                    ("peak_virtual", vm.peak_virtual_size),
                    ("private_working_set", vm.private_working_set_size),
                    ("shared_commit", vm.shared_commit_usage),
                    ("job_commit_limit", vm.job_total_commit_limit),
                ],
            ),
        }
        w.key("system");
        match &self.dump.system_memory {
            None => w.null(),
            Some(system) => {
                let bytes = |pages: u64| Some(pages.saturating_mul(u64::from(system.page_size)));
                counters(
                    w,
                    &[
                        ("page_size", Some(u64::from(system.page_size))),
                        ("physical", bytes(u64::from(system.physical_pages))),
                        ("available", bytes(system.available_pages)),
                        ("committed", bytes(system.committed_pages)),
                        ("commit_limit", bytes(system.commit_limit)),
                        ("peak_committed", bytes(system.peak_commitment)),
                    ],
                );
            }
        }
        w.end_object();
    }

    pub(super) fn handles(&self, w: &mut Writer) {
        w.key("handles");
        let Some(handles) = &self.dump.handles else { return w.null() };
        w.list("handles", handles, |w, handle| {
            w.begin_object();
            w.key("handle");
            large(w, Some(handle.handle));
            w.field("type_name", handle.type_name.as_deref());
            w.field("object_name", handle.object_name.as_deref());
            w.end_object();
        });
    }
}

fn counters(w: &mut Writer, values: &[(&str, Option<u64>)]) {
    w.begin_object();
    for (key, value) in values {
        w.key(key);
        large(w, *value);
    }
    w.end_object();
}

/// A number; as a hex string if a reader that holds numbers as doubles would lose digits.
fn large(w: &mut Writer, value: Option<u64>) {
    match value {
        Some(value) if value > 1 << 53 => w.hex(value, 16),
        other => w.optional_number(other),
    }
}
