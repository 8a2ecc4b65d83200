//! Stream types: numbers and names.
//!
//! Microsoft's are those of `MINIDUMP_STREAM_TYPE` in `minidumpapiset.h`; writers' own types start with a
//! tag of theirs (`Gg` Breakpad, `CP` Crashpad, `Mz` Mozilla).

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $value:literal, $name:literal;)*) => {
        $($(#[$doc])* #[doc = concat!("`", $name, "`.")] pub const $constant: u32 = $value;)*

        /// The name of a stream type, `None` for an unknown one.
        #[must_use]
        pub const fn name(kind: u32) -> Option<&'static str> {
            match kind {
                $($constant => Some($name),)*
                _ => None,
            }
        }
    };
}

kinds! {
    UNUSED = 0, "Unused";
    RESERVED_0 = 1, "Reserved0";
    RESERVED_1 = 2, "Reserved1";
    THREAD_LIST = 3, "ThreadList";
    MODULE_LIST = 4, "ModuleList";
    MEMORY_LIST = 5, "MemoryList";
    EXCEPTION = 6, "Exception";
    SYSTEM_INFO = 7, "SystemInfo";
    THREAD_EX_LIST = 8, "ThreadExList";
    MEMORY_64_LIST = 9, "Memory64List";
    COMMENT_A = 10, "CommentA";
    COMMENT_W = 11, "CommentW";
    HANDLE_DATA = 12, "HandleData";
    FUNCTION_TABLE = 13, "FunctionTable";
    UNLOADED_MODULE_LIST = 14, "UnloadedModuleList";
    MISC_INFO = 15, "MiscInfo";
    MEMORY_INFO_LIST = 16, "MemoryInfoList";
    THREAD_INFO_LIST = 17, "ThreadInfoList";
    HANDLE_OPERATION_LIST = 18, "HandleOperationList";
    TOKEN = 19, "Token";
    JAVA_SCRIPT_DATA = 20, "JavaScriptData";
    SYSTEM_MEMORY_INFO = 21, "SystemMemoryInfo";
    PROCESS_VM_COUNTERS = 22, "ProcessVmCounters";
    IPT_TRACE = 23, "IptTrace";
    THREAD_NAMES = 24, "ThreadNames";
    BREAKPAD_INFO = 0x4767_0001, "BreakpadInfo";
    ASSERTION_INFO = 0x4767_0002, "AssertionInfo";
    LINUX_CPU_INFO = 0x4767_0003, "LinuxCpuInfo";
    LINUX_PROC_STATUS = 0x4767_0004, "LinuxProcStatus";
    LINUX_LSB_RELEASE = 0x4767_0005, "LinuxLsbRelease";
    LINUX_CMD_LINE = 0x4767_0006, "LinuxCmdLine";
    LINUX_ENVIRON = 0x4767_0007, "LinuxEnviron";
    LINUX_AUXV = 0x4767_0008, "LinuxAuxv";
    LINUX_MAPS = 0x4767_0009, "LinuxMaps";
    LINUX_DSO_DEBUG = 0x4767_000a, "LinuxDsoDebug";
    LINUX_PROC_STAT = 0x4767_000b, "LinuxProcStat";
    LINUX_PROC_UPTIME = 0x4767_000c, "LinuxProcUptime";
    LINUX_PROC_FD = 0x4767_000d, "LinuxProcFd";
    CRASHPAD_INFO = 0x4350_0001, "CrashpadInfo";
    STABILITY_REPORT = 0x4b6b_0002, "StabilityReport";
    LLDB_GENERATED = 0x4c4c_4442, "LLDBGenerated";
    MAC_CRASH_INFO = 0x4d7a_0001, "MozMacosCrashInfo";
    MAC_BOOT_ARGS = 0x4d7a_0002, "MozMacosBootargs";
    MOZ_LINUX_LIMITS = 0x4d7a_0003, "MozLinuxLimits";
    MOZ_SOFT_ERRORS = 0x4d7a_0004, "MozSoftErrors";
    FB_APP_CUSTOM_DATA = 0xface_cafa, "FacebookAppCustomData";
    FB_BUILD_ID = 0xface_cafb, "FacebookBuildID";
    FB_APP_VERSION_NAME = 0xface_cafc, "FacebookAppVersionName";
    FB_JAVA_STACK = 0xface_cafd, "FacebookJavaStack";
    FB_DALVIK_INFO = 0xface_cafe, "FacebookDalvikInfo";
    FB_UNWIND_SYMBOLS = 0xface_caff, "FacebookUnwindSymbols";
    FB_DUMP_ERROR_LOG = 0xface_cb00, "FacebookDumpErrorLog";
    FB_APP_STATE_LOG = 0xface_cccc, "FacebookAppStateLog";
    FB_ABORT_REASON = 0xface_dead, "FacebookAbortReason";
    FB_THREAD_NAME = 0xface_e000, "FacebookThreadName";
    FB_LOGCAT = 0xface_1ca7, "FacebookLogcat";
}
