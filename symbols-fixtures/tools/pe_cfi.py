"""STACK CFI records from an x64 PE's exception directory (RUNTIME_FUNCTION and UNWIND_INFO, version 1)."""

import struct

NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
PUSH, ALLOC_LARGE, ALLOC_SMALL, SET_FP, SAVE, SAVE_FAR, SAVE_XMM, SAVE_XMM_FAR, MACHINE_FRAME = 0, 1, 2, 3, 4, 5, 8, 9, 10


def codes(data, at, count):
    """(prolog offset, operation, its info, operand) in the order of the prolog."""
    out, i = [], 0
    while i < count:
        offset, both = data[at + 2 * i], data[at + 2 * i + 1]
        op, info, operand, used = both & 15, both >> 4, 0, 1
        if op == ALLOC_LARGE and info == 1 or op in (SAVE_FAR, SAVE_XMM_FAR):
            operand, used = struct.unpack_from("<I", data, at + 2 * i + 2)[0], 3
        elif op in (ALLOC_LARGE, SAVE, SAVE_XMM):
            operand, used = struct.unpack_from("<H", data, at + 2 * i + 2)[0] * 8, 2
        out.append((offset, op, info, operand))
        i += used
    return out[::-1]


def function(data, at, start, size):
    head, _, count, frame = struct.unpack_from("<BBBB", data, at)
    if head >> 3 & 4:
        return []  # chained: the parent's codes would have to come first
    lines = [f"STACK CFI INIT {start:x} {size:x} .cfa: $rsp 8 + .ra: .cfa 8 - ^"]
    depth, base, saved = 8, "$rsp", []
    for offset, op, info, operand in codes(data, at + 4, count):
        rules = []
        if op == PUSH:
            depth += 8
            rules.append(f"${NAMES[info]}: .cfa {depth} - ^")
        elif op == ALLOC_SMALL:
            depth += 8 * info + 8
        elif op == ALLOC_LARGE:
            depth += operand
        elif op == SET_FP:
            base, depth = f"${NAMES[frame & 15]}", depth - 16 * (frame >> 4)
        elif op in (SAVE, SAVE_FAR):
            saved.append(f"${NAMES[info]}: .cfa {depth - operand} - ^")
            rules.append(saved[-1])
        else:
            continue
        if not (base != "$rsp" and op in (PUSH, ALLOC_SMALL, ALLOC_LARGE)):
            rules.insert(0, f".cfa: {base} {depth} +")
        lines.append(f"STACK CFI {start + offset:x} " + " ".join(rules))
    return lines


def stack_cfi(image):
    rva, size = image.directory(3)
    at, out = image.offset(rva), []
    for entry in range(at, at + size, 12):
        start, end, info = struct.unpack_from("<III", image.data, entry)
        out += function(image.data, image.offset(info), start, end - start)
    return out
