//! Names of signals, their codes and Mach exceptions, to the numbers naming reads.

use vocabulary::Arch;
use vocabulary::darwin::signal_name;

use super::layout::NumberOrText;
use super::number::hex;
use crate::reason::mach_codes;
use crate::{codes, reason};

/// A signal: its number, and its name where the number is not known.
pub(super) fn signal<'r>(given: Option<&'r NumberOrText<'_>>) -> (Option<u32>, Option<&'r str>) {
    match given {
        None => (None, None),
        Some(NumberOrText::Number(number)) => (Some(*number as u32), None),
        Some(NumberOrText::Text(text)) => {
            // `SIGABRT`, `SIGSEGV (11)`, `SIGSEGV / SEGV_MAPERR`.
            let name = first_word(text);
            match reason::signal_number(name) {
                Some(number) => (Some(number), None),
                None if name.is_empty() => (None, None),
                None => (hex_digits(name), Some(name).filter(|name| hex_digits(name).is_none())),
            }
        }
    }
}

/// A signal of Apple's systems, whose numbers are not Linux'.
pub(super) fn darwin(given: &NumberOrText<'_>) -> Option<&'static str> {
    match given {
        NumberOrText::Number(number) => signal_name(u32::try_from(*number).ok()?),
        NumberOrText::Text(text) => {
            let name = first_word(text);
            match hex_digits(name) {
                Some(number) => signal_name(number),
                None => reason::mac::known_signal(name),
            }
        }
    }
}

fn hex_digits(text: &str) -> Option<u32> {
    text.starts_with("0x").then(|| hex(text)).flatten().map(|number| number as u32)
}

/// A signal's code: `SEGV_MAPERR` or its number.
pub(super) fn si_code(given: Option<&NumberOrText<'_>>) -> u32 {
    match given {
        None => 0,
        Some(NumberOrText::Number(number)) => *number as u32,
        Some(NumberOrText::Text(text)) => {
            let name = text.trim();
            codes::si_code_number(name)
                .or_else(|| name.parse::<i32>().ok().map(|number| number as u32))
                .or_else(|| hex_digits(name))
                .unwrap_or(match name {
                    "SI_KERNEL" => 0x80,
                    "SI_TKILL" => -6_i32 as u32,
                    "SI_QUEUE" => -1_i32 as u32,
                    _ => 0,
                })
        }
    }
}

/// A signal's code that says that it was sent. Writers that do not know the code leave it out or write the number 0.
pub(super) fn is_sender(given: &NumberOrText<'_>) -> bool {
    match given {
        NumberOrText::Number(number) => *number < 0,
        NumberOrText::Text(text) => matches!(text.trim(), "SI_USER" | "SI_TKILL" | "SI_QUEUE"),
    }
}

/// A Mach exception: its name or its number.
pub(super) fn mach_exception(given: &NumberOrText<'_>) -> Option<u32> {
    match given {
        NumberOrText::Number(number) => Some(*number as u32),
        NumberOrText::Text(text) => {
            let name = first_word(text);
            mach_codes::exception_number(name).or_else(|| name.parse().ok()).or_else(|| hex_digits(name))
        }
    }
}

/// The first code of a Mach exception: its name or its number; 0 for a name that says nothing on this processor.
pub(super) fn mach_code(exception: u32, cpu: Option<Arch>, given: Option<&NumberOrText<'_>>) -> u32 {
    match given {
        None => 0,
        Some(NumberOrText::Number(number)) => flags(exception, *number as u64),
        Some(NumberOrText::Text(text)) => {
            let name = first_word(text);
            let number = name.parse().ok().or_else(|| name.parse::<i64>().ok().map(|number| number as u64));
            let known = number.or_else(|| mach_codes::code_number(exception, cpu, name)).or_else(|| hex(name));
            known.map_or(0, |code| flags(exception, code))
        }
    }
}

/// The half of a first code that an exception record has as its flags: the upper one, which holds the resource or the
/// guard, of a code of 64 bits.
fn flags(exception: u32, code: u64) -> u32 {
    match exception {
        mach_codes::EXC_RESOURCE | mach_codes::EXC_GUARD if code > u64::from(u32::MAX) => (code >> 32) as u32,
        _ => code as u32,
    }
}

/// `KERN_INVALID_ADDRESS` of `KERN_INVALID_ADDRESS at 0x10`.
fn first_word(text: &str) -> &str {
    text.trim().split([' ', '/', '(', ',']).next().unwrap_or("")
}
