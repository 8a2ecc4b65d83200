"""The report on one crash, as read-only objects.

The classes decode the JSON document that the engine writes. Their docstrings are the source of docs/report-schema.md
and of the JSON Schema docs/report.schema.json. Every field is optional, unknown keys of newer documents are ignored,
and addresses are hexadecimal strings; `int(text, 16)` converts one to a number.

The file is long because it describes one document: the classes have fields and nothing else, in the order of the page.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "SCHEMA_VERSION",
    "AdjustedAddress",
    "App",
    "ApplicationInfo",
    "ApplicationMessage",
    "Assertion",
    "Attachment",
    "AuxiliaryValue",
    "BitFlip",
    "BitFlipDetails",
    "Blamed",
    "CrashInfo",
    "CrashingThread",
    "Crashpad",
    "CrashpadModule",
    "CrashpadObject",
    "Delivery",
    "Device",
    "Diagnostic",
    "ExceptionFrame",
    "Explained",
    "Explanation",
    "Failure",
    "Fault",
    "Frame",
    "Handle",
    "Hashes",
    "InlineFrame",
    "InputInfo",
    "Limit",
    "Limits",
    "LinkedObject",
    "Linker",
    "Linux",
    "LostFrames",
    "LsbRelease",
    "MacCrashInfo",
    "MacCrashRecord",
    "Memory",
    "MemoryAccess",
    "MemoryRegion",
    "Misc",
    "Module",
    "ModuleSymbols",
    "NamedText",
    "NamingFacts",
    "NeededSymbols",
    "Process",
    "ProcessMemory",
    "Recursion",
    "Report",
    "Stream",
    "StreamText",
    "SymbolCandidate",
    "SystemInfo",
    "SystemMemory",
    "Termination",
    "Thread",
    "ThreadTimes",
    "ThrownException",
    "TimeZone",
    "UnloadedFrame",
    "UnloadedModule",
]

SCHEMA_VERSION = 1
"""The version of the schema that these classes describe; a document of a later one can still be read."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a report: read-only, every field optional."""


class Stream(_Part, frozen=True):
    """An entry of a minidump's directory.

    Attributes:
        type: Stream type, hex.
        name: Its name; null if unknown.
        size: Bytes.
    """

    type: str | None = None
    name: str | None = None
    size: int | None = None


class InputInfo(_Part, frozen=True):
    """The input that was processed.

    Attributes:
        kind: `minidump`, `appcenter_apple`, `appcenter_managed`, `appcenter_handled`, `apple_ips`, `apple_crash`,
            `metrickit`, `stack_trace`, `android_tombstone`, `android_anr`, `windows_event`, `wer_report`.
        name: The path or name of the input; `-` for standard input.
        size: Bytes of the whole input.
        time: When the dump was written, by its header: ISO 8601, UTC. Of other inputs the time of the crash that
            they state.
        index: Index of the crash in an input that holds several. Left out of others.
        crashes: How many crashes the input holds. Left out if it can only hold one.
        flags: The header's `MINIDUMP_TYPE` flags, hex.
        writer: The program that wrote it, as far as its streams show: `crashpad`, `breakpad`, `minidump-writer`,
            `lldb`, `dbghelp`.
        streams: Every entry of the dump's directory, understood or not.
    """

    kind: str | None = None
    name: str | None = None
    size: int | None = None
    time: str | None = None
    index: int | None = None
    crashes: int | None = None
    flags: str | None = None
    writer: str | None = None
    streams: tuple[Stream, ...] | None = None


class SystemInfo(_Part, frozen=True):
    """The machine the process ran on.

    Attributes:
        os: `Windows NT`, `Linux`, `Android`, `Mac OS X`, `iOS`, …
        os_ver: Version, as far as the dump contains it.
        cpu_arch: `x86`, `amd64`, `arm`, `arm64`, …
        cpu_info: Maker, family, model; features.
        cpu_count: Processors.
        cpu_microcode_version: Microcode version, hex.
        product_type: `workstation`, `server` or `domain_controller` (Windows).
        suite_mask: Product suites, hex (Windows).
    """

    os: str | None = None
    os_ver: str | None = None
    cpu_arch: str | None = None
    cpu_info: str | None = None
    cpu_count: int | None = None
    cpu_microcode_version: str | None = None
    product_type: str | None = None
    suite_mask: str | None = None


class AdjustedAddress(_Part, frozen=True):
    """A better estimate of the faulting address than the reported one.

    Attributes:
        kind: `null-pointer` or `non-canonical`.
        address: The address (`non-canonical`): the system gives none.
        offset: The offset from null (`null-pointer`): the register with the base is 0.
    """

    kind: str | None = None
    address: str | None = None
    offset: str | None = None


class MemoryAccess(_Part, frozen=True):
    """A memory access of the crashing instruction.

    Attributes:
        address: Address; null if it depends on data that the dump does not contain.
        size: Bytes; null if the instruction alone does not determine it.
        access_type: `read`, `write`, `readwrite`.
        is_likely_guard_page: Whether it likely hits a guard page: a small region without access beside one in use.
        implicit: The stack is used without being named: a push, a pop, a call, a return.
        segment: The segment register, if its segment need not begin at 0: `fs`, `gs`.
    """

    address: str | None = None
    size: int | None = None
    access_type: str | None = None
    is_likely_guard_page: bool | None = None
    implicit: bool | None = None
    segment: str | None = None


class BitFlipDetails(_Part, frozen=True):
    """The evidence that a bit of an address was flipped.

    Attributes:
        was_non_canonical: The address was non-canonical.
        is_null: The corrected address is null.
        was_low: The original address was low.
        nearby_registers: Registers near the corrected address.
        poison_registers: Registers hold poison patterns.
    """

    was_non_canonical: bool | None = None
    is_null: bool | None = None
    was_low: bool | None = None
    nearby_registers: int | None = None
    poison_registers: bool | None = None


