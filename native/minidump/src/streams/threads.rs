//! ThreadList (3), ThreadExList (8), ThreadNames (24) and ThreadInfoList (17).

use crate::context::Context;
use crate::directory::Stream;
use crate::faults::Faults;
use crate::kind;
use crate::limits;
use crate::lists::{self, Count};
use crate::reader::{Location, Source, u32_or_0, u64_or_0};
use std::collections::BTreeMap;

use vocabulary::{Arch, Bytes};

/// `MINIDUMP_THREAD`, with its name and times.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Thread {
    /// Thread id; dumps may list one twice.
    pub id: u32,
    /// Name, if the dump has one.
    pub name: Option<String>,
    /// How often the thread was suspended.
    pub suspend_count: u32,
    /// Windows priority class.
    pub priority_class: u32,
    /// Priority.
    pub priority: u32,
    /// Address of the thread environment block; on other systems a thread pointer.
    pub teb: u64,
    /// Lowest address of the stack in the dump.
    pub stack_start: u64,
    /// Bytes of stack in the dump.
    pub stack_size: u64,
    /// Registers.
    pub context: Option<Context>,
    /// Times and start address, where the writer stored them.
    pub info: Option<ThreadInfo>,
    /// Whether this is the thread that wrote the dump.
    pub is_dump_writer: bool,
    /// Whether the dump's list lacks the thread, and it was made from the exception.
    pub synthesised: bool,
}

/// `MINIDUMP_THREAD_INFO`. Times are in units of 100 ns; absolute ones since 1601, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ThreadInfo {
    /// `MINIDUMP_THREAD_INFO_*` flags.
    pub dump_flags: u32,
    /// `HRESULT` of the writer's failure.
    pub dump_error: u32,
    /// Exit status; 0x103 while running.
    pub exit_status: u32,
    /// Start.
    pub create_time: u64,
    /// End.
    pub exit_time: u64,
    /// Time in the kernel.
    pub kernel_time: u64,
    /// Time in user mode.
    pub user_time: u64,
    /// Where the thread began.
    pub start_address: u64,
    /// Processors it may run on.
    pub affinity: u64,
}

/// ThreadList entries, or the larger ones of ThreadExList; the beginning is the same. The threads `wanted` are read also
/// where there are too many of them.
pub(crate) fn parse<'a>(
    stream: &Stream<'a>,
    source: &Source<'a>,
    arch: Option<Arch>,
    wanted: [Option<u32>; 2],
    faults: &mut Faults,
) -> (Vec<Thread>, Vec<StackBytes<'a>>) {
    let size = if stream.kind == kind::THREAD_EX_LIST { 64 } else { 48 };
    let entries = lists::plain(stream, size, faults);
    let mut threads: Vec<Thread> = Vec::with_capacity(entries.len().min(limits::THREADS));
    let mut stacks = Vec::with_capacity(entries.len().min(limits::THREADS));
    let mut left_out = 0_u64;
    for entry in entries {
        let id = u32_or_0(entry.bytes, 0);
        if threads.len() >= limits::THREADS {
            let kept = threads.get(limits::THREADS..).unwrap_or_default().iter().any(|thread| thread.id == id);
            if kept || !wanted.contains(&Some(id)) {
                left_out += 1;
                continue;
            }
        }
        let location = Location::at(entry.bytes, 32);
        let stack_start = u64_or_0(entry.bytes, 24);
        // Full dumps have no offset here: the bytes are in Memory64List.
        if location.rva != 0 && location.size != 0 {
            let bytes = source.unread(location.rva.into(), location.size.into());
            if bytes.len() < location.size as usize {
                let message = "the thread's stack lies wholly or partly outside of the file";
                faults.add(stream.kind, Some(entry.index), entry.offset, message);
            }
            stacks.push(StackBytes { base: stack_start, bytes });
        }
        let context = Location::at(entry.bytes, 40);
        threads.push(Thread {
            id,
            suspend_count: u32_or_0(entry.bytes, 4),
            priority_class: u32_or_0(entry.bytes, 8),
            priority: u32_or_0(entry.bytes, 12),
            teb: u64_or_0(entry.bytes, 16),
            stack_start,
            stack_size: location.size.into(),
            context: Context::located(context, source, arch, stream.kind, Some(entry.index), faults),
            ..Thread::default()
        });
    }
    if left_out > 0 {
        let message = format!("more than {} threads: {left_out} are left out", limits::THREADS);
        faults.add(stream.kind, None, stream.offset, message);
    }
    (threads, stacks)
}

/// Bytes of a thread's stack.
pub(crate) struct StackBytes<'a> {
    pub(crate) base: u64,
    pub(crate) bytes: Bytes<'a>,
}

/// ThreadNames: which thread is called what. The offset has 64 bits and is not aligned; entries of eight
/// bytes, with an offset of 32, are read too.
pub(crate) fn parse_names(stream: &Stream<'_>, source: &Source<'_>, faults: &mut Faults) -> BTreeMap<u32, String> {
    let count = u64::from(u32_or_0(stream.bytes, 0));
    let narrow = stream.size == count.saturating_mul(8).saturating_add(4) && count != 0;
    let mut names = BTreeMap::new();
    for entry in lists::plain(stream, if narrow { 8 } else { 12 }, faults) {
        let rva = if narrow { u32_or_0(entry.bytes, 4).into() } else { u64_or_0(entry.bytes, 4) };
        match source.utf16(rva) {
            _ if rva == 0 => {}
            Ok(name) if name.is_empty() => {}
            Ok(name) => {
                names.entry(u32_or_0(entry.bytes, 0)).or_insert(name);
            }
            Err(e) => {
                let message = format!("the thread's name {}", e.reason());
                faults.add(stream.kind, Some(entry.index), rva, message);
            }
        }
    }
    names
}

/// ThreadInfoList: times and start addresses by thread id.
pub(crate) fn parse_info(stream: &Stream<'_>, faults: &mut Faults) -> BTreeMap<u32, ThreadInfo> {
    let mut infos = BTreeMap::new();
    for entry in lists::sized(stream, Count::Short, 64, faults) {
        let bytes = entry.bytes;
        infos.entry(u32_or_0(bytes, 0)).or_insert(ThreadInfo {
            dump_flags: u32_or_0(bytes, 4),
            dump_error: u32_or_0(bytes, 8),
            exit_status: u32_or_0(bytes, 12),
            create_time: u64_or_0(bytes, 16),
            exit_time: u64_or_0(bytes, 24),
            kernel_time: u64_or_0(bytes, 32),
            user_time: u64_or_0(bytes, 40),
            start_address: u64_or_0(bytes, 48),
            affinity: u64_or_0(bytes, 56),
        });
    }
    infos
}
