"""The report on one crash, as read-only objects.

What you give: the JSON document that the engine writes (described in docs/report-schema.md). What you get: the same
document with attributes. Every field is optional, a newer document's unknown keys are passed over, addresses stay the
hexadecimal strings that they are; `int(text, 16)` makes a number of one.

The file is long because it is one document: its classes are fields and nothing else, in the order of its description.
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
    """An entry of a minidump's directory."""

    type: str | None = None
    name: str | None = None
    size: int | None = None


class InputInfo(_Part, frozen=True):
    """What was processed. `index` is the crash's place among the `crashes` of an input that holds several."""

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
    """The machine the process ran on."""

    os: str | None = None
    os_ver: str | None = None
    cpu_arch: str | None = None
    cpu_info: str | None = None
    cpu_count: int | None = None
    cpu_microcode_version: str | None = None
    product_type: str | None = None
    suite_mask: str | None = None


class AdjustedAddress(_Part, frozen=True):
    """A better idea of the faulting address than the one reported."""

    kind: str | None = None
    address: str | None = None
    offset: str | None = None


class MemoryAccess(_Part, frozen=True):
    """A memory access of the crashing instruction.

    `implicit` is a push, a pop, a call's or a return's use of the stack; `segment` the register of a segment that need
    not begin at 0.
    """

    address: str | None = None
    size: int | None = None
    access_type: str | None = None
    is_likely_guard_page: bool | None = None
    implicit: bool | None = None
    segment: str | None = None


class BitFlipDetails(_Part, frozen=True):
    """Why an address may be another one with a bit flipped."""

    was_non_canonical: bool | None = None
    is_null: bool | None = None
    was_low: bool | None = None
    nearby_registers: int | None = None
    poison_registers: bool | None = None


class BitFlip(_Part, frozen=True):
    """An address that the crash may have been meant for, one bit away."""

    address: str | None = None
    confidence: float | None = None
    source_register: str | None = None
    details: BitFlipDetails | None = None


class Assertion(_Part, frozen=True):
    """A failed assertion that the program recorded."""

    expression: str | None = None
    function: str | None = None
    file: str | None = None
    line: int | None = None
    kind: str | None = None


class MemoryRegion(_Part, frozen=True):
    """A stretch of the address space with the same properties.

    `protection` is `rwx` with a `-` for what may not be done; `name` the mapped file, where the map has names (Linux).
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

    `address` is what the program could not reach or run; `raw_address` is the exception record's own. `requested` is
    true where nothing crashed and the dump was asked for.
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
    """A function that the compiler put into the frame's function."""

    function: str | None = None
    file: str | None = None
    line: int | None = None


class UnloadedFrame(_Part, frozen=True):
    """An unloaded module that a frame's address was once in."""

    module: str | None = None
    offsets: tuple[str, ...] | None = None


class Frame(_Part, frozen=True):
    """One frame: where the thread was, or will return to.

    `inlines` lists the functions inlined at this place, innermost first; `function` is the one they ended up in.
    Functions of Swift before version 4 have their linkage names, as other symbolicators report them, and `failure` has
    the readable form. `trust` says how the frame was found: `context`, `cfi`, `leaf`, `frame_pointer`, `cfi_scan` or
    `scan`, from sure to guessed; `delivered` if it came with the crash. `symbols` is `given` if function and line did,
    too. `module_base` is the start of an image that is not among `modules`.
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
    """The longest stretch of a stack that repeats: `period` frames from index `first`, at least three times."""

    first: int | None = None
    period: int | None = None
    repeats: int | None = None


class Recursion(_Part, frozen=True):
    """A runaway recursion: `period` frames from index `first` repeat `repeats` times.

    `omitted` of the frames are not listed; they would stand before the one at index `gap`.
    """

    first: int | None = None
    period: int | None = None
    repeats: int | None = None
    gap: int | None = None
    omitted: int | None = None


class ThreadTimes(_Part, frozen=True):
    """When a thread began, where, and how long it ran (Windows)."""

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

    `end` says why the walk stopped, `synthesised` that the input does not list the thread. `exception` is the place
    among `exceptions` of the one whose frames these are.
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
    """The crashed thread once more, with the registers at the crash."""

    threads_index: int | None = None


class Diagnostic(_Part, frozen=True):
    """A kind of bad record in a symbol file: how many, and the first lines they are on."""

    kind: str | None = None
    count: int | None = None
    first_lines: tuple[int, ...] | None = None


class SymbolCandidate(_Part, frozen=True):
    """One location where a module's symbols may be, and what became of it.

    `outcome` is `found`, these symbols are used; `missing`, nothing is there; `refused`, the source does not let it be
    read (permission denied, 401, 403) or refuses to serve it now (429, 5xx); `denied`, a rule or a limit of this
    program forbids looking; `mismatched`, a file is there and names another build, which is `detail`; `malformed`, a
    file is there and holds nothing usable; `timed out`, the source did not answer in time. `source` is the folder, file
    or address that was named for symbols.
    """

    location: str | None = None
    source: str | None = None
    outcome: str | None = None
    detail: str | None = None


class ModuleSymbols(_Part, frozen=True):
    """What became of a module's symbols.

    `status` is `loaded`, `missing`, `malformed`, `mismatch`, or `unused` where no frame needed them. `candidates` are
    the locations looked at, in order; `tried` has those that are not used as sentences.
    """

    status: str | None = None
    file: str | None = None
    error: str | None = None
    found_id: str | None = None
    candidates: tuple[SymbolCandidate, ...] | None = None
    tried: tuple[str, ...] | None = None
    inlines: bool | None = None
    diagnostics: tuple[Diagnostic, ...] | None = None


class Module(_Part, frozen=True):
    """An image that was loaded."""

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
    """An image that was loaded once and was not at the crash."""

    filename: str | None = None
    base_addr: str | None = None
    end_addr: str | None = None
    code_id: str | None = None
    cert_subject: str | None = None


class Process(_Part, frozen=True):
    """The process: its times, its arguments, its parent, and what Windows notes about it."""

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
    """The machine's time zone (Windows)."""

    bias_minutes: int | None = None
    name: str | None = None