class BitFlip(_Part, frozen=True):
    """An address, one bit away, that the program may have meant.

    Attributes:
        address: Address.
        confidence: 0 to 1.
        source_register: The register with the flipped bit; null if it is in the address.
        details: What the confidence is based on.
    """

    address: str | None = None
    confidence: float | None = None
    source_register: str | None = None
    details: BitFlipDetails | None = None


class Assertion(_Part, frozen=True):
    """A failed assertion that the program recorded.

    Attributes:
        expression: The expression that was false.
        function: The function that contains it.
        file: Source file.
        line: Line.
        kind: `invalid_parameter` or `pure_virtual_call`; null for others.
    """

    expression: str | None = None
    function: str | None = None
    file: str | None = None
    line: int | None = None
    kind: str | None = None


class MemoryRegion(_Part, frozen=True):
    """A stretch of the address space with the same properties.

    Attributes:
        base_addr: First address.
        end_addr: The address behind the last.
        state: `committed`, `reserved` or `free`.
        protection: `rwx`, a `-` for what may not be done.
        guard: A Windows guard page.
        kind: `private`, `mapped` or `image`.
        name: The mapped file, or `[stack]` and the like (Linux).
    """

    base_addr: str | None = None
    end_addr: str | None = None
    state: str | None = None
    protection: str | None = None
    guard: bool | None = None
    kind: str | None = None
    name: str | None = None


class CrashInfo(_Part, frozen=True):
    """The crash itself: the reason, where, and what the exception carried.

    Attributes:
        type: The reason in words, spelled as rust-minidump does: `SIGSEGV / SEGV_MAPERR`,
            `EXCEPTION_ACCESS_VIOLATION_READ`.
        address: What could not be accessed or executed; null where there is no such address.
        raw_address: The exception record's own address.
        adjusted_address: A better estimate of the address, if the crashing instruction allows one.
        address_region: What is at `address`; null if the dump does not describe its address space, or nothing is there.
        access: `read`, `write` or `execute`: as the system recorded it, else what the crashing instruction does
            there. Null if unknown, and for crashes that are not memory faults.
        code: The exception's code or the signal, hex.
        flags: The exception's flags or the signal's `si_code`, hex.
        parameters: The exception's parameters, hex.
        signal: The signal's name; on Apple systems derived from the Mach exception.
        exception: The exception as the input names it: `EXC_BAD_ACCESS`. Of crashes without a dump.
        subtype: Its subtype or codes in words, as in the input: `KERN_INVALID_ADDRESS at 0x0`.
        status: The NTSTATUS inside the exception (in-page errors, fast fails), hex.
        requested: True if nothing crashed and the dump was asked for.
        note: A remark on the reason, in a sentence.
        crashing_thread: Index into `threads`.
        assertion: The failed assertion as one line.
        assertion_info: The same in parts.
        instruction: The crashing instruction in assembler; null if the dump does not hold its bytes.
        instruction_pointer_update: Where that instruction jumps, calls or returns to, as `address`; null if it does
            not, or only on a condition.
        memory_accesses: Its memory accesses; null if the instruction is not known.
        possible_bit_flips: Addresses one bit away that would have been valid. Not determined yet: null.
        crash_inconsistencies: Where the exception contradicts the instruction or the memory map:
            `crashing_access_not_found_in_memory_accesses`, `non_canonical_address_falsely_reported`,
            `access_violation_when_access_allowed`, `int_div_by_zero_not_possible`,
            `priv_instruction_crash_without_priv_instruction`. The report keeps what the system recorded.
    """

    type: str | None = None
    address: str | None = None
    raw_address: str | None = None
    adjusted_address: AdjustedAddress | None = None
    address_region: MemoryRegion | None = None
    access: str | None = None
    code: str | None = None
    flags: str | None = None
    parameters: tuple[str, ...] | None = None
    signal: str | None = None
    exception: str | None = None
    subtype: str | None = None
    status: str | None = None
    requested: bool | None = None
    note: str | None = None
    crashing_thread: int | None = None
    assertion: str | None = None
    assertion_info: Assertion | None = None
    instruction: str | None = None
    instruction_pointer_update: Any = None
    memory_accesses: tuple[MemoryAccess, ...] | None = None
    possible_bit_flips: tuple[BitFlip, ...] | None = None
    crash_inconsistencies: tuple[str, ...] | None = None


class InlineFrame(_Part, frozen=True):
    """A function that the compiler inlined into the frame's function.

    Attributes:
        function: Function.
        file: Source file.
        line: Source line.
    """

    function: str | None = None
    file: str | None = None
    line: int | None = None


class UnloadedFrame(_Part, frozen=True):
    """An unloaded module that contained a frame's address.

    Attributes:
        module: File name.
        offsets: The address relative to each address it was loaded at.
    """

    module: str | None = None
    offsets: tuple[str, ...] | None = None


class Frame(_Part, frozen=True):
    """One frame: where the thread was, or will return to.

    Attributes:
        frame: Index in this list.
        trust: How it was found, from sure to guessed: `context`, `cfi`, `leaf`, `prologue`, `frame_pointer`,
            `cfi_scan`, `scan`. `prologue`: no unwind rule covers the frame below it, whose code shows where it saved
            the return address. `context` is also the code that a signal or an exception interrupted: Linux and Windows
            store its registers on the stack. `delivered`: the input contains the frame.
        offset: The address that was looked up: the instruction, or inside the call. Of a crash without a dump the
            address in the input, null for managed code; the address that is looked up is inside the call.
        module: File name of its module; null if there is none.
        module_offset: The address relative to the module.
        module_base: Start of a module that is not listed, where the frame itself contains it. Left out otherwise.
        function: Function, demangled; of Swift before version 4 the linkage name, as other symbolicators report it
            (`failure` has the demangled form).
        function_offset: The address relative to the function.
        file: Source file.
        line: Source line.
        inlines: Functions inlined here, innermost first; they are called by `function`. Null if there are none.
        missing_symbols: True if no symbol is known for the address.
        symbols: `given` if function, file and line are from the input; `exports` if the function is the nearest one
            before the address that the binary exports, which is a guess. Left out if they are from symbols.
        registers: Register name to value, hex: the first frame of `crashing_thread`; of crashes without a dump that
            of every thread whose registers the input contains.
        unloaded_modules: Modules that were loaded at the address earlier, if none is now.
    """

    frame: int | None = None
    trust: str | None = None
    offset: str | None = None
    module: str | None = None
    module_offset: str | None = None
    module_base: str | None = None
    function: str | None = None
    function_offset: str | None = None
    file: str | None = None
    line: int | None = None
    inlines: tuple[InlineFrame, ...] | None = None
    missing_symbols: bool | None = None
    symbols: str | None = None
    registers: dict[str, str] | None = None
    unloaded_modules: tuple[UnloadedFrame, ...] | None = None


