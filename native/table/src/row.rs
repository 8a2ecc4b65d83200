//! The columns of a table.

use crate::columns::{Address, Count, Flag, Instant, List, Name, Size, Text, Word, Words, record};

record! {
    /// One crash, or an input that could not be read. Values that are not known are null.
    Row in Columns {
        /// The path or name of the input.
        source: Name,
        /// Number of the crash in its input, from 0; null for an input that could not be read.
        number: Size,
        /// What kind of error it is, if the row is that of an error; all columns behind `error` are null then.
        error_kind: Word,
        /// The error in a sentence.
        error: Text,
        /// Kind of input: `minidump`, `apple_ips`, `stack_trace` and so on.
        kind: Word,
        /// Bytes of the whole input.
        size: Size,
        /// When it crashed, or the dump was written.
        time: Instant,
        /// The program that wrote a dump: `crashpad`, `breakpad` and so on.
        writer: Word,
        /// Id of the report by its sender or writer.
        report_id: Text,
        /// Operating system: `Windows NT`, `Linux`, `Android`, `Mac OS X`, `iOS` and so on; as the sender names it, if it does.
        os: Word,
        /// Its version, as in the input.
        os_version: Word,
        /// Its build, where the sender states it.
        os_build: Word,
        /// Processor: `x86`, `amd64`, `arm`, `arm64` and so on.
        cpu: Word,
        /// Model of the device.
        device_model: Word,
        /// Bundle or package identifier of the program.
        app: Word,
        /// Its build number.
        app_build: Word,
        /// File name of the program, else what the process or the app is called.
        process: Word,
        /// Version of the program: as its sender states it, else by an annotation, else that of its file.
        version: Word,
        /// What the program calls itself, else its file name without `.exe`.
        product: Word,
        /// Seconds from the start of the process to the crash.
        uptime: Size,
        /// Name of the failure.
        failure_name: Word,
        /// The failure hash: a GUID made of the name. The bucket.
        failure_hash: Word,
        /// `image!function`.
        failure_symbol: Word,
        /// The classes that the name begins with.
        problem_classes: Words,
        /// The code in the name: lower hex on Windows, the signal's name elsewhere.
        failure_code: Word,
        /// The image that is blamed.
        failure_image: Word,
        /// The function that is blamed.
        failure_function: Word,
        /// `crash`, `hang`, `memory`, `jse`, `handled` or `requested`.
        event_type: Word,
        /// The blamed thread: index in the report. Null if the blamed frame is in `exception_frames`, or none is blamed.
        blamed_thread: Count,
        /// The blamed frame: the value of `frame` in `frames`, if the blamed thread is the one that crashed.
        blamed_frame: Count,
        /// Index among the calls inlined into that frame, innermost first, if one of them is blamed.
        blamed_inline: Count,
        /// Hash of the class and the first retained frames: splits more than the name.
        hash_strict: Word,
        /// Hash of the class and the first retained function: splits less.
        hash_coarse: Word,
        /// Hash of debug ids and offsets of the retained frames: needs no symbols.
        hash_address: Word,
        /// Why the process crashed, in words: `SIGSEGV / SEGV_MAPERR`.
        reason: Word,
        /// The address that could not be accessed or executed.
        address: Address,
        /// `read`, `write` or `execute`.
        access: Word,
        /// The failed assertion.
        assertion: Text,
        /// Type of the exception in the failure's name, else of the outermost. Of crashes without a dump.
        exception_type: Word,
        /// Its message.
        exception_message: Text,
        /// Number of threads.
        thread_count: Count,
        /// The thread that crashed: index in the report.
        crashing_thread: Count,
        /// Its name.
        thread_name: Word,
        /// Its stack, innermost call first. An inlined call has an item of its own, before the function that it is inlined into.
        frames: List<FrameColumns>,
        /// The stack of the last Objective-C exception, where the input lists it separately.
        exception_frames: List<FrameColumns>,
        /// Frames of the crashed thread that have a function, without inlined calls.
        frames_named: Count,
        /// Its frames that have none.
        frames_unnamed: Count,
        /// Its frames that were left out of the report.
        frames_omitted: Count,
        /// Modules that lack symbols or unwind rules, first those that would help most. At most 256.
        symbols_needed: List<NeededColumns>,
        /// How many faults of the input were repaired or skipped.
        faults: Size,
        /// Whether something is missing in the report because it reached a limit.
        truncated: Flag,
    }
}

record! {
    /// A call on a stack.
    Frame in FrameColumns {
        /// Index of the frame in its stack; an inlined call has that of the frame it belongs to.
        frame: Count,
        /// File name of the module.
        module: Word,
        /// Function, demangled.
        function: Word,
        /// Source file.
        file: Word,
        /// Source line.
        line: Count,
        /// The address relative to the module.
        offset: Address,
        /// How the frame was found: `context`, `cfi`, `frame_pointer`, `scan` and so on.
        trust: Word,
        /// Whether the call is inlined.
        inline: Flag,
    }
}

record! {
    /// A module that lacks symbols or unwind rules.
    Needed in NeededColumns {
        /// File name of the image.
        module: Word,
        /// File name of the debug file.
        debug_file: Word,
        /// Debug id.
        debug_id: Word,
        /// Build id, or time stamp and size.
        code_id: Word,
        /// The outcome of the search for symbols: `missing`, `mismatched`, `timed out` and so on.
        outcome: Word,
        /// Frames of the crashed thread in the module that have no function.
        unnamed_frames: Count,
        /// Its frames that were found by a search of the stack, since the module has no unwind rules.
        scanned_frames: Count,
    }
}
