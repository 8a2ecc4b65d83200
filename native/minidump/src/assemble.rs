//! The order in which streams are read: what others depend on comes first.

use std::borrow::Cow;

use vocabulary::{Arch, Bytes, Os};

use crate::directory::{self, Stream, StreamEntry};
use crate::dump::Dump;
use crate::error::Error;
use crate::faults::Faults;
use crate::kind;
use crate::module_ranges::module_ranges;
use crate::reader::{Source, u32_at};
use crate::split_modules;
use crate::streams::exception::Exception;
use crate::streams::linux::LinuxInfo;
use crate::streams::linux_maps::Maps;
use crate::streams::mac::MacInfo;
use crate::streams::memory::MemoryBuilder;
use crate::streams::system::SystemInfo;
use crate::streams::text::TextStream;
use crate::streams::threads::{StackBytes, Thread};
use crate::streams::{
    assertion, breakpad, crashpad, exception, handles, linux, linux_dso, linux_maps, mac, memory_info, misc, modules,
    system, text, threads, unloaded, vm,
};
use crate::strings;
use crate::wow64;

/// Streams of plain text that have no field of their own in the model.
const TEXT_STREAMS: &[u32] = &[
    kind::LINUX_PROC_STAT,
    kind::LINUX_PROC_UPTIME,
    kind::LINUX_PROC_FD,
    kind::FB_APP_CUSTOM_DATA,
    kind::FB_BUILD_ID,
    kind::FB_APP_VERSION_NAME,
    kind::FB_JAVA_STACK,
    kind::FB_DALVIK_INFO,
    kind::FB_UNWIND_SYMBOLS,
    kind::FB_DUMP_ERROR_LOG,
    kind::FB_APP_STATE_LOG,
    kind::FB_ABORT_REASON,
    kind::FB_THREAD_NAME,
    kind::FB_LOGCAT,
];