class Cycle(_Part, frozen=True):
    """The longest stretch of a stack that repeats at least three times.

    Attributes:
        first: Index of the first frame of the first turn.
        period: Frames in one turn.
        repeats: Whole turns, those that are left out of `frames` included.
    """

    first: int | None = None
    period: int | None = None
    repeats: int | None = None


class Recursion(_Part, frozen=True):
    """A runaway recursion: `period` frames from index `first` repeat `repeats` times.

    Attributes:
        first: Index of the first frame of the cycle.
        period: Frames in one turn.
        repeats: Turns.
        gap: Index before which frames are left out.
        omitted: Frames left out there.
    """

    first: int | None = None
    period: int | None = None
    repeats: int | None = None
    gap: int | None = None
    omitted: int | None = None


class ThreadTimes(_Part, frozen=True):
    """When a thread began, where, and how long it ran (Windows).

    Attributes:
        start_address: Where it began.
        create_time: When it began: ISO 8601, UTC.
        exit_time: When it ended: ISO 8601, UTC; null while it ran.
        user_time_ms: Processor time in user mode, milliseconds.
        kernel_time_ms: Processor time in the kernel, milliseconds.
        exit_status: Exit status, hex.
        affinity: Processors it may run on, a bit each, hex.
        dump_flags: What the writer recorded of it: `MINIDUMP_THREAD_INFO` flags, hex.
        dump_error: The error that prevented the writer from recording it: an HRESULT, hex.
    """

    start_address: str | None = None
    create_time: str | None = None
    exit_time: str | None = None
    user_time_ms: int | None = None
    kernel_time_ms: int | None = None
    exit_status: str | None = None
    affinity: str | None = None
    dump_flags: str | None = None
    dump_error: str | None = None


class Thread(_Part, frozen=True):
    """One thread and its stack.

    Attributes:
        thread_id: Thread id.
        thread_name: Name.
        queue: Its dispatch queue (Apple).
        exception: Index into `exceptions`: the frames are that exception's.
        state: What the input states of the registers in words (Apple): the flavour, the exception syndrome. Left
            out if there is nothing.
        last_error_value: Windows: the thread's last error.
        frame_count: Number of frames, those left out included.
        frames: The stack, innermost first.
        frames_omitted: Frames left out of `frames`, behind its last one, because the report reached its
            [limit](limits.md). Left out if there are none.
        cycle: The longest stretch of the stack that repeats at least three times; null if there is none.
        recursion: A runaway recursion, found in a dump or shortened in the text of an exception; null if there is none.
        end: Why the walk stopped: `root`, `zero`, `stack_memory_end`, `no_stack_memory`, `not_found`, `no_context`,
            `frame_limit`, `dump_writer`.
        synthesised: True if the input does not list this thread, only its exception does.
        suspend_count: How often it was suspended.
        priority_class: Windows priority class, hex.
        priority: Priority.
        teb: Its environment block (Windows); on other systems a thread pointer.
        info: When and where the thread ran (Windows). Left out if the dump does not contain it.
    """

    thread_id: int | None = None
    thread_name: str | None = None
    queue: str | None = None
    exception: int | None = None
    state: dict[str, str] | None = None
    last_error_value: str | None = None
    frame_count: int | None = None
    frames: tuple[Frame, ...] = ()
    frames_omitted: int | None = None
    cycle: Cycle | None = None
    recursion: Recursion | None = None
    end: str | None = None
    synthesised: bool | None = None
    suspend_count: int | None = None
    priority_class: str | None = None
    priority: int | None = None
    teb: str | None = None
    info: ThreadTimes | None = None


class CrashingThread(Thread, frozen=True):
    """The crashed thread once more, with the registers at the crash.

    Attributes:
        threads_index: Index into `threads`.
    """

    threads_index: int | None = None


class Diagnostic(_Part, frozen=True):
    """A kind of bad record in a symbol file: how many, and the first lines they are on.

    Attributes:
        kind: The kind in one word.
        count: How many records.
        first_lines: The first line numbers.
    """

    kind: str | None = None
    count: int | None = None
    first_lines: tuple[int, ...] | None = None


class SymbolCandidate(_Part, frozen=True):
    """One location where a module's symbols may be, and what became of it.

    Attributes:
        location: Its path or address.
        source: The source it belongs to: the folder, file or address that was named for symbols; `service` for the
            symbols of the service.
        outcome: `found`: these symbols are used. `missing`: nothing is there. `refused`: the source does not let it
            be read (permission denied, 401, 403) or refuses to serve it now (429, 5xx). `denied`: a rule or a limit of
            this program forbids looking. `mismatched`: a file is there and names another build. `malformed`: a file is
            there and holds nothing usable. `timed out`: the source did not answer in time. `unused`: symbols of this
            very build, of which the file that is used has more.
        detail: The id of the other build if mismatched, what the file has if unused (see `content`), else the reason in
            words; null if there is nothing to add.
    """

    location: str | None = None
    source: str | None = None
    outcome: str | None = None
    detail: str | None = None