class Misc(_Part, frozen=True):
    """What the Windows miscellaneous stream says beside the process's times."""

    build_string: str | None = None
    debug_build_string: str | None = None
    cpu_max_mhz: int | None = None
    cpu_current_mhz: int | None = None
    cpu_limit_mhz: int | None = None
    execute_flags: str | None = None
    time_zone: TimeZone | None = None


class Handle(_Part, frozen=True):
    """An open handle of the process."""

    handle: int | str | None = None
    type_name: str | None = None
    object_name: str | None = None


class LsbRelease(_Part, frozen=True):
    """The Linux distribution."""

    id: str | None = None
    release: str | None = None
    codename: str | None = None
    description: str | None = None


class AuxiliaryValue(_Part, frozen=True):
    """An entry of the auxiliary vector, which the kernel hands to a program (Linux)."""

    type: int | None = None
    name: str | None = None
    value: str | None = None


class LinkedObject(_Part, frozen=True):
    """A shared object as the dynamic linker lists it; the program itself has no name."""

    name: str | None = None
    load_bias: str | None = None
    dynamic: str | None = None


class Linker(_Part, frozen=True):
    """The dynamic linker's own list of what it loaded (Linux)."""

    version: int | None = None
    breakpoint: str | None = None
    base_addr: str | None = None
    dynamic: str | None = None
    objects: tuple[LinkedObject, ...] | None = None


class Linux(_Part, frozen=True):
    """What files of `/proc` and the dynamic linker say: the process's `status`, the first processor of `cpuinfo`."""

    status: dict[str, str] | None = None
    cpu: dict[str, str] | None = None
    auxv: tuple[AuxiliaryValue, ...] | None = None
    linker: Linker | None = None


class Limit(_Part, frozen=True):
    """A resource limit of the process (Linux): numbers, or `unlimited`."""

    name: str | None = None
    soft: int | str | None = None
    hard: int | str | None = None
    unit: str | None = None


class Limits(_Part, frozen=True):
    """The resource limits of the process (Linux)."""

    limits: tuple[Limit, ...] | None = None


class MacCrashRecord(_Part, frozen=True):
    """What a library left for the crash reporter in its `__crash_info` (macOS)."""

    thread: str | None = None
    dialog_mode: str | None = None
    abort_cause: str | None = None
    module: str | None = None
    message: str | None = None
    signature_string: str | None = None
    backtrace: str | None = None
    message2: str | None = None


class MacCrashInfo(_Part, frozen=True):
    """The `__crash_info` records of the process (macOS)."""

    num_records: int | None = None
    records: tuple[MacCrashRecord, ...] | None = None


class ProcessMemory(_Part, frozen=True):
    """Memory of the process, in bytes but for the faults; very large numbers as hexadecimal strings (Windows)."""

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
    """Memory of the machine, in bytes (Windows)."""

    page_size: int | str | None = None
    physical: int | str | None = None
    available: int | str | None = None
    committed: int | str | None = None
    commit_limit: int | str | None = None
    peak_committed: int | str | None = None


