"""For gdb: run to a signal instruction by instruction with a stack of return addresses, then write dump and truth.

    shadow OUT(without suffix) OS FAULT DESCRIPTION.json

What is called and what returns is read off the instructions, so the truth owes nothing to any unwinder, frame pointer or
symbol. DESCRIPTION names the image (base, size, name, cv record) and the program that symbolizes it. Only the crashed
thread exists; the operating system's part of the dump is ours.
"""

import json
import os
import subprocess
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import truth
from gdb_capture import CPU, context, read_up_to, register
from minidump_writer import MISC_INFO, Dump, misc_info

CALLS, RETURNS = {"bl", "blr", "call"}, {"ret"}
VERSION = dict(windows=((10, 0, 19045), ""), macos=((12, 6, 0), "21G115"), ios=((16, 1, 0), "20B82"))
MAX_STEPS = 200000


class Shadow(gdb.Command):
    def __init__(self):
        super().__init__("shadow", gdb.COMMAND_USER)
        self.signal = None
        gdb.events.stop.connect(self.stopped)

    def stopped(self, event):
        if isinstance(event, gdb.SignalEvent) and event.stop_signal != "SIGTRAP":
            self.signal = event.stop_signal

    def run(self):
        """Return addresses still to be returned to, youngest last."""
        calls, self.signal = [], None
        for _ in range(MAX_STEPS):
            frame = gdb.selected_frame()
            pc = frame.pc()
            try:
                instruction = frame.architecture().disassemble(pc)[0]
            except gdb.MemoryError:  # a call to a bad place has been made; the next step tells so
                instruction = dict(asm="?", length=0)
            name = instruction["asm"].split()[0]
            gdb.execute("stepi", to_string=True)
            if self.signal:
                break
            if name in CALLS:
                calls.append(pc + instruction["length"])
            elif name in RETURNS and calls:
                calls.pop()
        return calls

    def invoke(self, argument, from_tty):
        out, os_name, fault, description = gdb.string_to_argv(argument)
        with open(description) as f:
            image = json.load(f)
        calls = self.run()
        name = gdb.selected_frame().architecture().name()
        arch, _, sp_name, pc_name = CPU[name]
        pc, sp, fault = register(pc_name), register(sp_name), int(fault, 0)
        version, csd = VERSION[os_name]
        dump = Dump(os=os_name, arch=arch, version=version, csd=csd)
        base = sp & -16
        if arch == "amd64" and os_name != "windows":
            base -= 128
        dump.thread(4711, context(arch), base, read_up_to(base, 65536), "main")
        code = read_up_to(max(pc - 128, 0), 256)
        if code:
            dump.memory(max(pc - 128, 0), code)
        dump.module(image["base"], image["size"], image["name"], cv=bytes.fromhex(image["cv"]), timestamp=image["timestamp"],
                    version=(1, 2, 3, 4) if os_name == "windows" else None)
        if os_name == "windows":
            access = 8 if pc == fault else 1
            dump.exception(4711, 0xC0000005, 0, pc, (access, fault))
        else:  # EXC_BAD_ACCESS, KERN_INVALID_ADDRESS
            dump.exception(4711, 1, 1, fault, (1, 1, fault))
        dump.stream(MISC_INFO, misc_info(4711, 1699999990, 1, 0))
        with open(out + ".dmp", "wb") as f:
            f.write(dump.bytes())
        frames = []
        for i, at in enumerate([pc] + calls[::-1]):
            frames += self.symbolize(image, at, at - (i > 0)) if i or image["base"] <= pc < image["base"] + image["size"] else [truth.frame(pc, None)]
        modules = [dict(name=image["name"], base=f"{image['base']:#x}", size=image["size"])]
        stack = dict(tid=4711, name="main", crashed=True, frames=frames)
        truth.write(out + ".truth.json", "a shadow stack kept while single-stepping; names by llvm-symbolizer", [stack], modules)
        print("captured", out, self.signal, [f["base"] for f in frames])

    def symbolize(self, image, at, look_up):
        place = image["preferred"] + look_up - image["base"]
        got = subprocess.run([*image["symbolizer"], f"{place:#x}"], capture_output=True, text=True, check=True)
        symbols = json.loads(got.stdout)[0]["Symbol"]
        last = len(symbols) - 1
        return [truth.frame(at, s["FunctionName"], s["FileName"] or None, s["Line"] or None, i < last) for i, s in enumerate(symbols)]


Shadow()