class UnwindFile(_Part, frozen=True):
    """A file whose unwind tables are used for a module.

    Attributes:
        location: Its path.
        tables: Its tables by their usual names, such as `.eh_frame`, in the order in which they are tried.
    """

    location: str | None = None
    tables: tuple[str, ...] | None = None


class ModuleSymbols(_Part, frozen=True):
    """The result of the search for a module's symbols.

    Attributes:
        status: `loaded`, `missing`, `malformed`, `mismatch`; `unused` if no frame led into the module.
        outcome: The same by the words for candidates, which tell a source that has nothing (`missing`) from one that
            did not answer (`timed out`), refused (`refused`), or may not be asked (`denied`): `found`, `malformed`,
            `mismatched` and these. Null if symbols could not be looked for; left out if no frame led into the module.
        file: The symbol file that the status is about.
        error: What is wrong with a malformed file; or why symbols could not be looked for.
        found_id: The id inside a file of another build; the id asked for is `debug_id`.
        candidates: Locations looked at, in order.
        tried: The candidates that are not used, as sentences: the location, and in parentheses why a file that is
            there is not used.
        unwind: Files whose unwind tables are used, tried in this order before the unwind rules of the symbols. A module
            may have them without symbols. Left out if there are none.
        content: What the loaded symbols have at best: `lines` and functions, `functions`, a `symbol table`, `exports`,
            or `unwind rules` alone. By exports a function is a guess: the nearest one before the address that the
            binary exports.
        inlines: Whether the loaded symbols record inlined calls. Without them a frame has its outer function alone.
            Null if a part of a file on a server was read, and nothing is inlined at the frames.
        diagnostics: Invalid or inconsistent records of the loaded symbol file, by kind; none of a debug file.
    """

    status: str | None = None
    outcome: str | None = None
    file: str | None = None
    error: str | None = None
    found_id: str | None = None
    candidates: tuple[SymbolCandidate, ...] | None = None
    tried: tuple[str, ...] | None = None
    unwind: tuple[UnwindFile, ...] | None = None
    content: str | None = None
    inlines: bool | None = None
    diagnostics: tuple[Diagnostic, ...] | None = None


class LostFrames(_Part, frozen=True):
    """A number of frames.

    Attributes:
        crashing_thread: Of the thread that crashed.
        all_threads: Of all threads, that one included.
    """

    crashing_thread: int | None = None
    all_threads: int | None = None


class NeededSymbols(_Part, frozen=True):
    """A module that lacks symbols or unwind rules, and what that costs.

    Attributes:
        module_index: Its index in `modules`.
        module: File name of the image, without folders.
        debug_file: File name of the debug file; empty if it is not known.
        debug_id: Debug id; null if it is not known.
        code_id: Build id, or time stamp and size; null if it is not known.
        outcome: The outcome of the search for symbols, as in `modules[].symbols`.
        unnamed_frames: Frames in the module that have no function name: symbols would name them.
        scanned_frames: Frames that were found by a search of the stack, since the module of their callee has no unwind
            rules: its binary, or its debug file, would give them, and maybe further frames. 0 of a crash whose stacks
            are unwound in the input.
    """

    module_index: int | None = None
    module: str | None = None
    debug_file: str | None = None
    debug_id: str | None = None
    code_id: str | None = None
    outcome: str | None = None
    unnamed_frames: LostFrames | None = None
    scanned_frames: LostFrames | None = None


class Module(_Part, frozen=True):
    """An image that was loaded.

    Attributes:
        filename: File name, without folders.
        base_addr: First address.
        end_addr: The address behind the last.
        debug_file: File name of the debug file; empty if the dump names none.
        debug_id: Debug id in Breakpad's spelling; zeros if the dump has none.
        code_id: Build id, or time stamp and size.
        version: Version.
        path: Whole path; null if the dump gives no more than `filename`.
        timestamp: When it was linked, hex; null if 0.
        checksum: Checksum, hex; null if 0.
        arch: Architecture, as in the input. With `identifier` and `source` left out of reports on dumps.
        identifier: Bundle identifier (Apple).
        source: Where it came from (Apple): `P` process, `S` shared cache, `A` absolute.
        cert_subject: Always null.
        missing_symbols: True if symbols were needed and there are none.
        loaded_symbols: True if symbols were used.
        corrupt_symbols: True if a symbol file was found and cannot be read.
        symbol_url: The address that its symbol file states as its origin.
        symbols: The result of the search for its symbols.
    """

    filename: str | None = None
    base_addr: str | None = None
    end_addr: str | None = None
    debug_file: str | None = None
    debug_id: str | None = None
    code_id: str | None = None
    version: str | None = None
    path: str | None = None
    timestamp: str | None = None
    checksum: str | None = None
    arch: str | None = None
    identifier: str | None = None
    source: str | None = None
    cert_subject: str | None = None
    missing_symbols: bool | None = None
    loaded_symbols: bool | None = None
    corrupt_symbols: bool | None = None
    symbol_url: str | None = None
    symbols: ModuleSymbols | None = None


class UnloadedModule(_Part, frozen=True):
    """An image that was unloaded before the crash.

    Attributes:
        filename: File name.
        base_addr: First address.
        end_addr: The address behind the last.
        code_id: Time stamp and size.
        cert_subject: Always null.
    """

    filename: str | None = None
    base_addr: str | None = None
    end_addr: str | None = None
    code_id: str | None = None
    cert_subject: str | None = None


class Process(_Part, frozen=True):
    """The process: its times, its arguments, its parent, and what Windows notes about it.

    Attributes:
        name: Name. With `path` and the parent's left out of reports on dumps.
        path: The path of its program.
        parent_name: The parent's name.
        parent_pid: The parent's id.
        create_time: When it started: ISO 8601, UTC; of crashes without a dump as in the input.
        user_time_seconds: Processor time in user mode.
        kernel_time_seconds: Processor time in the kernel.
        integrity_level: Windows integrity level, hex.
        protected: Windows: whether it is a protected process.
        command_line: Arguments (Linux).
        environment: Environment variables. Left out unless asked for (`--full`): they often hold secrets.
    """

    name: str | None = None
    path: str | None = None
    parent_name: str | None = None
    parent_pid: int | None = None
    create_time: str | None = None
    user_time_seconds: int | None = None
    kernel_time_seconds: int | None = None
    integrity_level: str | None = None
    protected: int | None = None
    command_line: tuple[str, ...] | None = None
    environment: dict[str, str] | None = None


