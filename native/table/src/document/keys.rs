//! The keys of a report's document that are used. The page `docs/report-schema.md` describes them.

use crate::json::{Hex, Length, Present, Text, object};

object! {
    /// The document.
    Document<'a> {
        input: Input<'a> = "input",
        failure: Failure<'a> = "failure",
        crash_info: CrashInfo<'a> = "crash_info",
        system_info: SystemInfo<'a> = "system_info",
        device: Device<'a> = "device",
        app: App<'a> = "app",
        report: Sent<'a> = "report",
        crashpad: Crashpad<'a> = "crashpad",
        process: Process<'a> = "process",
        process_uptime: Option<i64> = "process_uptime",
        main_module: Option<i64> = "main_module",
        modules: Option<Vec<Module<'a>>> = "modules",
        thread_count: Option<i32> = "thread_count",
        crashing_thread: Thread<'a> = "crashing_thread",
        last_exception_backtrace: Option<Vec<Stacked<'a>>> = "last_exception_backtrace",
        exceptions: Option<Vec<Exception<'a>>> = "exceptions",
        symbols_needed: Option<Vec<Needed<'a>>> = "symbols_needed",
        faults: Length = "faults",
        faults_omitted: Option<i64> = "faults_omitted",
        truncated: Present = "truncated",
    }
}

object! {
    /// `input`.
    Input<'a> {
        kind: Text<'a> = "kind",
        size: Option<i64> = "size",
        time: Text<'a> = "time",
        writer: Text<'a> = "writer",
    }
}

object! {
    /// `failure`.
    Failure<'a> {
        name: Text<'a> = "name",
        hash: Text<'a> = "hash",
        symbol: Text<'a> = "symbol",
        problem_classes: Option<Vec<Text<'a>>> = "problem_classes",
        code: Text<'a> = "code",
        image: Text<'a> = "image",
        function: Text<'a> = "function",
        event_type: Text<'a> = "event_type",
        blamed: Blamed<'a> = "blamed",
        hashes: Hashes<'a> = "hashes",
    }
}

object! {
    /// `failure.blamed`.
    Blamed<'a> {
        thread: Option<i32> = "thread",
        frame: Option<i32> = "frame",
        inline: Option<i32> = "inline",
    }
}

object! {
    /// `failure.hashes`.
    Hashes<'a> {
        strict: Text<'a> = "strict",
        coarse: Text<'a> = "coarse",
        address: Text<'a> = "address",
    }
}

object! {
    /// `crash_info`.
    CrashInfo<'a> {
        reason: Text<'a> = "type",
        address: Hex = "address",
        access: Text<'a> = "access",
        crashing_thread: Option<i32> = "crashing_thread",
        assertion: Text<'a> = "assertion",
    }
}

object! {
    /// `system_info`.
    SystemInfo<'a> {
        os: Text<'a> = "os",
        os_ver: Text<'a> = "os_ver",
        cpu_arch: Text<'a> = "cpu_arch",
    }
}

object! {
    /// `device`.
    Device<'a> {
        model: Text<'a> = "model",
        os_name: Text<'a> = "os_name",
        os_version: Text<'a> = "os_version",
        os_build: Text<'a> = "os_build",
    }
}

object! {
    /// `app`.
    App<'a> {
        identifier: Text<'a> = "identifier",
        name: Text<'a> = "name",
        version: Text<'a> = "version",
        build: Text<'a> = "build",
    }
}

object! {
    /// `report`.
    Sent<'a> {
        id: Text<'a> = "id",
    }
}

object! {
    /// `crashpad`.
    Crashpad<'a> {
        report_id: Text<'a> = "report_id",
        annotations: Annotations<'a> = "annotations",
    }
}

object! {
    /// The annotations that name a program and its version, by who defined them: Breakpad and Crashpad, Electron, Socorro, Sentry.
    Annotations<'a> {
        electron_product: Text<'a> = "_productName",
        prod: Text<'a> = "prod",
        product_key: Text<'a> = "product",
        socorro_product: Text<'a> = "ProductName",
        product_name: Text<'a> = "productName",
        electron_version: Text<'a> = "_version",
        ver: Text<'a> = "ver",
        version_key: Text<'a> = "version",
        socorro_version: Text<'a> = "Version",
        sentry_release: Text<'a> = "sentry[release]",
    }
}

impl Annotations<'_> {
    pub(super) fn product(&self) -> Option<&str> {
        let all = [&self.electron_product, &self.prod, &self.product_key, &self.socorro_product, &self.product_name];
        all.into_iter().find_map(Text::filled)
    }

    pub(super) fn version(&self) -> Option<&str> {
        let all = [&self.electron_version, &self.ver, &self.version_key, &self.socorro_version, &self.sentry_release];
        all.into_iter().find_map(Text::filled)
    }
}

object! {
    /// `process`.
    Process<'a> {
        path: Text<'a> = "path",
        name: Text<'a> = "name",
    }
}

object! {
    /// An item of `modules`.
    Module<'a> {
        filename: Text<'a> = "filename",
        version: Text<'a> = "version",
    }
}

object! {
    /// `crashing_thread`.
    Thread<'a> {
        thread_name: Text<'a> = "thread_name",
        frames: Option<Vec<Stacked<'a>>> = "frames",
        frames_omitted: Option<i32> = "frames_omitted",
    }
}

object! {
    /// A frame of a stack.
    Stacked<'a> {
        module: Text<'a> = "module",
        module_offset: Hex = "module_offset",
        function: Text<'a> = "function",
        file: Text<'a> = "file",
        line: Option<i32> = "line",
        trust: Text<'a> = "trust",
        inlines: Option<Vec<Inlined<'a>>> = "inlines",
    }
}

object! {
    /// A function inlined into a frame.
    Inlined<'a> {
        function: Text<'a> = "function",
        file: Text<'a> = "file",
        line: Option<i32> = "line",
    }
}

object! {
    /// An item of `exceptions`.
    Exception<'a> {
        exception: Text<'a> = "type",
        message: Text<'a> = "message",
        blamed: Option<bool> = "blamed",
    }
}

object! {
    /// An item of `symbols_needed`.
    Needed<'a> {
        module: Text<'a> = "module",
        debug_file: Text<'a> = "debug_file",
        debug_id: Text<'a> = "debug_id",
        code_id: Text<'a> = "code_id",
        outcome: Text<'a> = "outcome",
        unnamed_frames: Affected<'a> = "unnamed_frames",
        scanned_frames: Affected<'a> = "scanned_frames",
    }
}

object! {
    /// Numbers of frames.
    Affected<'a> {
        crashing_thread: Option<i32> = "crashing_thread",
    }
}
