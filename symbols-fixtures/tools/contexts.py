"""Thread contexts of a minidump, packed from register values (layouts as in winnt.h and Breakpad's minidump_cpu_*.h)."""

import struct

M64 = 2**64 - 1

AMD64 = dict(
    rax=120, rcx=128, rdx=136, rbx=144, rsp=152, rbp=160, rsi=168, rdi=176, r8=184, r9=192,
    r10=200, r11=208, r12=216, r13=224, r14=232, r15=240, rip=248,
)
AMD64_SEGMENTS = dict(cs=56, ds=58, es=60, fs=62, gs=64, ss=66)
X86 = dict(
    gs=140, fs=144, es=148, ds=152, edi=156, esi=160, ebx=164, edx=168, ecx=172, eax=176,
    ebp=180, eip=184, cs=188, eflags=192, esp=196, ss=200,
)
ARM_ALIAS = dict(fp=11, ip=12, sp=13, lr=14, pc=15)
ARM64_ALIAS = dict(fp=29, lr=30, sp=31, pc=32)


def amd64(flags=0x10000F, eflags=0x246, size=1232, **r):
    """1232 bytes; a greater size leaves room for an XSAVE area."""
    b = bytearray(size)
    struct.pack_into("<I", b, 48, flags)
    struct.pack_into("<I", b, 68, eflags)
    for k, v in r.items():
        if k in AMD64_SEGMENTS:
            struct.pack_into("<H", b, AMD64_SEGMENTS[k], v & 0xFFFF)
        else:
            struct.pack_into("<Q", b, AMD64[k], v & M64)
    return bytes(b)


def x86(flags=0x1000F, size=716, **r):
    """716 bytes; a greater size leaves room for an XSAVE area."""
    b = bytearray(size)
    struct.pack_into("<I", b, 0, flags)
    for k, v in r.items():
        struct.pack_into("<I", b, X86[k], v & 0xFFFFFFFF)
    return bytes(b)


def arm(flags=0x40000006, cpsr=0, **r):
    """368 bytes: r0..r15 (fp=r11, ip, sp, lr, pc)."""
    b = bytearray(368)
    struct.pack_into("<I", b, 0, flags)
    struct.pack_into("<I", b, 68, cpsr)
    for k, v in r.items():
        struct.pack_into("<I", b, 4 + 4 * (ARM_ALIAS[k] if k in ARM_ALIAS else int(k[1:])), v & 0xFFFFFFFF)
    return bytes(b)


def arm64(flags=0x400007, cpsr=0, old=False, **r):
    """x0..x28, fp, lr, sp, pc. 912 bytes, or old=True: the 796 bytes that older Breakpad clients write."""
    b = bytearray(796 if old else 912)
    if old:
        struct.pack_into("<Q", b, 0, 0x80000006)
        struct.pack_into("<I", b, 272, cpsr)
    else:
        struct.pack_into("<II", b, 0, flags, cpsr)
    for k, v in r.items():
        struct.pack_into("<Q", b, 8 + 8 * (ARM64_ALIAS[k] if k in ARM64_ALIAS else int(k[1:])), v & M64)
    return bytes(b)


MAKERS = dict(amd64=amd64, x86=x86, arm=arm, arm64=arm64)
