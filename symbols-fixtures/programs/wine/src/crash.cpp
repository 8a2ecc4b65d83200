// crash.exe: writes its own minidump through dbghelp when it fails, and prints where its stack is by two other ways:
// the system's own unwinder (RtlVirtualUnwind) and return addresses that the functions noted themselves.
// usage: crash.exe OUT.dmp MODE       modes: null callbad cpp
#include "windows_api.h"

#define NOINLINE __attribute__((noinline))

extern "C" int _fltused = 0;
extern "C" __declspec(dllimport) int sceneEntry(int n, volatile int* p);

static char command[512], *output, *mode;
static void* noted[32];
static int notedCount;
#define NOTE() (noted[notedCount++] = __builtin_return_address(0))

static void print(const char* s) {
    DWORD n = 0, written;
    while (s[n]) n++;
    WriteFile(GetStdHandle((DWORD)-11), s, n, &written, nullptr);
}
static void printHex(const char* label, U64 v) {
    char text[24] = " ";
    int at = 1;
    for (int shift = 60; shift >= 0; shift -= 4) text[at++] = "0123456789abcdef"[v >> shift & 15];
    text[at] = 0;
    print(label);
    print(text);
}

static long filter(ExceptionPointers* pointers) {
    HANDLE file = CreateFileA(output, 0x40000000, 0, nullptr, 2, 0, nullptr);
    DumpExceptionInformation information = {GetCurrentThreadId(), pointers, 0};
    // MiniDumpWithHandleData | MiniDumpWithUnloadedModules | MiniDumpWithThreadInfo
    int ok = MiniDumpWriteDump(GetCurrentProcess(), GetCurrentProcessId(), file, 0x4 | 0x20 | 0x1000, &information, nullptr, nullptr);
    CloseHandle(file);
    print(ok ? "written\n" : "failed\n");
    alignas(16) static unsigned char context[1232];
    for (int i = 0; i < 1232; i++) context[i] = pointers->context[i];
    U64 &pc = *(U64*)(context + 0xf8), &sp = *(U64*)(context + 0x98);
    for (int i = 0; i < 32 && pc; i++) {
        U64 module = 0, base = 0, frame;
        void* data;
        GetModuleHandleExA(6, (const char*)pc, &module);  // from an address, without counting
        printHex("unwound", pc);
        printHex("", module ? pc - module : 0);
        print("\n");
        void* entry = RtlLookupFunctionEntry(pc, &base, nullptr);
        if (entry) {
            RtlVirtualUnwind(0, base, pc, entry, context, &data, &frame, nullptr);
        } else {
            pc = *(U64*)sp;
            sp += 8;
        }
    }
    while (notedCount) {
        printHex("noted", (U64)noted[--notedCount]);
        print("\n");
    }
    TerminateProcess(GetCurrentProcess(), 3);
    return 1;
}

static DWORD worker(void*) {
    for (;;) Sleep(100000);
}

NOINLINE static int callThrough(void (*f)()) {
    NOTE();
    f();
    return notedCount;
}

NOINLINE static int level(int n) {
    NOTE();
    volatile char pad[48];
    pad[n] = (char)n;
    if (n == 0) {
        if (mode[0] == 'c' && mode[1] == 'a') return callThrough((void (*)())0xdeadbee0) + pad[0];
        if (mode[0] == 'c') {
            const U64 arguments[4] = {0x19930520, (U64)&pad, 0x140001000, 0x140000000};
            RaiseException(0xE06D7363, 1, 4, arguments);  // what a C++ throw raises
        }
        return sceneEntry(7, (volatile int*)16) + pad[0];
    }
    return level(n - 1) + pad[n];
}

extern "C" int mainCRTStartup() {
    const char* from = GetCommandLineA();
    int n = 0;
    while (from[n] && n < 511) { command[n] = from[n]; n++; }
    char* words[8];
    int count = 0;
    for (char* p = command; *p && count < 8;) {
        while (*p == ' ') *p++ = 0;
        if (*p) words[count++] = p;
        while (*p && *p != ' ') p++;
    }
    output = words[count - 2];
    mode = words[count - 1];
    SetUnhandledExceptionFilter(filter);
    CreateThread(nullptr, 0, worker, nullptr, 0, nullptr);
    CreateThread(nullptr, 0, worker, nullptr, 0, nullptr);
    Sleep(100);
    volatile int r = level(4);  // no tail call: this function stays on the stack
    return r;
}