class TimeZone(_Part, frozen=True):
    """The machine's time zone (Windows).

    Attributes:
        bias_minutes: Minutes to add to local time for UTC.
        name: Name.
    """

    bias_minutes: int | None = None
    name: str | None = None


class Misc(_Part, frozen=True):
    """The Windows miscellaneous stream, except for the process's times.

    Attributes:
        build_string: Build of the system.
        debug_build_string: Build of the debug support.
        cpu_max_mhz: Clock, highest.
        cpu_current_mhz: Clock, at the dump.
        cpu_limit_mhz: Clock, limited to.
        execute_flags: Execution options (DEP), hex.
        time_zone: Time zone.
    """

    build_string: str | None = None
    debug_build_string: str | None = None
    cpu_max_mhz: int | None = None
    cpu_current_mhz: int | None = None
    cpu_limit_mhz: int | None = None
    execute_flags: str | None = None
    time_zone: TimeZone | None = None


class Handle(_Part, frozen=True):
    """An open handle of the process.

    Attributes:
        handle: The handle; a hex string if it is above 2^53.
        type_name: Type of the object.
        object_name: Name of the object.
    """

    handle: int | str | None = None
    type_name: str | None = None
    object_name: str | None = None


class LsbRelease(_Part, frozen=True):
    """The Linux distribution.

    Attributes:
        id: Name.
        release: Version.
        codename: Code name.
        description: Both in one line.
    """

    id: str | None = None
    release: str | None = None
    codename: str | None = None
    description: str | None = None


class AuxiliaryValue(_Part, frozen=True):
    """An entry of the auxiliary vector, which the kernel hands to a program (Linux).

    Attributes:
        type: Type.
        name: Its name: `AT_ENTRY`; null if unknown.
        value: Value, hex.
    """

    type: int | None = None
    name: str | None = None
    value: str | None = None


class LinkedObject(_Part, frozen=True):
    """A shared object as the dynamic linker lists it; the program itself has no name.

    Attributes:
        name: Path; empty for the program itself.
        load_bias: What to add to addresses in the file.
        dynamic: Its dynamic section.
    """

    name: str | None = None
    load_bias: str | None = None
    dynamic: str | None = None


class Linker(_Part, frozen=True):
    """The dynamic linker's own list of what it loaded (Linux).

    Attributes:
        version: Version of the protocol.
        breakpoint: Where the linker stops when the list changes.
        base_addr: Where the linker itself is loaded.
        dynamic: The program's dynamic section.
        objects: What it loaded, in its order.
    """

    version: int | None = None
    breakpoint: str | None = None
    base_addr: str | None = None
    dynamic: str | None = None
    objects: tuple[LinkedObject, ...] | None = None


class Linux(_Part, frozen=True):
    """Files of `/proc` and data of the dynamic linker: the process's `status`, the first processor of `cpuinfo`.

    Attributes:
        status: The lines of the process's `status`.
        cpu: The lines of `cpuinfo` on the first processor.
        auxv: The auxiliary vector.
        linker: The dynamic linker's `r_debug`.
    """

    status: dict[str, str] | None = None
    cpu: dict[str, str] | None = None
    auxv: tuple[AuxiliaryValue, ...] | None = None
    linker: Linker | None = None


class Limit(_Part, frozen=True):
    """A resource limit of the process (Linux): numbers, or `unlimited`.

    Attributes:
        name: Name.
        soft: Soft limit, or `unlimited`.
        hard: Hard limit, or `unlimited`.
        unit: Unit; `n/a` without one.
    """

    name: str | None = None
    soft: int | str | None = None
    hard: int | str | None = None
    unit: str | None = None


class Limits(_Part, frozen=True):
    """The resource limits of the process (Linux).

    Attributes:
        limits: The limits.
    """

    limits: tuple[Limit, ...] | None = None


class MacCrashRecord(_Part, frozen=True):
    """What a library recorded for the crash reporter in its `__crash_info` (macOS).

    Attributes:
        thread: Thread, hex.
        dialog_mode: Dialog mode, hex.
        abort_cause: Cause, hex.
        module: Path of the image.
        message: First message.
        signature_string: Signature.
        backtrace: Backtrace.
        message2: Second message.
    """

    thread: str | None = None
    dialog_mode: str | None = None
    abort_cause: str | None = None
    module: str | None = None
    message: str | None = None
    signature_string: str | None = None
    backtrace: str | None = None
    message2: str | None = None


class MacCrashInfo(_Part, frozen=True):
    """The `__crash_info` records of the process (macOS).

    Attributes:
        num_records: How many.
        records: The records.
    """

    num_records: int | None = None
    records: tuple[MacCrashRecord, ...] | None = None


class ProcessMemory(_Part, frozen=True):
    """Memory of the process, in bytes but for the faults; very large numbers as hexadecimal strings (Windows).

    Attributes:
        page_fault_count: Page faults, a count.
        working_set: Working set.
        peak_working_set: Its peak.
        commit: Committed memory.
        peak_commit: Its peak.
        private_commit: Committed private memory.
        virtual: Address space in use.
        peak_virtual: Its peak.
        private_working_set: Private part of the working set.
        shared_commit: Committed shared memory.
        job_commit_limit: Limit of the job the process is in.
    """

    page_fault_count: int | str | None = None
    working_set: int | str | None = None
    peak_working_set: int | str | None = None
    commit: int | str | None = None
    peak_commit: int | str | None = None
    private_commit: int | str | None = None
    virtual: int | str | None = None
    peak_virtual: int | str | None = None
    private_working_set: int | str | None = None
    shared_commit: int | str | None = None
    job_commit_limit: int | str | None = None


