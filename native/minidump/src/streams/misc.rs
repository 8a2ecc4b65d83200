//! MiscInfo (15): process id and times, integrity, build strings.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{array_at, u32_at, u64_at};
use crate::strings::utf16_until_nul;

/// `MINIDUMP_MISC_INFO` 1 to 5; what a version or the flags leave out is `None`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MiscInfo {
    /// Process id.
    pub pid: Option<u32>,
    /// When the process started: seconds since 1970, UTC.
    pub create_time: Option<u32>,
    /// Seconds of user time.
    pub user_time: Option<u32>,
    /// Seconds of kernel time.
    pub kernel_time: Option<u32>,
    /// The processor's highest clock, in MHz.
    pub max_mhz: Option<u32>,
    /// The processor's clock when dumped, in MHz.
    pub current_mhz: Option<u32>,
    /// The processor's clock limit, in MHz.
    pub mhz_limit: Option<u32>,
    /// Windows integrity level (0x2000 medium, 0x3000 high …).
    pub integrity_level: Option<u32>,
    /// `MEM_EXECUTE_OPTION_*` flags.
    pub execute_flags: Option<u32>,
    /// Whether the process is a protected one.
    pub protected_process: Option<u32>,
    /// The machine's time zone.
    pub time_zone: Option<TimeZone>,
    /// Build of the operating system.
    pub build_string: Option<String>,
    /// Build of the writer: dbghelp, or `<tool>.<cpu>,<version>,<os>` of Crashpad.
    pub debug_build_string: Option<String>,
    /// Windows's process cookie.
    pub process_cookie: Option<u32>,
    /// Layout of extended processor state.
    pub xstate: Option<XState>,
}

/// `TIME_ZONE_INFORMATION`, as far as people read it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimeZone {
    /// 0 unknown, 1 standard, 2 daylight.
    pub id: u32,
    /// Minutes to add to local time to get UTC: with what standard or daylight time adds, whichever it was.
    pub bias: i32,
    /// Name of standard time.
    pub standard_name: String,
    /// Name of daylight time.
    pub daylight_name: String,
}

/// `XSTATE_CONFIG_FEATURE_MSC_INFO`, without the table of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct XState {
    /// Bytes of a context with all features.
    pub context_size: u32,
    /// Bits of the features.
    pub enabled_features: u64,
}

const HAS_PID: u32 = 0x1;
const HAS_TIMES: u32 = 0x2;
const HAS_POWER: u32 = 0x4;
const HAS_INTEGRITY: u32 = 0x10;
const HAS_EXECUTE_FLAGS: u32 = 0x20;
const HAS_TIME_ZONE: u32 = 0x40;
const HAS_PROTECTED: u32 = 0x80;
const HAS_BUILD_STRING: u32 = 0x100;
const HAS_COOKIE: u32 = 0x200;

pub(crate) fn parse(stream: &Stream<'_>, faults: &mut Faults) -> Option<MiscInfo> {
    let bytes = stream.bytes;
    let Some(flags) = u32_at(bytes, 4) else {
        faults.add(stream.kind, None, stream.offset, "the stream ends inside its flags and is skipped");
        return None;
    };
    // Versions only ever grew: a field is there if its flag is set and the bytes reach it.
    let field = |flag, offset| if flags & flag != 0 { u32_at(bytes, offset) } else { None };
    let text = |offset: usize, size: usize| {
        let text = utf16_until_nul(bytes.get(offset..offset + size)?);
        (!text.is_empty()).then_some(text)
    };
    let build_string = |offset, size| if flags & HAS_BUILD_STRING != 0 { text(offset, size) } else { None };
    let time_zone = field(HAS_TIME_ZONE, 56).and_then(|id| {
        let minutes = |offset| array_at(bytes, offset).map(i32::from_le_bytes);
        let more = match id {
            1 => minutes(144)?,
            2 => minutes(228)?,
            _ => 0,
        };
        Some(TimeZone {
            id,
            bias: minutes(60)?.saturating_add(more),
            standard_name: text(64, 64).unwrap_or_default(),
            daylight_name: text(148, 64).unwrap_or_default(),
        })
    });
    // The writer leaves the size 0 where it knows nothing.
    let xstate = u32_at(bytes, 832)
        .filter(|&size| size != 0)
        .and_then(|_| Some(XState { context_size: u32_at(bytes, 836)?, enabled_features: u64_at(bytes, 840)? }));
    Some(MiscInfo {
        pid: field(HAS_PID, 8),
        create_time: field(HAS_TIMES, 12),
        user_time: field(HAS_TIMES, 16),
        kernel_time: field(HAS_TIMES, 20),
        max_mhz: field(HAS_POWER, 24),
        current_mhz: field(HAS_POWER, 28),
        mhz_limit: field(HAS_POWER, 32),
        integrity_level: field(HAS_INTEGRITY, 44),
        execute_flags: field(HAS_EXECUTE_FLAGS, 48),
        protected_process: field(HAS_PROTECTED, 52),
        time_zone,
        build_string: build_string(232, 520),
        debug_build_string: build_string(752, 80),
        process_cookie: field(HAS_COOKIE, 1360),
        xstate,
    })
}
