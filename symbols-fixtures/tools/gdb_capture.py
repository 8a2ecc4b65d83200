"""For gdb: write the stopped inferior (native, or behind qemu-user's gdbstub) as a minidump, and its stacks as truth.

    gdb … -x gdb_capture.py -ex "capture out.dmp out.truth.json OS FAULT [main=BYTES] [worker=BYTES] [chain=1]"

OS is linux or android. FAULT is the address that the system would report: a number, "pc" or "sp". chain=1: see
frame_pointer_chain. Otherwise the frames of the truth are gdb's own, from the same session and the same memory: DWARF, .ARM.exidx and the full debug files are at its
disposal, none of which is in the dump.
"""

import json
import os
import struct
import subprocess
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contexts
import truth
from elf import Elf
from minidump_writer import LINUX_MAPS, MISC_INFO, Dump, misc_info

CPU = {"aarch64": ("arm64", 8, "sp", "pc"), "arm": ("arm", 4, "sp", "pc"), "i386:x86-64": ("amd64", 8, "rsp", "rip"), "i386": ("x86", 4, "esp", "eip")}
REGISTERS = {
    "arm64": [f"x{i}" for i in range(31)] + ["sp", "pc"],
    "arm": [f"r{i}" for i in range(13)] + ["sp", "lr", "pc"],
    "amd64": list(contexts.AMD64) + list(contexts.AMD64_SEGMENTS),
    "x86": list(contexts.X86),
}
SIGNAL = dict(SIGILL=(4, 2), SIGTRAP=(5, 1), SIGABRT=(6, 0xFFFFFFFA), SIGBUS=(7, 1), SIGFPE=(8, 1), SIGSEGV=(11, 1))
MAX_FRAMES = 4000


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def read_up_to(address, size):
    """As much as is mapped, page by page."""
    out = b""
    while len(out) < size:
        step = min(4096 - (address + len(out)) % 4096, size - len(out))
        try:
            out += read(address + len(out), step)
        except gdb.MemoryError:
            break
    return out


def register(name, mask=2**64 - 1):
    value = gdb.newest_frame().read_register(name)
    try:
        return int(value) & mask
    except gdb.error:  # eflags is a set of flags
        return int(gdb.parse_and_eval(f"(long)${name}")) & mask


def context(arch):
    values = {n: register(n) for n in REGISTERS[arch]}
    if arch in ("arm", "arm64"):
        values["cpsr"] = register("cpsr", 0xFFFFFFFF)
    if arch == "amd64":
        values["eflags"] = register("eflags", 0xFFFFFFFF)
    return contexts.MAKERS[arch](**values)


def auxiliary_vector():
    out = {}
    for line in gdb.execute("info auxv", to_string=True).splitlines():
        part = line.split()
        numbers = [x for x in part[2:] if x.startswith("0x") or x.isdigit()]
        if numbers:
            out[part[1]] = int(numbers[0], 0)
    return out


def loaded_modules(word, auxv):
    """(bias, Elf, name in the inferior) of the program and of every library in the dynamic linker's list."""
    program = Elf(gdb.current_progspace().filename)
    vdso = []
    if "AT_SYSINFO_EHDR" in auxv:
        at = auxv["AT_SYSINFO_EHDR"]
        image = read_up_to(at, 0x4000)
        vdso = [(at, Elf("", image), "linux-gate.so")]  # the name that Breakpad's and Crashpad's clients give it
        if os.environ.get("KEEP_VDSO"):
            with open(os.environ["KEEP_VDSO"], "wb") as f:
                f.write(image)
    bias = auxv["AT_PHDR"] - program.header_offset - program.low if "AT_PHDR" in auxv else 0
    out = [(bias, program, program.path)]
    if program.dynamic is None:
        return out + vdso
    unit = "<Q" if word == 8 else "<I"
    at, debug = bias + program.dynamic, 0
    for _ in range(80):
        tag, value = struct.unpack(unit[0] + unit[1] * 2, read(at, 2 * word))
        at += 2 * word
        if tag == 21:
            debug = value
        if tag == 0:
            break
    link = struct.unpack(unit, read(debug + word, word))[0] if debug else 0
    files = {os.path.basename(o.filename): o.filename for o in gdb.objfiles() if o.is_valid() and o.filename}
    while link:
        bias, name, _, link = struct.unpack(unit[0] + unit[1] * 4, read(link, 4 * word))
        name = read_up_to(name, 512).split(b"\0")[0].decode()
        path = files.get(os.path.basename(name))
        if name and path and os.path.exists(path):
            out.append((bias, Elf(path), name))
    return out + vdso


def frames():
    """gdb's frames without those it makes up for tail calls, which left nothing on the stack."""
    out, f = [], gdb.newest_frame()
    while f is not None and len(out) < MAX_FRAMES:
        if f.type() != gdb.TAILCALL_FRAME:
            where = f.find_sal()
            file = where.symtab.filename if where.symtab else None
            name = f.name() or symbol_at(f.pc())
            out.append(truth.frame(f.pc(), name, file, where.line or None, f.type() == gdb.INLINE_FRAME))
        f = f.older()
    # armhf's clone starts threads from code behind its own end: no function, no symbol.
    while len(out) > 1 and out[-1]["func"] is None:
        out.pop()
    return out


