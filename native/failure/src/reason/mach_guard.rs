//! EXC_GUARD: a process touched something that was guarded. Layout from XNU's `kern/exc_guard.h`: the code's bits
//! 61..64 are the kind of guard, 32..61 the flavor, 0..32 the target; flavors from `mach/port.h`, `sys/guarded.h` and `mach/vm_statistics.h`.

use super::Raw;
use super::mach_codes::codes;

type Flavors = &'static [(u32, &'static str)];

const MACH_PORT: Flavors = &[
    (1, "GUARD_EXC_DESTROY"),
    (2, "GUARD_EXC_MOD_REFS"),
    (3, "GUARD_EXC_INVALID_OPTIONS"),
    (4, "GUARD_EXC_SET_CONTEXT"),
    (5, "GUARD_EXC_THREAD_SET_STATE"),
    (6, "GUARD_EXC_EXCEPTION_BEHAVIOR_ENFORCE"),
    (7, "GUARD_EXC_SERVICE_PORT_VIOLATION_FATAL"),
    (0x8, "GUARD_EXC_UNGUARDED"),
    (0x9, "GUARD_EXC_KOBJECT_REPLY_PORT_SEMANTICS"),
    (0xa, "GUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS"),
    (0x10, "GUARD_EXC_INCORRECT_GUARD"),
    (0x20, "GUARD_EXC_IMMOVABLE"),
    (0x40, "GUARD_EXC_STRICT_REPLY"),
    (0x41, "GUARD_EXC_INVALID_NOTIFICATION_REQ"),
    (0x42, "GUARD_EXC_INVALID_MPO_ENTITLEMENT"),
    (0x43, "GUARD_EXC_DESCRIPTOR_VIOLATION"),
    (0x80, "GUARD_EXC_MSG_FILTERED"),
    (0x100, "GUARD_EXC_INVALID_RIGHT"),
    (0x200, "GUARD_EXC_INVALID_NAME"),
    (0x400, "GUARD_EXC_INVALID_VALUE"),
    (0x800, "GUARD_EXC_INVALID_ARGUMENT"),
    (0x1000, "GUARD_EXC_RIGHT_EXISTS"),
    (0x2000, "GUARD_EXC_KERN_NO_SPACE"),
    (0x4000, "GUARD_EXC_KERN_FAILURE"),
    (0x8000, "GUARD_EXC_KERN_RESOURCE"),
    (0x1_0000, "GUARD_EXC_SEND_INVALID_REPLY"),
    (0x2_0000, "GUARD_EXC_SEND_INVALID_VOUCHER"),
    (0x4_0000, "GUARD_EXC_SEND_INVALID_RIGHT"),
    (0x8_0000, "GUARD_EXC_RCV_INVALID_NAME"),
    (0x10_0000, "GUARD_EXC_RCV_GUARDED_DESC"),
    (0x10_0001, "GUARD_EXC_SERVICE_PORT_VIOLATION_NON_FATAL"),
    (0x10_0002, "GUARD_EXC_PROVISIONAL_REPLY_PORT"),
    (0x10_0003, "GUARD_EXC_OOL_PORT_ARRAY_CREATION"),
    (0x10_0004, "GUARD_EXC_MOVE_PROVISIONAL_REPLY_PORT"),
    (0x10_0005, "GUARD_EXC_REPLY_PORT_SINGLE_SO_RIGHT"),
    (0x20_0000, "GUARD_EXC_MOD_REFS_NON_FATAL"),
    (0x40_0000, "GUARD_EXC_IMMOVABLE_NON_FATAL"),
    // Their numbers before they became 10 and 6.
    (0x80_0000, "GUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS"),
    (0x100_0000, "GUARD_EXC_EXCEPTION_BEHAVIOR_ENFORCE"),
];
const FD: Flavors = &[
    (0x1, "GUARD_EXC_CLOSE"),
    (0x2, "GUARD_EXC_DUP"),
    (0x4, "GUARD_EXC_NOCLOEXEC"),
    (0x8, "GUARD_EXC_SOCKET_IPC"),
    (0x10, "GUARD_EXC_FILEPORT"),
    (0x20, "GUARD_EXC_MISMATCH"),
    (0x40, "GUARD_EXC_WRITE"),
];
const VNODE: Flavors = &[
    (0x1, "GUARD_EXC_RENAME_TO"),
    (0x2, "GUARD_EXC_RENAME_FROM"),
    (0x4, "GUARD_EXC_UNLINK"),
    (0x8, "GUARD_EXC_WRITE_OTHER"),
    (0x10, "GUARD_EXC_TRUNC_OTHER"),
    (0x20, "GUARD_EXC_LINK"),
    (0x40, "GUARD_EXC_EXCHDATA"),
];
const VIRT_MEMORY: Flavors = &[
    (1, "GUARD_EXC_DEALLOC_GAP"),
    (2, "GUARD_EXC_RECLAIM_COPYIO_FAILURE"),
    (4, "GUARD_EXC_RECLAIM_INDEX_FAILURE"),
    (8, "GUARD_EXC_RECLAIM_DEALLOCATE_FAILURE"),
    (9, "GUARD_EXC_RECLAIM_ACCOUNTING_FAILURE"),
    (10, "GUARD_EXC_SEC_IOPL_ON_EXEC_PAGE"),
    (11, "GUARD_EXC_SEC_EXEC_ON_IOPL_PAGE"),
    (12, "GUARD_EXC_SEC_UPL_WRITE_ON_EXEC_REGION"),
    (98, "GUARD_EXC_SEC_ACCESS_FAULT"),
    (99, "GUARD_EXC_SEC_ASYNC_ACCESS_FAULT"),
    (100, "GUARD_EXC_SEC_COPY_DENIED"),
    (101, "GUARD_EXC_SEC_SHARING_DENIED"),
    (200, "GUARD_EXC_MTE_SYNC_FAULT"),
    (201, "GUARD_EXC_MTE_ASYNC_USER_FAULT"),
    (202, "GUARD_EXC_MTE_ASYNC_KERN_FAULT"),
];
const REJECTED_SC: Flavors = &[(0x0, "GUARD_EXC_MACH_TRAP")];

