//! The part of `crash_info` that comes from the crashing instruction.

use super::DumpReport;
use crate::instruction::Adjusted;
use crate::json::Writer;

impl DumpReport<'_> {
    pub(super) fn instruction(&self, w: &mut Writer) {
        let analysis = &self.instruction;
        w.key("adjusted_address");
        match analysis.adjusted {
            None => w.null(),
            Some(adjusted) => {
                let (kind, key, value) = match adjusted {
                    Adjusted::NonCanonical(address) => ("non-canonical", "address", address),
                    Adjusted::NullPointer(offset) => ("null-pointer", "offset", offset),
                };
                w.begin_object();
                w.key("kind");
                w.string(kind);
                w.key(key);
                w.hex(value, self.width);
                w.end_object();
            }
        }
        w.key("instruction");
        w.optional_string(analysis.decoded.as_ref().map(|d| d.text.as_str()));
        w.key("instruction_pointer_update");
        match analysis.target {
            None => w.null(),
            Some(target) => {
                w.begin_object();
                w.key("address");
                w.hex(target, self.width);
                w.end_object();
            }
        }
        self.memory_accesses(w);
        // Bits that flipped in memory are not looked for.
        w.key("possible_bit_flips");
        w.null();
        w.key("crash_inconsistencies");
        if self.dump.exception.is_none() {
            return w.null();
        }
        w.begin_array();
        for inconsistency in &analysis.inconsistencies {
            w.string(inconsistency);
        }
        w.end_array();
    }

    fn memory_accesses(&self, w: &mut Writer) {
        w.key("memory_accesses");
        let Some(decoded) = &self.instruction.decoded else { return w.null() };
        w.begin_array();
        for (access, &guard_page) in decoded.accesses.iter().zip(&self.instruction.guard_pages) {
            w.begin_object();
            w.key("address");
            w.optional_hex(access.address, self.width);
            w.key("size");
            w.optional_number(access.size);
            w.key("access_type");
            w.string(access.kind.as_str());
            w.key("is_likely_guard_page");
            w.bool(guard_page);
            w.key("implicit");
            w.bool(access.implicit);
            w.key("segment");
            w.optional_string(access.segment);
            w.end_object();
        }
        w.end_array();
    }
}
