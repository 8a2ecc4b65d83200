"""Exceptions: codes that are packed, unusual or only found in the parameters."""

from donor import Donor


def windows(code, parameters=(), flags=0, donor="images/windows-x64-null", address=None):
    d = Donor(donor)
    dump = d.dump()
    dump.exception(d.crashed[0], code, flags, d.exception[3] if address is None else address, parameters, d.crashed[1])
    return dump, d.truth["crashed_thread"]


def apple(exception, code0, code1, os="ios"):
    """Crashpad's way: flags hold code 0, of EXC_RESOURCE and EXC_GUARD its upper half; the parameters have it whole."""
    flags = code0 >> 32 if exception in (11, 12) else code0 & 0xFFFFFFFF
    d = Donor("images/ios-arm64-null")
    dump = d.dump(os=os)
    dump.exception(d.crashed[0], exception, flags, code1, (exception, code0, code1), d.crashed[1])
    return dump, d.truth["crashed_thread"]


def linux(signal, code, address, os="android", donor="linux-gdb/arm64-nofp-null", parameters=()):
    d = Donor(donor)
    dump = d.dump(os=os, threads="crashed")
    dump.exception(d.crashed[0], signal, code, address, parameters, d.crashed[1])
    return dump, d.truth["crashed_thread"]


def case_fast_fail():
    """__fastfail(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE): code 0xC0000409, the reason in the first parameter."""
    return *windows(0xC0000409, (2,), 1), dict(code="0xc0000409", fast_fail=2, reason_contains="FAST_FAIL_STACK_COOKIE_CHECK_FAILURE")


def case_in_page_error():
    """A page of a mapped file that could not be read: the address is the second parameter, the NTSTATUS the third."""
    return *windows(0xC0000006, (0, 0x7FF712340000, 0xC000009C)), dict(address="0x7ff712340000", reason_contains="IN_PAGE_ERROR")


def case_cpp_exception():
    """A C++ exception of Microsoft's runtime, with its four parameters."""
    return *windows(0xE06D7363, (0x19930520, 0xF0A5DFF800, 0x140012000, 0x140010000), 1), dict(code="0xe06d7363", parameters=4)


def case_heap_corruption():
    """Heap corruption: the one parameter is the heap's report, not an address that was used."""
    return *windows(0xC0000374, (0x7FFD1DB52E80,), 1), dict(reason_contains="HEAP_CORRUPTION")


def case_simulated_windows():
    """Crashpad's dump without a crash (0x0517A7ED)."""
    return *windows(0x0517A7ED), dict(code="0x517a7ed")


def case_unknown_code():
    """An exception code that no table has."""
    return *windows(0xE0ABCDEF, (1, 2, 3)), dict(code="0xe0abcdef", parameters=3)


def case_mte_async():
    """Android arm64, memory tagging, asynchronous: SIGSEGV with SEGV_MTEAERR, no address."""
    return *linux(11, 8, 0), dict(reason_contains="SEGV_MTEAERR")


def case_mte_sync():
    """Android arm64, memory tagging, synchronous: SIGSEGV with SEGV_MTESERR; the address carries a tag."""
    return *linux(11, 9, 0x0B00_0075_1234_5670), dict(reason_contains="SEGV_MTESERR", address="0xb00007512345670")


def case_dump_requested():
    """Linux, a dump that was asked for (code 0xFFFFFFFF)."""
    return *linux(0xFFFFFFFF, 0, 0, os="linux"), dict(code="0xffffffff")


def case_sigsys():
    """SIGSYS from a seccomp filter."""
    return *linux(31, 1, 0x5502091234, os="linux"), dict(reason_contains="SIGSYS")


def case_sigbus_adraln():
    """SIGBUS, a misaligned address."""
    return *linux(7, 1, 0x1001, os="linux"), dict(reason_contains="BUS_ADRALN", address="0x1001")


def case_exc_resource_cpu():
    """EXC_RESOURCE, CPU monitor (flavour 2: fatal): 80% over 60 s allowed, 95% observed."""
    return *apple(11, 1 << 61 | 2 << 58 | 60 << 7 | 80, 95), dict(resource="CPU", flavor=2, interval=60, limit=80, observed=95, reason_contains="EXC_RESOURCE")


def case_exc_resource_memory():
    """EXC_RESOURCE, memory high watermark of 1400 MB."""
    return *apple(11, 3 << 61 | 1 << 58 | 1400, 0), dict(resource="MEMORY", flavor=1, limit=1400, reason_contains="EXC_RESOURCE")


def case_exc_guard_fd():
    """EXC_GUARD, a guarded file descriptor (5) closed; the guard's own id follows."""
    return *apple(12, 2 << 61 | 1 << 32 | 5, 0x8FD4DBFADE2DEAD1), dict(guard="FD", flavor=1, target=5, identifier="0x8fd4dbfade2dead1", reason_contains="EXC_GUARD")


def case_exc_guard_port():
    """EXC_GUARD, a Mach port."""
    return *apple(12, 1 << 61 | 0x10 << 32 | 0x1403, 0), dict(guard="MACH_PORT", flavor=0x10, target=0x1403, reason_contains="EXC_GUARD")


def case_exc_crash_abort():
    """EXC_CRASH wrapped around SIGABRT: the signal is in code 0."""
    return *apple(10, 6 << 24, 0, os="macos"), dict(reason_contains="EXC_CRASH")


def case_simulated_mac():
    """Crashpad's dump without a crash on macOS ('CPsx')."""
    return *apple(0x43507378, 0, 0, os="macos"), dict(code="0x43507378")


def case_nsexception():
    """Crashpad's mark for an uncaught Objective-C exception on iOS ('CPnx')."""
    return *apple(0x43506E78, 0, 0), dict(code="0x43506e78")