/// Kinds of guard, from 0.
const KINDS: [&str; 7] = ["NONE", "MACH_PORT", "FD", "USER", "VN", "VIRT_MEMORY", "REJECTED_SC"];

/// The kind of guard: `MACH_PORT`, `FD`…
pub(super) fn kind(raw: &Raw<'_>) -> Option<&'static str> {
    KINDS.get(usize::try_from(codes(raw).0 >> 61).ok()?).copied()
}

/// The kind of guard that a word names, as reports write it: `GUARD_TYPE_MACH_PORT`.
pub(super) fn kind_of_word(word: &str) -> Option<&'static str> {
    let word = word.trim().split([' ', ',', ':', '(']).next()?;
    let word = word.strip_prefix("GUARD_TYPE_").unwrap_or(word);
    KINDS.iter().find(|kind| **kind == word).copied()
}

pub(super) fn text(raw: &Raw<'_>) -> String {
    let Some(kind) = kind(raw) else {
        return format!("EXC_GUARD / {:#010x}", raw.flags);
    };
    let (code, subcode) = codes(raw);
    let start = format!("EXC_GUARD / GUARD_TYPE_{kind}");
    match detail(kind, code, subcode) {
        Some(detail) if detail.is_empty() => start,
        Some(detail) => format!("{start} / {detail}"),
        None => format!("{start} / {code:#018x} / {subcode:#018x}"),
    }
}

fn detail(kind: &str, code: u64, subcode: u64) -> Option<String> {
    let flavor = ((code >> 32) & 0x1fff_ffff) as u32;
    let target = code as u32;
    let name = |flavors: Flavors| flavors.iter().find(|row| row.0 == flavor).map(|row| row.1);
    Some(match kind {
        "NONE" => String::new(),
        "MACH_PORT" if subcode == 0 => format!("{} port name: {target}", name(MACH_PORT)?),
        "MACH_PORT" => format!("{} port name: {target} subcode: {subcode}", name(MACH_PORT)?),
        "FD" => format!("{} file descriptor: {target} guard identifier: {subcode}", name(FD)?),
        "USER" => format!("namespace: {target} guard identifier: {subcode}"),
        "VN" => format!("{} pid: {target} guard identifier: {subcode}", name(VNODE)?),
        "VIRT_MEMORY" => format!("{} offset: {subcode}", name(VIRT_MEMORY)?),
        "REJECTED_SC" => format!("{} syscall: {subcode}", name(REJECTED_SC)?),
        _ => return None,
    })
}