impl<'a> Dump<'a> {
    /// Read a dump. Of a file that is read on demand, the memory of the process is not read before it is needed.
    ///
    /// # Errors
    /// Only if the bytes are not a minidump: see [`Error`]. All else is in [`Self::faults`].
    pub fn parse(bytes: impl Into<Bytes<'a>>) -> Result<Self, Error> {
        let source = Source::new(bytes.into());
        let header = directory::header(&source)?;
        let mut reading = Reading { source, entries: Vec::new(), faults: Faults::default() };
        reading.entries = directory::streams(&header, &reading.source, &mut reading.faults);
        reading.report_duplicates();

        let system = reading.read(kind::SYSTEM_INFO, system::parse).flatten();
        let os = system.as_ref().map_or(Os::Unknown, |s| s.os);
        let arch = system.as_ref().and_then(SystemInfo::arch);

        let (mut threads, stacks) = reading.threads(arch);
        let exception = reading
            .read(kind::EXCEPTION, |stream, source, faults| exception::parse(stream, source, arch, faults))
            .flatten();
        let breakpad = reading.read(kind::BREAKPAD_INFO, |stream, _, faults| breakpad::parse(stream, faults)).flatten();
        reading.describe_threads(&mut threads, breakpad.and_then(|b| b.dump_thread_id));
        if let Some(exception) = &exception {
            reading.add_missing_thread(&mut threads, exception);
        }

        let mut modules = reading
            .read(kind::MODULE_LIST, |stream, source, faults| modules::parse(stream, source, os, faults))
            .unwrap_or_default();
        let maps = reading.bytes(kind::LINUX_MAPS).map(Maps::of).unwrap_or_default();
        split_modules::join(&mut modules, &maps.entries);
        let module_ranges = module_ranges(&modules, os, &mut reading.faults);

        let mut memory = MemoryBuilder::default();
        reading.read(kind::MEMORY_LIST, |stream, source, faults| memory.add_list(stream, source, faults));
        reading.read(kind::MEMORY_64_LIST, |stream, source, faults| memory.add_list64(stream, source, faults));
        for stack in &stacks {
            memory.add(stack.base, stack.bytes);
        }

        let linux = reading.linux(arch);
        let maps_count = maps.entries.len();
        let maps = reading
            .read(kind::LINUX_MAPS, |stream, _, faults| (stream.bytes, linux_maps::regions(&maps, stream, faults)));
        let text_of_maps = maps.as_ref().map(|(text, _)| *text);
        let regions = reading.read(kind::MEMORY_INFO_LIST, |stream, _, faults| memory_info::parse(stream, faults));
        let maps_count = maps.as_ref().map(|_| maps_count);
        let regions = match (regions, maps) {
            (Some(regions), _) if !regions.is_empty() => regions,
            (_, Some((_, regions))) => regions,
            _ => Vec::new(),
        };

        let mut dump = Self {
            header,
            misc: reading.read(kind::MISC_INFO, |stream, _, faults| misc::parse(stream, faults)).flatten(),
            threads,
            modules,
            module_ranges,
            unloaded: reading.read(kind::UNLOADED_MODULE_LIST, unloaded::parse).unwrap_or_default(),
            exception,
            memory: memory.finish(),
            regions,
            breakpad,
            assertion: reading
                .read(kind::ASSERTION_INFO, |stream, _, faults| assertion::parse(stream, faults))
                .flatten(),
            crashpad: reading.read(kind::CRASHPAD_INFO, crashpad::parse).flatten(),
            handles: reading.read(kind::HANDLE_DATA, handles::parse),
            linux: LinuxInfo { maps: text_of_maps, maps_count, ..linux },
            mac: MacInfo {
                crash_info: reading.read(kind::MAC_CRASH_INFO, mac::parse_crash_info).unwrap_or_default(),
                boot_args: reading.read(kind::MAC_BOOT_ARGS, mac::parse_boot_args).flatten(),
            },
            vm_counters: reading
                .read(kind::PROCESS_VM_COUNTERS, |stream, _, faults| vm::parse_counters(stream, faults))
                .flatten(),
            system_memory: reading
                .read(kind::SYSTEM_MEMORY_INFO, |stream, _, faults| vm::parse_system(stream, faults))
                .flatten(),
            soft_errors: reading.text(kind::MOZ_SOFT_ERRORS),
            comments: reading.comments(),
            texts: reading.texts(),
            system,
            streams: reading.entries,
            faults: reading.faults.list,
            faults_omitted: reading.faults.omitted,
        };
        wow64::report_missing_stacks(&mut dump);
        Ok(dump)
    }
}

/// What reading any stream needs.
struct Reading<'a> {
    source: Source<'a>,
    entries: Vec<StreamEntry>,
    faults: Faults,
}

impl<'a> Reading<'a> {
    /// Of several streams of one type the first counts; the others are reported as faults.
    fn report_duplicates(&mut self) {
        let mut seen = std::collections::BTreeSet::new();
        for entry in &self.entries {
            // Unknown types may repeat: user streams of Crashpad do.
            if !seen.insert(entry.kind) && entry.name().is_some() {
                self.faults.add(
                    entry.kind,
                    None,
                    entry.offset.into(),
                    "a second stream of one type: the first is used",
                );
            }
        }
    }

    /// Read the first stream of a type.
    fn read<T>(&mut self, kind: u32, read: impl FnOnce(&Stream<'a>, &Source<'a>, &mut Faults) -> T) -> Option<T> {
        let entry = self.entries.iter().find(|entry| entry.kind == kind)?;
        let stream = Stream::new(entry, &self.source, &mut self.faults);
        Some(read(&stream, &self.source, &mut self.faults))
    }