class SystemMemory(_Part, frozen=True):
    """Memory of the machine, in bytes (Windows).

    Attributes:
        page_size: Size of a page.
        physical: Physical memory.
        available: Available memory.
        committed: Committed memory.
        commit_limit: What can be committed.
        peak_committed: Peak of committed memory.
    """

    page_size: int | str | None = None
    physical: int | str | None = None
    available: int | str | None = None
    committed: int | str | None = None
    commit_limit: int | str | None = None
    peak_committed: int | str | None = None


class Memory(_Part, frozen=True):
    """How much memory there was, and was used.

    Attributes:
        process: Of the process.
        system: Of the machine.
    """

    process: ProcessMemory | None = None
    system: SystemMemory | None = None


class CrashpadObject(_Part, frozen=True):
    """An annotation with a type: text in `value`, other bytes in `hex`.

    Attributes:
        name: Name.
        type: Type: 1 is text.
        value: The text.
        hex: The bytes of any other type.
    """

    name: str | None = None
    type: int | None = None
    value: str | None = None
    hex: str | None = None


class CrashpadModule(_Part, frozen=True):
    """The annotations of one module.

    Attributes:
        module_index: Index into `modules`.
        module: File name of the module.
        list_annotations: Texts without a name.
        annotations: Names and texts.
        objects: Annotations with a type.
    """

    module_index: int | None = None
    module: str | None = None
    list_annotations: tuple[str, ...] | None = None
    annotations: dict[str, str] | None = None
    objects: tuple[CrashpadObject, ...] | None = None


class Crashpad(_Part, frozen=True):
    """What the program recorded with Crashpad.

    Attributes:
        version: Version of the stream.
        report_id: Id of the report.
        client_id: Id of the installation.
        annotations: The process's annotations.
        modules: The modules that have annotations.
        address_mask: Mask of pointer-authentication bits, hex.
    """

    version: int | None = None
    report_id: str | None = None
    client_id: str | None = None
    annotations: dict[str, str] | None = None
    modules: tuple[CrashpadModule, ...] | None = None
    address_mask: str | None = None


class Fault(_Part, frozen=True):
    """Something in the input that was wrong and was skipped or repaired.

    Attributes:
        place: Position in a text: `logs[3].threads[0]`, `line 12`. Left out for positions in a dump.
        stream: Name or number of the stream; null for the file itself.
        entry: Entry of the stream's list.
        offset: Position in the file, bytes.
        message: What was wrong and how it was handled, in a sentence.
    """

    place: str | None = None
    stream: str | None = None
    entry: int | None = None
    offset: int | None = None
    message: str | None = None


class StreamText(_Part, frozen=True):
    """A stream that is plain text.

    Attributes:
        stream: Name of the stream.
        text: Its text.
    """

    stream: str | None = None
    text: str | None = None


class ExceptionFrame(Frame, frozen=True):
    """A frame of an exception's own stack.

    Attributes:
        class_: Namespace and type. `function` is class and method together.
        method: Method, without parameters.
        parameters: Parameters, as in the input.
        column: Column in the source line.
        mark: True if it is a mark between calls: `--- End of stack trace from previous location ---`.
        text: The line of the input, where it could not be parsed.
    """

    # Named as in the document: `class` is a word of the language.
    class_: str | None = msgspec.field(default=None, name="class")
    method: str | None = None
    parameters: str | None = None
    column: int | None = None
    mark: bool | None = None
    text: str | None = None


class ThrownException(_Part, frozen=True):
    """An exception object: managed, Objective-C or C++.

    Attributes:
        language: `clr`, `jvm`, `javascript`, `python`, `dart`, `objective-c`, `c++`; null if unknown.
        type: Type, as in the input.
        message: Text.
        hresult: HRESULT, hex, where the input contains it.
        relation: `outer`; `cause` of its parent; `beside`: suppressed by its parent, or a further one of an aggregate.
        parent: Index of the exception it belongs to.
        blamed: True for the one whose type is in the failure's name: the innermost cause.
        frames: Its stack, innermost first: with the keys of `threads[].frames[]` and these.
        stack_trace: The raw text of its stack, where the input contains it.
    """

    language: str | None = None
    type: str | None = None
    message: str | None = None
    hresult: str | None = None
    relation: str | None = None
    parent: int | None = None
    blamed: bool | None = None
    frames: tuple[ExceptionFrame, ...] = ()
    stack_trace: str | None = None


class Termination(_Part, frozen=True):
    """Why the system ended the process (Apple).

    Attributes:
        namespace: `SIGNAL`, `FRONTBOARD`, `CODESIGNING`, `DYLD`.
        code: Code, hex: `0x8badf00d`.
        indicator: In words: `Segmentation fault: 11`.
        by: The process that did it.
        details: Reasons and details.
    """

    namespace: str | None = None
    code: str | None = None
    indicator: str | None = None
    by: str | None = None
    details: tuple[str, ...] | None = None


class ApplicationMessage(_Part, frozen=True):
    """What an image recorded before the process ended (Apple: Application Specific Information).

    Attributes:
        module: Image that recorded it; null if unknown.
        message: Text.
    """

    module: str | None = None
    message: str | None = None


class ApplicationInfo(_Part, frozen=True):
    """Application Specific Information and backtraces, as text (Apple).

    Attributes:
        messages: The messages.
        backtraces: Backtraces in the form of text.
    """

    messages: tuple[ApplicationMessage, ...] | None = None
    backtraces: tuple[str, ...] | None = None


class App(_Part, frozen=True):
    """The program, as the sender of the crash describes it.

    Attributes:
        identifier: Bundle or package identifier.
        version: Version.
        build: Build number.
    """

    identifier: str | None = None
    version: str | None = None
    build: str | None = None


