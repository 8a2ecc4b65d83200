/* imgrun: maps a Mach-O or PE image that imports nothing where it wants to be (plus a slide) and jumps to its entry on a
 * fresh stack, with the frame pointer and the return address zero. So code for Apple's systems and for Windows runs
 * here, natively or under qemu-user, while a debugger looks on.
 * usage: imgrun IMAGE SLIDE(hex) MODE ; prints "base size entry" */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint16_t u16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static uint32_t u32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static uint64_t u64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static uint8_t *slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) exit(1);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    uint8_t *b = malloc(n);
    if (fread(b, 1, n, f) != (size_t)n) exit(1);
    fclose(f);
    return b;
}

static void map(uint64_t address, uint64_t size, const uint8_t *from, uint64_t bytes) {
    uint64_t start = address & ~0xfffull, end = (address + size + 0xfff) & ~0xfffull;
    if (mmap((void *)(uintptr_t)start, end - start, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    memcpy((void *)(uintptr_t)address, from, bytes);
}

struct image { uint64_t base, end, entry; };

/* Instead of the loader's rebase list: every word of a data segment that looks like a place in the image. */
static void rebase(uint64_t start, uint64_t size, uint64_t slide, uint64_t low, uint64_t high) {
    for (uint64_t at = start; at + 8 <= start + size; at += 8) {
        uint8_t *p = (uint8_t *)(uintptr_t)at;
        uint64_t v = u64(p);
        if (v >= low && v < high) { v += slide; memcpy(p, &v, 8); }
    }
}

static struct image macho(const uint8_t *b, uint64_t slide) {
    struct image m = {0, 0, 0};
    const uint8_t *p = b + 32;
    for (uint32_t i = 0; i < u32(b + 16); i++, p += u32(p + 4)) {
        if (u32(p) == 0x19 && strcmp((const char *)p + 8, "__PAGEZERO")) { /* LC_SEGMENT_64 */
            uint64_t at = u64(p + 24) + slide, size = u64(p + 32);
            if (!strcmp((const char *)p + 8, "__TEXT")) m.base = at;
            map(at, size, b + u64(p + 40), u64(p + 48));
            if (at + size > m.end && strcmp((const char *)p + 8, "__LINKEDIT")) m.end = at + size;
        }
        if (u32(p) == 0x80000028) m.entry = m.base + u64(p + 8); /* LC_MAIN */
    }
    p = b + 32;
    for (uint32_t i = 0; i < u32(b + 16); i++, p += u32(p + 4))
        if (u32(p) == 0x19 && !strncmp((const char *)p + 8, "__DATA", 6)) rebase(u64(p + 24) + slide, u64(p + 48), slide, m.base - slide, m.end - slide);
    return m;
}

/* A slide needs the base relocations; an image that has no absolute address needs none. */
static void relocate(const uint8_t *optional, int wide, uint64_t base, uint64_t slide) {
    uint64_t at = base + u32(optional + (wide ? 152 : 136)), end = at + u32(optional + (wide ? 156 : 140));
    while (slide && at < end) {
        const uint8_t *block = (const uint8_t *)(uintptr_t)at;
        uint32_t page = u32(block), size = u32(block + 4);
        for (uint32_t i = 8; i + 2 <= size; i += 2) {
            uint16_t e = u16(block + i);
            uint8_t *place = (uint8_t *)(uintptr_t)(base + page + (e & 0xfff));
            if (e >> 12 == 3) { uint32_t v = u32(place) + (uint32_t)slide; memcpy(place, &v, 4); }
            if (e >> 12 == 10) { uint64_t v = u64(place) + slide; memcpy(place, &v, 8); }
        }
        at += size;
    }
}

static struct image pe(const uint8_t *b, uint64_t slide) {
    const uint8_t *h = b + u32(b + 0x3c), *o = h + 24, *s = o + u16(h + 20);
    int wide = u16(o) == 0x20b;
    uint64_t base = (wide ? u64(o + 24) : u32(o + 28)) + slide;
    map(base, u32(o + 56), b, u32(o + 60));
    for (int i = 0; i < u16(h + 6); i++, s += 40) {
        uint32_t n = u32(s + 16) < u32(s + 8) ? u32(s + 16) : u32(s + 8);
        memcpy((void *)(uintptr_t)(base + u32(s + 12)), b + u32(s + 20), n);
    }
    relocate(o, wide, base, slide);
    return (struct image){base, base + u32(o + 56), base + u32(o + 16)};
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    const uint8_t *b = slurp(argv[1]);
    uint64_t slide = strtoull(argv[2], NULL, 16);
    uintptr_t mode = strtoul(argv[3], NULL, 10);
    struct image m = u32(b) == 0xfeedfacf ? macho(b, slide) : pe(b, slide);
    printf("%#llx %#llx %#llx\n", (unsigned long long)m.base, (unsigned long long)(m.end - m.base), (unsigned long long)m.entry);
    fflush(stdout);
    uintptr_t entry = (uintptr_t)m.entry;
    uint8_t *stack = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uintptr_t sp = (uintptr_t)stack + 65536 - 4096;
#if defined(__aarch64__)
    register uintptr_t first __asm__("x0") = mode;
    __asm__ volatile("mov sp,%0\n mov x29,#0\n mov x30,#0\n br %1" ::"r"(sp), "r"(entry), "r"(first));
#elif defined(__x86_64__)
    __asm__ volatile("mov %0,%%rsp\n xor %%ebp,%%ebp\n sub $32,%%rsp\n push $0\n jmp *%1" ::"r"(sp), "r"(entry), "D"(mode), "c"(mode));
#else
    __asm__ volatile("mov %0,%%esp\n push %2\n push $0\n xor %%ebp,%%ebp\n jmp *%1" ::"r"(sp), "r"(entry), "r"(mode));
#endif
    return 0;
}