    fn bytes(&mut self, kind: u32) -> Option<&'a [u8]> {
        self.read(kind, |stream, _, _| stream.bytes)
    }

    fn text(&mut self, kind: u32) -> Option<Cow<'a, str>> {
        let read = |stream: &Stream<'a>, source: &Source<'a>, faults: &mut Faults| {
            text::text(strings::trim_nuls(stream.bytes), source, stream, faults)
        };
        self.read(kind, read).flatten()
    }

    fn threads(&mut self, arch: Option<Arch>) -> (Vec<Thread>, Vec<StackBytes<'a>>) {
        // The exception's thread, and the one that asked Breakpad for the dump.
        let exception = self.bytes(kind::EXCEPTION).and_then(|bytes| u32_at(bytes, 0));
        let requesting = self.bytes(kind::BREAKPAD_INFO).and_then(|bytes| u32_at(bytes, 8));
        let wanted = [exception, requesting];
        let mut read = |kind| {
            self.read(kind, |stream, source, faults| threads::parse(stream, source, arch, wanted, faults))
                .filter(|(threads, _)| !threads.is_empty())
        };
        read(kind::THREAD_LIST).or_else(|| read(kind::THREAD_EX_LIST)).unwrap_or_default()
    }

    /// Give threads what other streams say about them.
    fn describe_threads(&mut self, threads: &mut [Thread], writer: Option<u32>) {
        let names = self.read(kind::THREAD_NAMES, threads::parse_names).unwrap_or_default();
        let infos = self
            .read(kind::THREAD_INFO_LIST, |stream, _, faults| threads::parse_info(stream, faults))
            .unwrap_or_default();
        for thread in threads {
            if let Some(name) = names.get(&thread.id).filter(|name| self.source.charge(name.len())) {
                thread.name = Some(name.clone());
            }
            thread.info = infos.get(&thread.id).copied();
            thread.is_dump_writer = writer == Some(thread.id);
        }
    }

    /// A thread that crashed but is not in the list: make it from the exception's registers.
    fn add_missing_thread(&mut self, threads: &mut Vec<Thread>, exception: &Exception) {
        if threads.iter().any(|t| t.id == exception.thread_id) {
            return;
        }
        let what = match exception.context {
            Some(_) => "it is made from the exception",
            None => "the exception has no registers to make it from, so no thread is the crashed one",
        };
        let message = format!("thread {} is not in the thread list: {what}", exception.thread_id);
        let stream = self.entries.iter().find(|entry| entry.kind == kind::EXCEPTION);
        let offset = stream.map_or(0, |entry| entry.offset.into());
        self.faults.add(kind::EXCEPTION, None, offset, message);
        if exception.context.is_none() {
            return;
        }
        threads.push(Thread {
            id: exception.thread_id,
            context: exception.context,
            synthesised: true,
            ..Thread::default()
        });
    }

    fn linux(&mut self, arch: Option<Arch>) -> LinuxInfo<'a> {
        LinuxInfo {
            cpu_info: self.bytes(kind::LINUX_CPU_INFO),
            proc_status: self.bytes(kind::LINUX_PROC_STATUS),
            lsb_release: self.bytes(kind::LINUX_LSB_RELEASE),
            cmd_line: self.bytes(kind::LINUX_CMD_LINE),
            environ: self.bytes(kind::LINUX_ENVIRON),
            // Read with the layout of the address space.
            maps: None,
            maps_count: None,
            limits: self.bytes(kind::MOZ_LINUX_LIMITS),
            auxv: self.read(kind::LINUX_AUXV, |stream, _, _| linux::auxv(stream, arch)).unwrap_or_default(),
            dso_debug: self
                .read(kind::LINUX_DSO_DEBUG, |stream, source, faults| linux_dso::parse(stream, source, arch, faults))
                .flatten(),
        }
    }

    fn comments(&mut self) -> Vec<String> {
        let narrow =
            self.bytes(kind::COMMENT_A).map(strings::until_nul).filter(|text| self.source.charge(3 * text.len()));
        let wide = self.bytes(kind::COMMENT_W).filter(|text| self.source.charge(2 * text.len()));
        let texts = narrow.map(strings::utf8).into_iter().chain(wide.map(strings::utf16_until_nul));
        texts.filter(|text| !text.is_empty()).collect()
    }

    fn texts(&mut self) -> Vec<TextStream<'a>> {
        TEXT_STREAMS.iter().filter_map(|&kind| self.read(kind, text::parse).flatten()).collect()
    }
}
