//! Unwind rules of x86: frame data and the older FPO records, as STACK WIN records.
//!
//! Layouts: `FRAMEDATA` of `cvinfo.h`, `FPO_DATA` of `winnt.h`.

use symbols::breakpad::Win;

use super::frame_streams::{FPO, FRAME_DATA, bytes};
use super::program::Program;
use crate::fields::Fields;

/// Give each record to `give`, in the order of the file. `give` says whether it takes more of them.
pub(super) fn frames(
    program: &Program<'_>,
    mut give: impl FnMut(&Win<'_>) -> std::io::Result<bool>,
) -> std::io::Result<()> {
    let data = bytes(program.msf, program.streams.frame_data);
    for record in data.chunks_exact(FRAME_DATA) {
        let record = Fields(record);
        let Some(text) = record.u32(20).and_then(|offset| program.strings.at(offset)) else { continue };
        if let Some(win) = frame_data(record, text.trim_ascii())
            && !give(&win)?
        {
            return Ok(());
        }
    }
    let data = bytes(program.msf, program.streams.fpo);
    for record in data.chunks_exact(FPO) {
        if let Some(win) = fpo(Fields(record))
            && !give(&win)?
        {
            return Ok(());
        }
    }
    Ok(())
}

/// `address, size, locals, parameters, largest stack, program` in 4 bytes each, `prologue, saved registers` in 2, `flags` in 4.
fn frame_data<'t>(record: Fields<'_>, text: &'t [u8]) -> Option<Win<'t>> {
    Some(Win {
        kind: 4,
        address: record.u32(0)?.into(),
        size: record.u32(4)?.into(),
        locals_size: record.u32(8)?,
        param_size: record.u32(12)?,
        max_stack_size: record.u32(16)?,
        prolog_size: record.u16(24)?.into(),
        saved_regs_size: record.u16(26)?.into(),
        epilog_size: 0,
        program: Some(text),
        allocates_base_pointer: false,
    })
    .filter(|win| win.size > 0 && !text.is_empty())
}

/// `address, size, locals in words` in 4 bytes each, `parameters in words` in 2, and bits: 8 of the prologue's bytes, 3 of
/// saved registers, whether there is an exception handler, whether EBP is used, one reserved, 2 of the kind of frame.
fn fpo(record: Fields<'_>) -> Option<Win<'static>> {
    let bits = record.u16(14)?;
    Some(Win {
        kind: 0,
        address: record.u32(0)?.into(),
        size: record.u32(4)?.into(),
        locals_size: record.u32(8)?.saturating_mul(4),
        param_size: u32::from(record.u16(12)?) * 4,
        max_stack_size: 0,
        prolog_size: (bits & 0xff).into(),
        saved_regs_size: u32::from(bits >> 8 & 7) * 4,
        epilog_size: 0,
        program: None,
        allocates_base_pointer: bits & 0x1000 != 0,
    })
    .filter(|win| win.size > 0)
}