class Memory(_Part, frozen=True):
    """How much memory there was, and was used."""

    process: ProcessMemory | None = None
    system: SystemMemory | None = None


class CrashpadObject(_Part, frozen=True):
    """An annotation with a type: text in `value`, other bytes in `hex`."""

    name: str | None = None
    type: int | None = None
    value: str | None = None
    hex: str | None = None


class CrashpadModule(_Part, frozen=True):
    """The annotations of one module."""

    module_index: int | None = None
    module: str | None = None
    list_annotations: tuple[str, ...] | None = None
    annotations: dict[str, str] | None = None
    objects: tuple[CrashpadObject, ...] | None = None


class Crashpad(_Part, frozen=True):
    """What the program told Crashpad about itself."""

    version: int | None = None
    report_id: str | None = None
    client_id: str | None = None
    annotations: dict[str, str] | None = None
    modules: tuple[CrashpadModule, ...] | None = None
    address_mask: str | None = None


class Fault(_Part, frozen=True):
    """Something in the input that was wrong and passed over: in a dump's stream, or at a place of a text."""

    place: str | None = None
    stream: str | None = None
    entry: int | None = None
    offset: int | None = None
    message: str | None = None


class StreamText(_Part, frozen=True):
    """A stream that is plain text."""

    stream: str | None = None
    text: str | None = None


class ExceptionFrame(Frame, frozen=True):
    """A frame of an exception's own stack.

    `function` is class and method together. A `mark` stands between calls; `text` is a line that could not be taken
    apart, as it came.
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

    `parent` is the place of the exception it belongs to, `relation` how: the `outer` one has none, a `cause` was there
    before its parent, `beside` are suppressed ones and further ones of an aggregate. `blamed` is true for the one that
    the failure is named after.
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
    """Why the system ended the process (Apple)."""

    namespace: str | None = None
    code: str | None = None
    indicator: str | None = None
    by: str | None = None
    details: tuple[str, ...] | None = None


class ApplicationMessage(_Part, frozen=True):
    """What an image said on its way out (Apple: Application Specific Information)."""

    module: str | None = None
    message: str | None = None


class ApplicationInfo(_Part, frozen=True):
    """Application Specific Information and backtraces, as text (Apple)."""

    messages: tuple[ApplicationMessage, ...] | None = None
    backtraces: tuple[str, ...] | None = None


class App(_Part, frozen=True):
    """The program, as the sender of the crash tells it."""

    identifier: str | None = None
    version: str | None = None
    build: str | None = None


class Device(_Part, frozen=True):
    """The machine, as the sender of the crash tells it."""

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
    """The crash as its sender tells it: its id, its time, whose it is. Handled errors are not `fatal`."""

    id: str | None = None
    time: str | None = None
    fatal: bool | None = None
    user: str | None = None
    properties: dict[str, str] | None = None


class Attachment(_Part, frozen=True):
    """Something that came with the crash. `size` is in bytes, decoded; `fault` says why it could not be used."""

    id: str | None = None
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    fault: str | None = None


class NamedText(_Part, frozen=True):
    """A fact without a key of its own."""

    name: str | None = None
    value: str | None = None


class Blamed(_Part, frozen=True):
    """The frame that a failure is named after: indices into `threads`, its `frames` and the frame's `inlines`.

    `stack` names the list that `frame` is of if it is none of a thread's: `last_exception_backtrace`.
    """

    thread: int | None = None
    frame: int | None = None
    inline: int | None = None
    stack: str | None = None


class Hashes(_Part, frozen=True):
    """Other hashes of a failure, beside the bucket's own."""

    strict: str | None = None
    coarse: str | None = None
    address: str | None = None
    other_vocabulary: str | None = None
    rules_version: str | None = None


class NamingFacts(_Part, frozen=True):
    """What naming saw and the rest of the report does not show."""

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
    """The crash named: crashes with the same name are the same failure, and `hash` is its bucket."""

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
    """What became of one frame, and by which rule."""

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
    """What the limits of a report left out: entries by the list they are missing in, and texts that were shortened."""

    limit: int | None = None
    omitted: dict[str, int] | None = None
    shortened: int | None = None


class Report(_Part, frozen=True):
    """The report on one crash."""

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

        Raises:
            ValueError: it is no JSON, or a key holds something of another type than the schema says.
        """
        return _decoder.decode(document)

    def to_json(self) -> bytes:
        """The report as JSON: the known keys that have a value."""
        return msgspec.json.encode(self)


_decoder = msgspec.json.Decoder(Report)