class Device(_Part, frozen=True):
    """The machine, as the sender of the crash describes it.

    Attributes:
        model: Model: `iPhone14,5`.
        manufacturer: Maker.
        os_name: System, as in the input: `iPhone OS`.
        os_version: Its version.
        os_build: Its build.
        os_release: Kind of release: `Beta`.
        locale: Locale, as in the input.
        country: Country of the device or its carrier, two letters.
        time_zone_offset: Minutes east of UTC.
        translated: x86-64 code on an arm64 machine.
        simulator: A simulator's process on a Mac.
    """

    model: str | None = None
    manufacturer: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    os_build: str | None = None
    os_release: str | None = None
    locale: str | None = None
    country: str | None = None
    time_zone_offset: int | None = None
    translated: bool | None = None
    simulator: bool | None = None


class Delivery(_Part, frozen=True):
    """The crash, as its sender describes it: id, time, user. Handled errors are not `fatal`.

    Attributes:
        id: Id of the report.
        time: When it crashed, as in the input.
        fatal: False for a handled error.
        user: User, as in the input.
        properties: Properties that the program or its crash reporter set.
    """

    id: str | None = None
    time: str | None = None
    fatal: bool | None = None
    user: str | None = None
    properties: dict[str, str] | None = None


class Attachment(_Part, frozen=True):
    """A file attached to the crash.

    Attributes:
        id: Id.
        name: File name, as in the input.
        content_type: MIME type.
        size: Bytes, decoded; null if they could not be.
        fault: Why it could not be used.
    """

    id: str | None = None
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    fault: str | None = None


class NamedText(_Part, frozen=True):
    """A fact without a key of its own.

    Attributes:
        name: Name.
        value: Value.
    """

    name: str | None = None
    value: str | None = None


class Blamed(_Part, frozen=True):
    """The frame that a failure is named after: indices into `threads`, its `frames` and the frame's `inlines`.

    Attributes:
        thread: Index into `threads`.
        frame: Index into that thread's `frames`.
        inline: Index into that frame's `inlines` if an inlined function is blamed.
        stack: `last_exception_backtrace` if `frame` is an index into that; `thread` is null then.
    """

    thread: int | None = None
    frame: int | None = None
    inline: int | None = None
    stack: str | None = None


class Hashes(_Part, frozen=True):
    """Other hashes of a failure, beside the bucket's own.

    Attributes:
        strict: Of the class and the first retained frames, an unknown function by its offset: splits more than the
            name.
        coarse: Of the class and the first retained function: splits less.
        address: Of debug ids and offsets of the retained frames: needs no symbols.
        other_vocabulary: The failure hash under the other vocabulary of class names.
        rules_version: Version of the rules these were made with: the built-in ones, and behind a `+` a user's own.
    """

    strict: str | None = None
    coarse: str | None = None
    address: str | None = None
    other_vocabulary: str | None = None
    rules_version: str | None = None


class NamingFacts(_Part, frozen=True):
    """Facts that naming used and that the rest of the report does not contain.

    Attributes:
        access: How memory was touched: `read`, `write` or `execute`; null if it is not known.
        fault_address: The address touched, where it is known better than from the exception; hex.
        mapping: What is at that address: `unmapped`, `not_executable`, `executable`.
        stack_overflow: The fault is at the limit of the thread's stack.
        sent: A memory signal was sent by a process: no instruction faulted.
        privileged_instruction: The faulting instruction is one that programs may not run.
        message: What the program wrote before it ended.
        thrown_language: The language of an uncaught exception.
        thrown_type: Its type.
        heap_error: The error that the Windows heap reported.
        process: What the process is called. With the next four left out of reports on dumps.
        instruction: Where the program was, hex.
        signal_code: The signal's code by name: `SEGV_ACCERR`.
        thrown_hresult: The HRESULT of a .NET exception, hex.
        hang: The report is of a process that did not respond, not of a crash.
        verifier: Application Verifier is loaded.
    """

    access: str | None = None
    fault_address: str | None = None
    mapping: str | None = None
    stack_overflow: bool | None = None
    sent: bool | None = None
    privileged_instruction: bool | None = None
    message: str | None = None
    thrown_language: str | None = None
    thrown_type: str | None = None
    heap_error: str | None = None
    process: str | None = None
    instruction: str | None = None
    signal_code: str | None = None
    thrown_hresult: str | None = None
    hang: bool | None = None
    verifier: bool | None = None


class Failure(_Part, frozen=True):
    """The crash named: crashes with the same name are the same failure, and `hash` is its bucket.

    Attributes:
        name: `CLASS[_CLASS…]_code_image!function`.
        hash: The failure hash: a GUID made of the name by Microsoft's rule. The bucket.
        symbol: `image!function`.
        problem_classes: The classes the name begins with.
        code: The code in the name: lower hex on Windows, the signal's name elsewhere.
        image: The image that is blamed.
        function: The function that is blamed.
        event_type: `crash`, `hang`, `memory`, `jse`; `handled` if the program caught the error and went on;
            `requested` if nothing crashed and the dump was asked for.
        blamed: The blamed frame; null if no frame is.
        hashes: Further hashes of the crash.
        rules_version: Version of the rules that chose the blamed frame.
        why: Why it has this name, in sentences.
        facts: Facts that naming used and that the rest of the report does not contain: with them a failure can be
            named again from its report.
    """

    name: str | None = None
    hash: str | None = None
    symbol: str | None = None
    problem_classes: tuple[str, ...] | None = None
    code: str | None = None
    image: str | None = None
    function: str | None = None
    event_type: str | None = None
    blamed: Blamed | None = None
    hashes: Hashes | None = None
    rules_version: int | None = None
    why: tuple[str, ...] | None = None
    facts: NamingFacts | None = None


class Explained(_Part, frozen=True):
    """What naming did with one frame, and by which rule."""

    frame: int = 0
    image: str | None = None
    function: str | None = None
    outcome: str = ""
    why: str | None = None
    rule: str | None = None
    category: str | None = None
    action: str | None = None
    sighting: str | None = None


