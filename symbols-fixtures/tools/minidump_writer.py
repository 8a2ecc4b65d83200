"""A minidump written from the public format, every byte under control.

    d = Dump(os="linux", arch="amd64")
    d.module(0x400000, 0x10000, "/bin/app", build_id=bytes(20))
    d.thread(1, contexts.amd64(rip=..., rsp=...), stack_base, stack_bytes)
    d.exception(1, code, flags, address)
    open(path, "wb").write(d.bytes())

Lists are written as given: duplicates, overlaps and zero sizes are the caller's business.
"""

import struct

OS = dict(windows=2, macos=0x8101, ios=0x8102, linux=0x8201, android=0x8203)
ARCH = dict(x86=0, arm=5, amd64=9, arm64=12, arm64_old=0x8003)

THREAD_LIST, MODULE_LIST, MEMORY_LIST, EXCEPTION, SYSTEM_INFO = 3, 4, 5, 6, 7
MEMORY64_LIST, HANDLE_DATA, UNLOADED_MODULES, MISC_INFO = 9, 12, 14, 15
MEMORY_INFO, THREAD_INFO, THREAD_NAMES = 16, 17, 24
BREAKPAD_INFO, ASSERTION, LINUX_MAPS, CRASHPAD_INFO = 0x47670001, 0x47670002, 0x47670009, 0x43500001


class Dump:
    def __init__(self, os="linux", arch="amd64", version=(6, 1, 0), csd="", timestamp=1700000000, cpus=4):
        self.os, self.arch, self.version, self.csd, self.timestamp, self.cpus = os, arch, version, csd, timestamp, cpus
        self.modules, self.threads, self.regions, self.regions64, self.extra = [], [], [], [], []
        self.unloaded, self.handles, self.info = [], [], []
        self.exc = None
        self.names = []
        self.crashpad = None
        self.system_info = True

    def module(self, base, size, name, build_id=None, guid=None, age=1, pdb=None, timestamp=0, checksum=0, version=None, cv=None):
        """build_id: an ELF's note; guid (16 bytes as stored) with pdb: an RSDS record; cv: the record itself."""
        if cv is None and build_id is not None:
            cv = b"LEpB" + build_id
        elif cv is None and guid is not None:
            cv = b"RSDS" + guid + struct.pack("<I", age) + (pdb or name).encode() + b"\0"
        self.modules.append((base, size, name, cv or b"", timestamp, checksum, version))

    def thread(self, tid, context, stack_base=0, stack=b"", name=None, suspend=0, teb=0, priority=0, in_list=True):
        """in_list=False: the stack is described by the thread but its bytes are left to another stream."""
        self.threads.append((tid, context, stack_base, stack, suspend, teb, priority, in_list))
        if name is not None:
            self.names.append((tid, name))

    def memory(self, base, data):
        self.regions.append((base, data))

    def memory64(self, base, data):
        self.regions64.append((base, data))

    def exception(self, tid, code, flags=0, address=0, parameters=(), context=None, record=0):
        self.exc = (tid, code, flags, record, address, tuple(parameters), context)

    def unloaded_module(self, base, size, name, timestamp=0, checksum=0):
        self.unloaded.append((base, size, name, timestamp, checksum))

    def handle(self, value, kind, name, attributes=0, access=0, handles=1, pointers=1):
        self.handles.append((value, kind, name, attributes, access, handles, pointers))

    def memory_info(self, base, size, protect, state=0x1000, kind=0x20000):
        self.info.append((base, base, protect, 0, size, state, protect, kind, 0))

    def stream(self, kind, data):
        """A stream of any type, its bytes as they are."""
        self.extra.append((kind, data))

    def bytes(self):
        out = bytearray(32)
        directory = []

        def put(data, align=8):
            out.extend(bytes(-len(out) % align))
            at = len(out)
            out.extend(data)
            return at

        def string(s):
            e = s.encode("utf-16-le", "surrogatepass")
            return put(struct.pack("<I", len(e)) + e + b"\0\0", 4)

        def add(kind, data, align=8):
            directory.append((kind, len(data), put(data, align)))

        if self.system_info:
            add(SYSTEM_INFO, struct.pack(
                "<HHHBBIIIIIHH", ARCH[self.arch], 6, 0, self.cpus, 1, *self.version, OS[self.os], string(self.csd), 0, 0,
            ) + bytes(24))

        ranges, contexts, records = [], {}, []
        for tid, context, base, stack, suspend, teb, priority, in_list in self.threads:
            where = (len(context), put(context, 16)) if context else (0, 0)
            contexts.setdefault(tid, where)
            at = put(stack, 16) if stack and in_list else 0
            if at:
                ranges.append((base, len(stack), at))
            records.append(struct.pack("<IIIIQQIIII", tid, suspend, 0, priority, teb, base, len(stack), at, *where))
        add(THREAD_LIST, struct.pack("<I", len(records)) + b"".join(records), 4)

        records = []
        for base, size, name, cv, timestamp, checksum, version in self.modules:
            fixed = bytes(52)
            if version:
                a, b, c, d = version
                fixed = struct.pack("<IIIIII", 0xFEEF04BD, 0x10000, a << 16 | b, c << 16 | d, a << 16 | b, c << 16 | d) + bytes(28)
            at = put(cv, 4) if cv else 0
            records.append(struct.pack("<QIIII", base, size, checksum, timestamp, string(name)) + fixed + struct.pack("<IIII", len(cv), at, 0, 0) + bytes(16))
        add(MODULE_LIST, struct.pack("<I", len(records)) + b"".join(records), 4)

        ranges += [(base, len(data), put(data, 16)) for base, data in self.regions]
        if ranges or not self.regions64:
            add(MEMORY_LIST, struct.pack("<I", len(ranges)) + b"".join(struct.pack("<QII", *r) for r in ranges), 4)

        if self.exc:
            tid, code, flags, record, address, parameters, context = self.exc
            where = (len(context), put(context, 16)) if context is not None else contexts.get(tid, (0, 0))
            padded = list(parameters) + [0] * (15 - len(parameters))
            add(EXCEPTION, struct.pack("<IIIIQQII15QII", tid, 0, code, flags, record, address, len(parameters), 0, *padded, *where))

        if self.names:
            pairs = [struct.pack("<IQ", tid, string(name)) for tid, name in self.names]
            add(THREAD_NAMES, struct.pack("<I", len(pairs)) + b"".join(pairs), 4)

        if self.unloaded:
            rows = [struct.pack("<QIIII", base, size, checksum, ts, string(name)) for base, size, name, ts, checksum in self.unloaded]
            add(UNLOADED_MODULES, struct.pack("<III", 12, 24, len(rows)) + b"".join(rows), 4)

        if self.handles:
            rows = [
                struct.pack("<QIIIIII", value, string(kind) if kind else 0, string(name) if name else 0, attributes, access, handles, pointers)
                for value, kind, name, attributes, access, handles, pointers in self.handles
            ]
            add(HANDLE_DATA, struct.pack("<IIII", 16, 32, len(rows), 0) + b"".join(rows))

        if self.info:
            rows = [struct.pack("<QQIIQIIII", *row) for row in self.info]
            add(MEMORY_INFO, struct.pack("<IIQ", 16, 48, len(rows)) + b"".join(rows))

        for kind, data in self.extra:
            add(kind, data)

        if self.crashpad:
            add(CRASHPAD_INFO, self.crashpad.bytes(put), 4)

        if self.regions64:  # the data lies in one piece, in the order of the list
            base_rva = put(b"".join(data for _, data in self.regions64), 16)
            rows = [struct.pack("<QQ", base, len(data)) for base, data in self.regions64]
            add(MEMORY64_LIST, struct.pack("<QQ", len(rows), base_rva) + b"".join(rows))

        at = put(b"".join(struct.pack("<III", *d) for d in directory), 4)
        struct.pack_into("<4sIIIIIQ", out, 0, b"MDMP", 0xA793, len(directory), at, 0, self.timestamp, 0)
        return bytes(out)


