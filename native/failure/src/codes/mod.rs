//! Numbers to names. The tables are written by `tables/generate.py`; do not edit them.
//!
//! A table is the text `hex number TAB name LF`, sorted by number, and is searched as it is: nothing is built when the
//! program starts, and a look-up is some twelve steps.

use std::sync::LazyLock;

/// NTSTATUS values (`ntstatus.h`).
static NTSTATUS: &str = include_str!("ntstatus.tsv");
/// Win32 error codes (`winerror.h`): `ERROR_…` and `RPC_…`, below 0x10000.
static WINERROR: &str = include_str!("winerror.tsv");
/// Failing HRESULTs (`winerror.h` and others).
static HRESULT: &str = include_str!("hresult.tsv");
/// Facility codes of HRESULTs.
static FACILITY: &str = include_str!("facility.tsv");
/// Fast-fail subcodes (`winnt.h`), without `FAST_FAIL_`.
static FASTFAIL: &str = include_str!("fastfail.tsv");
/// Linux `si_code` values (`asm-generic/siginfo.h`); the name's first word says which signal it belongs to.
static SI_CODE: &str = include_str!("si_code.tsv");
/// Its rows, split once: they are not sorted by number, and nearly every crash of Linux looks for one of them.
static SI_CODES: LazyLock<Vec<(u32, &str)>> = LazyLock::new(|| SI_CODE.lines().filter_map(split).collect());

/// `STATUS_…`.
pub(crate) fn ntstatus(value: u32) -> Option<&'static str> {
    find(NTSTATUS, value)
}

/// `ERROR_…`.
pub(crate) fn winerror(value: u32) -> Option<&'static str> {
    find(WINERROR, value)
}

/// `E_…` and the many others.
pub(crate) fn hresult(value: u32) -> Option<&'static str> {
    find(HRESULT, value)
}

/// `FACILITY_…`.
pub(crate) fn facility(value: u32) -> Option<&'static str> {
    find(FACILITY, value)
}

/// A fast-fail subcode, without `FAST_FAIL_`.
pub(crate) fn fastfail(value: u32) -> Option<&'static str> {
    find(FASTFAIL, value)
}

/// A signal-specific `si_code`; `family` is the signal's name without `SIG`: `SEGV`.
pub(crate) fn si_code(family: &str, value: u32) -> Option<&'static str> {
    let of_family = |name: &str| name.strip_prefix(family).is_some_and(|rest| rest.starts_with('_'));
    SI_CODES.iter().find(|&&(number, name)| number == value && of_family(name)).map(|row| row.1)
}

/// The number of a signal-specific `si_code`, by its name.
pub(crate) fn si_code_number(name: &str) -> Option<u32> {
    SI_CODES.iter().find(|row| row.1 == name).map(|row| row.0)
}

fn split(line: &'static str) -> Option<(u32, &'static str)> {
    let (number, name) = line.split_once('\t')?;
    Some((u32::from_str_radix(number, 16).ok()?, name))
}

fn find(table: &'static str, value: u32) -> Option<&'static str> {
    let bytes = table.as_bytes();
    // Every line that starts before `low` is too small, every line that starts at or after `high` too big.
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[..middle].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1).max(low);
        let end = bytes[middle..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |i| middle + i);
        let (number, name) = split(table.get(start..end)?)?;
        match number.cmp(&value) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_every_row_is_found() {
        for table in [NTSTATUS, WINERROR, HRESULT, FACILITY, FASTFAIL] {
            let rows: Vec<_> = table.lines().map(|line| split(line).expect("a row is number, tab, name")).collect();
            assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for &(number, name) in &rows {
                assert_eq!(find(table, number), Some(name));
            }
            assert_eq!(rows.iter().filter(|row| row.1.is_empty() || !row.1.is_ascii()).count(), 0);
        }
    }

    #[test]
    fn spot_checks() {
        assert_eq!(ntstatus(0xc000_0005), Some("STATUS_ACCESS_VIOLATION"));
        assert_eq!(ntstatus(0), Some("STATUS_SUCCESS"));
        assert_eq!(ntstatus(0xc000_0374), Some("STATUS_HEAP_CORRUPTION"));
        assert_eq!(ntstatus(0x1234_5678), None);
        assert_eq!(winerror(5), Some("ERROR_ACCESS_DENIED"));
        assert_eq!(winerror(15841), Some("ERROR_API_UNAVAILABLE"));
        assert_eq!(winerror(0xffff_ffff), None);
        assert_eq!(hresult(0x8007_0005), Some("E_ACCESSDENIED"));
        assert_eq!(facility(109), Some("FACILITY_VISUALCPP"));
        assert_eq!(fastfail(7), Some("FATAL_APP_EXIT"));
        assert_eq!(si_code("SEGV", 9), Some("SEGV_MTESERR"));
        assert_eq!(si_code("SEGV", 10), Some("SEGV_CPERR"));
        assert_eq!(si_code("SEGV", 99), None);
        assert_eq!(si_code("ILL", 1), Some("ILL_ILLOPC"));
    }
}