class Explanation(Failure, frozen=True):
    """A failure, and how its name came about.

    Attributes:
        class_from: where the classes come from, in words.
        code_from: where the code comes from, in words.
        frames: the frames from the crash to the blamed one and a few below.
    """

    class_from: str = ""
    code_from: str = ""
    frames: tuple[Explained, ...] = ()


class Truncated(_Part, frozen=True):
    """What the limits of a report left out: entries by their list, and shortened texts.

    Attributes:
        limit: Bytes that the report may have.
        omitted: Entries left out, by what they are: `frames`, `inlines`, `modules`, `annotations`.
        shortened: Texts that were shortened; each ends with `…`.
    """

    limit: int | None = None
    omitted: dict[str, int] | None = None
    shortened: int | None = None


class Report(_Part, frozen=True):
    """The report on one crash.

    Attributes:
        schema_version: Version of this schema: 1. It grows when a key changes its meaning or goes away; new keys do
            not change it.
        status: `OK`, or `ERROR_NO_THREAD_LIST` if no thread of the dump could be read.
        input: What was processed.
        failure: The crash named. Crashes with the same name are the same failure. Absent where an Apple report ends
            before its exception and stacks.
        crash_info: Why the process crashed or was dumped.
        crashing_thread: The crashed thread once more, with the keys of `threads[]` and these. Left out if it has no
            frames.
        system_info: The machine.
        pid: Process id.
        process_uptime: Seconds from the start of the process to the dump.
        process: The process.
        thread_count: Number of threads.
        threads: Every thread, in the input's order. A managed exception whose thread is not among them comes first.
        main_module: Index of the program in `modules`; null if it is not known.
        modules: Every loaded image, in the order of addresses.
        symbols_needed: Which modules lack symbols or unwind rules: first those that would help the most frames of the
            thread that crashed, then of all threads. At most 256.
        modules_contains_cert_info: Always false.
        unloaded_modules: Images that were unloaded before the crash.
        handles: Open handles (Windows).
        crashpad: What the program recorded with Crashpad; null without its stream.
        lsb_release: The Linux distribution.
        linux_memory_map_count: Lines in the process's memory map (Linux).
        linux: Files of `/proc` and data of the dynamic linker; null without those streams.
        proc_limits: Resource limits (Linux).
        mac_boot_args: Boot arguments (macOS).
        mac_crash_info: `__crash_info` records of the loaded images (macOS).
        memory: How much memory there was and was used (Windows). In bytes; a hex string above 2^53.
        memory_map: The layout of the address space. Left out unless asked for (`--full`): it is long.
        misc: The Windows miscellaneous stream; null without it.
        soft_errors: What the writer of the dump (minidump-writer) failed to do: its own JSON; as text if that is
            invalid.
        comments: Comment streams.
        texts: Other streams that are text.
        exceptions: Exception objects, the outermost first: managed, Objective-C, C++. Left out of reports on dumps.
        last_exception_backtrace: The stack of the last Objective-C exception, where the input lists it separately;
            with the keys of `threads[].frames[]`. All its addresses are return addresses.
        termination: Why the system ended the process (Apple).
        application_info: What images recorded before the process ended (Apple: Application Specific Information).
        app: The program, as its sender describes it.
        device: The machine, as the sender describes it.
        report: The crash, as its sender describes it.
        attachments: Files attached to the crash.
        more: Facts without a key of their own.
        faults: What was wrong in the input and was repaired or skipped.
        faults_omitted: Faults beyond those listed.
        truncated: What is missing in the report because it reached one of its [limits](limits.md). Left out if
            nothing is missing; an entry of `faults` states it in a sentence.
    """

    schema_version: int | None = None
    status: str | None = None
    input: InputInfo | None = None
    failure: Failure | None = None
    crash_info: CrashInfo | None = None
    crashing_thread: CrashingThread | None = None
    system_info: SystemInfo | None = None
    pid: int | None = None
    process_uptime: int | None = None
    process: Process | None = None
    thread_count: int | None = None
    threads: tuple[Thread, ...] = ()
    main_module: int | None = None
    modules: tuple[Module, ...] = ()
    symbols_needed: tuple[NeededSymbols, ...] | None = None
    modules_contains_cert_info: bool | None = None
    unloaded_modules: tuple[UnloadedModule, ...] | None = None
    handles: tuple[Handle, ...] | None = None
    crashpad: Crashpad | None = None
    lsb_release: LsbRelease | None = None
    linux_memory_map_count: int | None = None
    linux: Linux | None = None
    proc_limits: Limits | None = None
    mac_boot_args: str | None = None
    mac_crash_info: MacCrashInfo | None = None
    memory: Memory | None = None
    memory_map: tuple[MemoryRegion, ...] | None = None
    misc: Misc | None = None
    soft_errors: Any = None
    comments: tuple[str, ...] | None = None
    texts: tuple[StreamText, ...] | None = None
    exceptions: tuple[ThrownException, ...] = ()
    last_exception_backtrace: tuple[Frame, ...] | None = None
    termination: Termination | None = None
    application_info: ApplicationInfo | None = None
    app: App | None = None
    device: Device | None = None
    report: Delivery | None = None
    attachments: tuple[Attachment, ...] | None = None
    more: tuple[NamedText, ...] | None = None
    faults: tuple[Fault, ...] | None = None
    faults_omitted: int | None = None
    truncated: Truncated | None = None

    @classmethod
    def from_json(cls, document: bytes | str) -> Report:
        """Read a report from its JSON document.

        Raises: ValueError: it is not JSON, or the value of a key has another type than in the schema.
        """
        return _decoder.decode(document)

    def to_json(self) -> bytes:
        """The report as JSON: the known keys that have a value."""
        return msgspec.json.encode(self)


_decoder = msgspec.json.Decoder(Report)
failure_decoder = msgspec.json.Decoder(Failure)
explanation_decoder = msgspec.json.Decoder(Explanation)