def misc_info(pid, create_time=0, user=0, kernel=0):
    """The first version of the stream (24 bytes): process id and times in seconds."""
    return struct.pack("<IIIIII", 24, 1 | (2 if create_time else 0), pid, create_time, user, kernel)


class Crashpad:
    """The Crashpad stream: annotations of the process and of single modules."""

    def __init__(self, report_id=bytes(16), client_id=bytes(16), annotations=None, address_mask=None):
        self.report_id, self.client_id, self.annotations, self.address_mask = report_id, client_id, annotations or {}, address_mask
        self.modules = []

    def module(self, index, lists=(), annotations=None, objects=()):
        """index in the module list; objects: (name, type, bytes), type 1 is text, 0x8000 and above the program's own."""
        self.modules.append((index, tuple(lists), annotations or {}, tuple(objects)))

    def bytes(self, put):
        def blob(b, nul=b""):
            return put(struct.pack("<I", len(b)) + b + nul, 4)

        def text(s):
            return blob(s.encode(), b"\0")

        def located(rows):
            data = struct.pack("<I", len(rows)) + b"".join(rows)
            return (len(data), put(data, 4)) if rows else (0, 0)

        def dictionary(d):
            return located([struct.pack("<II", text(k), text(v)) for k, v in d.items()])

        links = []
        for index, lists, annotations, objects in self.modules:
            a = located([struct.pack("<I", text(s)) for s in lists])
            b = dictionary(annotations)
            c = located([struct.pack("<IHHI", text(n), kind, 0, blob(value)) for n, kind, value in objects])
            record = struct.pack("<IIIIIII", 1, *a, *b, *c)
            links.append(struct.pack("<III", index, len(record), put(record, 4)))
        head = struct.pack("<I", 1) + self.report_id + self.client_id
        out = head + struct.pack("<IIII", *dictionary(self.annotations), *located(links))
        if self.address_mask is not None:
            out += struct.pack("<IQ", 0, self.address_mask)
        return out


def assertion(expression, function, file, line, kind=0):
    """Breakpad's Windows assertion stream; kind 1 invalid parameter, 2 pure virtual call."""
    def field(s):
        return s.encode("utf-16-le")[:254].ljust(256, b"\0")

    return field(expression) + field(function) + field(file) + struct.pack("<II", line, kind)
