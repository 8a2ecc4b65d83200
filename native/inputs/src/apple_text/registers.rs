//! Registers: `x0: 0x0000000000000000   x1: 0x0000000000000000`, several in a line.

use crate::json::value::hexadecimal;
use crate::{Thread, limits};

/// Read a line of registers, or of a fact beside them (`Logical CPU: 2`).
pub(super) fn read(line: &str, thread: &mut Thread) {
    let mut words = line.split_whitespace().peekable();
    let mut last: Option<String> = None;
    let mut text = String::new();
    let mut any = false;
    while let Some(word) = words.next() {
        let name = word.strip_suffix(':').filter(|name| !name.is_empty());
        if let Some(name) = name
            && let Some(value) = words.peek().and_then(|next| next.strip_prefix("0x")).and_then(hexadecimal)
        {
            // Names of registers are short words; `Code: 0x4` of "Error Code: 0x4" is not a register.
            if text.is_empty() || any {
                words.next();
                describe(thread, last.take(), &mut text);
                if thread.registers.len() < limits::REGISTERS {
                    thread.registers.push((name.to_owned(), value));
                }
                last = Some(name.to_owned());
                any = true;
                continue;
            }
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    if any {
        describe(thread, last, &mut text);
    } else if let Some((name, value)) = text.split_once(':')
        && thread.state.len() < limits::REGISTERS
    {
        thread.state.push((name.trim().to_owned(), value.trim().to_owned()));
    }
}

/// Words after a value describe it: `esr: 0x92000006 (Data Abort) byte read Translation fault`.
fn describe(thread: &mut Thread, register: Option<String>, text: &mut String) {
    let text = std::mem::take(text);
    if let Some(register) = register
        && !text.is_empty()
        && thread.state.len() < limits::REGISTERS
    {
        thread.state.push((register, text));
    }
}