def frame_pointer_chain(modules):
    """For arm64 with signed return addresses, which this gdb cannot follow behind qemu: the chain of frame records, the
    signatures cut off, names by llvm-symbolizer. Frame 0 must have made its record, and every other function too."""
    out, pc, fp = [], register("pc"), register("x29")
    places = [(pc, 0)]
    while fp:
        fp, back = struct.unpack("<QQ", read(fp, 16))
        if back:
            places.append((back & (1 << 48) - 1, 1))
    for pc, back in places:
        bias, elf = next((b, e) for b, e, _ in modules if b + e.low <= pc < b + e.high)
        debug = elf.path
        ident = elf.build_id.hex()
        separate = f"{gdb.parameter('debug-file-directory')}/.build-id/{ident[:2]}/{ident[2:]}.debug"
        if os.path.exists(separate):
            debug = separate
        command = ["llvm-symbolizer-19", f"--obj={debug}", "--output-style=JSON", "--inlines", f"{pc - back - bias:#x}"]
        symbols = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]["Symbol"]
        block = gdb.block_for_pc(pc - back)
        if len(symbols) == 1 and block and block.function:
            symbols[0]["FunctionName"] = block.function.name  # of several names the one that gdb takes elsewhere
        for i, s in enumerate(symbols):
            out.append(truth.frame(pc, s["FunctionName"] or None, s["FileName"] or None, s["Line"] or None, i < len(symbols) - 1))
    return out


def symbol_at(pc):
    """Assembler code has symbols without a function around them. Nothing is known of a place outside the modules."""
    text = gdb.execute(f"info symbol {max(pc - 1, 0):#x}", to_string=True)
    return None if text.startswith("No symbol") else text.split(" ")[0]


def thread_names():
    try:
        table = gdb.parse_and_eval("threadNames")
        rows = [table[i] for i in range(8)]
        return {int(r["tid"]): r["name"].string() for r in rows if int(r["tid"])}
    except gdb.error:
        return {}


class Capture(gdb.Command):
    def __init__(self):
        super().__init__("capture", gdb.COMMAND_USER)
        self.signal = "SIGTRAP"  # gdb tells of other signals only
        gdb.events.stop.connect(self.stopped)

    def stopped(self, event):
        if isinstance(event, gdb.SignalEvent):
            self.signal = event.stop_signal

    def invoke(self, argument, from_tty):
        out, truth_out, os_name, fault, *more = gdb.string_to_argv(argument)
        limits = dict(main=36 << 10, worker=4096, chain=0) | {k: int(v) for k, v in (x.split("=") for x in more)}
        name = gdb.newest_frame().architecture().name()
        arch, word, sp_name, pc_name = CPU["arm" if name.startswith("arm") else name]
        auxv = auxiliary_vector()
        # The path of the program is the last thing on the main stack; the mapping may go on beyond it.
        stack_top = (auxv["AT_EXECFN"] + 4096) & -4096 if "AT_EXECFN" in auxv else 0
        modules = loaded_modules(word, auxv)
        walk = (lambda: frame_pointer_chain(modules)) if limits["chain"] else frames
        crashed, names, stacks, maps = gdb.selected_thread(), thread_names(), [], []
        dump = Dump(os=os_name, arch=arch, version=(6, 1, 0), csd="Linux 6.1.0 fixture")
        for t in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
            t.switch()
            tid = t.ptid[1] or t.num
            base = register(sp_name) & -16
            if arch == "amd64":
                base -= 128  # the red zone
            limit = limits["main" if t.num in (1, crashed.num) else "worker"]
            if t.num == 1 and stack_top:
                limit = min(limit, stack_top - base)
            stack = read_up_to(base, limit)
            if not stack:  # SP lies in the guard page: what is above it, as dump writers do
                base = (base + 4096) & -4096
                stack = read_up_to(base, limit)
            dump.thread(tid, context(arch), base, stack, names.get(tid))
            stacks.append(dict(tid=tid, name=names.get(tid), crashed=t.num == crashed.num, frames=walk()))
            maps.append((base & -4096, (base + len(stack) + 4095) & -4096, "rw-p", 0, "[stack]" if t.num == 1 else ""))
        crashed.switch()
        tid, pc, sp = crashed.ptid[1] or crashed.num, register(pc_name), register(sp_name)
        start = max(pc - 128, 0)
        code = read_up_to(start, 256)
        if code:
            dump.memory(start, code)
        for bias, elf, module in modules:
            dump.module(bias + elf.low, elf.high - elf.low, module, build_id=elf.build_id)
            maps += [(bias + lo, bias + hi, flags, offset, module) for lo, hi, flags, offset in elf.segments]
        number, code = SIGNAL[self.signal]
        dump.exception(tid, number, code, {"pc": pc, "sp": sp}.get(fault) if fault in ("pc", "sp") else int(fault, 0))
        main = min(s["tid"] for s in stacks)
        dump.stream(MISC_INFO, misc_info(main, 1699999990, 1, 0))
        text = "".join(f"{lo:08x}-{hi:08x} {fl} {off:08x} 00:00 0{' ' * 10}{m}\n" for lo, hi, fl, off, m in sorted(maps))
        dump.stream(LINUX_MAPS, text.encode())
        with open(out, "wb") as f:
            f.write(dump.bytes())
        listed = [dict(name=name, base=f"{base:#x}", size=size, build_id=cv[4:].hex()) for base, size, name, cv, *_ in dump.modules]
        source = "the chain of frame records, signatures cut off; names by llvm-symbolizer" if limits["chain"] else "gdb, in the session that wrote the dump"
        truth.write(truth_out, source, stacks, listed)
        print("captured", out, os.path.getsize(out), self.signal, "threads", len(stacks))


Capture()
