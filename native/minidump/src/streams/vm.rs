//! SystemMemoryInfo (21) and ProcessVmCounters (22): how much memory there was and was used.

use crate::directory::Stream;
use crate::faults::Faults;
use crate::reader::{u16_at, u32_or_0, u64_at, u64_or_0};

/// `MINIDUMP_PROCESS_VM_COUNTERS_1` and `_2`, in bytes where not said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VmCounters {
    /// Page faults, a count.
    pub page_fault_count: u32,
    /// Peak working set.
    pub peak_working_set_size: u64,
    /// Working set.
    pub working_set_size: u64,
    /// Commit charge.
    pub pagefile_usage: u64,
    /// Peak commit charge.
    pub peak_pagefile_usage: u64,
    /// Private commit.
    pub private_usage: Option<u64>,
    /// Peak of the virtual size.
    pub peak_virtual_size: Option<u64>,
    /// Virtual size.
    pub virtual_size: Option<u64>,
    /// Private working set.
    pub private_working_set_size: Option<u64>,
    /// Shared commit.
    pub shared_commit_usage: Option<u64>,
    /// Commit limit of the job the process is in.
    pub job_total_commit_limit: Option<u64>,
}

/// `MINIDUMP_SYSTEM_MEMORY_INFO_1`, in pages where not said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SystemMemoryInfo {
    /// Bytes of a page.
    pub page_size: u32,
    /// Physical pages.
    pub physical_pages: u32,
    /// Lowest address of user mode.
    pub minimum_user_address: u64,
    /// Highest address of user mode.
    pub maximum_user_address: u64,
    /// Pages free for use.
    pub available_pages: u64,
    /// Committed pages.
    pub committed_pages: u64,
    /// Most pages that can be committed.
    pub commit_limit: u64,
    /// Most pages that were committed.
    pub peak_commitment: u64,
}

/// `MINIDUMP_PROCESS_VM_COUNTERS_2` flags.
const HAS_VIRTUAL_SIZE: u16 = 0x2;
const HAS_EX: u16 = 0x4;
const HAS_EX2: u16 = 0x8;
const HAS_JOB: u16 = 0x10;

pub(crate) fn parse_counters(stream: &Stream<'_>, faults: &mut Faults) -> Option<VmCounters> {
    let bytes = stream.bytes;
    let revision = u16_at(bytes, 0).unwrap_or(0);
    if !(1..=2).contains(&revision) || bytes.len() < 80 {
        faults.add(
            stream.kind,
            None,
            stream.offset,
            format!("the counters are of revision {revision} and {} bytes: they are skipped", bytes.len()),
        );
        return None;
    }
    let mut counters = VmCounters {
        page_fault_count: u32_or_0(bytes, 4),
        peak_working_set_size: u64_or_0(bytes, 8),
        working_set_size: u64_or_0(bytes, 16),
        pagefile_usage: u64_or_0(bytes, 56),
        peak_pagefile_usage: u64_or_0(bytes, 64),
        ..VmCounters::default()
    };
    if revision == 1 {
        counters.private_usage = u64_at(bytes, 72);
        return Some(counters);
    }
    let flags = u16_at(bytes, 2).unwrap_or(0);
    let field = |flag, offset| if flags & flag != 0 { u64_at(bytes, offset) } else { None };
    counters.peak_virtual_size = field(HAS_VIRTUAL_SIZE, 72);
    counters.virtual_size = field(HAS_VIRTUAL_SIZE, 80);
    counters.private_usage = field(HAS_EX, 88);
    counters.private_working_set_size = field(HAS_EX2, 96);
    counters.shared_commit_usage = field(HAS_EX2, 104);
    counters.job_total_commit_limit = field(HAS_JOB, 144);
    Some(counters)
}

pub(crate) fn parse_system(stream: &Stream<'_>, faults: &mut Faults) -> Option<SystemMemoryInfo> {
    let bytes = stream.bytes;
    if u16_at(bytes, 0) != Some(1) || bytes.len() < 148 {
        faults.add(stream.kind, None, stream.offset, "the memory information is of an unknown revision and is skipped");
        return None;
    }
    Some(SystemMemoryInfo {
        page_size: u32_or_0(bytes, 8),
        physical_pages: u32_or_0(bytes, 12),
        minimum_user_address: u64_or_0(bytes, 28),
        maximum_user_address: u64_or_0(bytes, 36),
        available_pages: u64_or_0(bytes, 116),
        committed_pages: u64_or_0(bytes, 124),
        commit_limit: u64_or_0(bytes, 132),
        peak_commitment: u64_or_0(bytes, 140),
    })
}
