//! The part of `crash_info` that comes from the crashing instruction.

use super::DumpReport;
use crate::instruction::Adjusted;
use crate::json::{Hex, Null, Writer};

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
                w.field("kind", kind);
                w.field(key, Hex(value, self.width));
                w.end_object();
            }
        }
        w.field("instruction", analysis.decoded.as_ref().map(|d| d.text.as_str()));
        w.key("instruction_pointer_update");
        match analysis.target {
            None => w.null(),
            Some(target) => {
                w.begin_object();
                w.field("address", Hex(target, self.width));
                w.end_object();
            }
        }
        self.memory_accesses(w);
        // Bits that flipped in memory are not looked for.
        w.field("possible_bit_flips", Null);
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
            w.field("address", Hex(access.address, self.width));
            w.field("size", access.size);
            w.field("access_type", access.kind.as_str());
            w.field("is_likely_guard_page", guard_page);
            w.field("implicit", access.implicit);
            w.field("segment", access.segment);
            w.end_object();
        }
        w.end_array();
    }
}
