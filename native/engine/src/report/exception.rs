//! The keys of `crash_info` that describe the exception itself.

use crate::json::{Hex, Writer};

/// What the exception record, or the text of a report, holds.
pub(super) struct Exception<'a> {
    pub(super) code: Option<u32>,
    pub(super) flags: Option<u32>,
    pub(super) parameters: &'a [u64],
    /// The record's own address.
    pub(super) raw_address: Option<u64>,
    /// `read`, `write`, `execute`.
    pub(super) access: Option<&'static str>,
    pub(super) signal: Option<&'a str>,
}

impl Exception<'_> {
    /// The keys from `code` to `signal`; addresses have `width` digits.
    pub(super) fn write(&self, w: &mut Writer, width: usize) {
        w.field("code", Hex(self.code, 8));
        w.field("flags", Hex(self.flags, 8));
        w.key("parameters");
        w.begin_array();
        for &parameter in self.parameters {
            w.hex(parameter, width);
        }
        w.end_array();
        w.field("raw_address", Hex(self.raw_address, width));
        w.field("access", self.access);
        w.field("signal", self.signal);
    }
}
