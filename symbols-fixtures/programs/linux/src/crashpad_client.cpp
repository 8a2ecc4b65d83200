// Preloaded into the program: on a fatal signal it starts a real Crashpad handler on its own process, as Crashpad's
// client does with StartHandlerAtCrash, and carries annotations where the handler looks for a module's.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What the handler reads of the crashed thread; addresses are 64 bits wide on every CPU.
struct __attribute__((packed)) ExceptionInformation {
    uint64_t siginfo;
    uint64_t context;
    int32_t thread;
};

struct Annotation {
    Annotation* next;
    const char* name;
    const void* value;
    uint32_t size;
    uint16_t type;  // 1 text, 0x8000 and above the program's own
};
struct AnnotationList {
    Annotation* end;
    Annotation head, tail;
};
struct Entry { char key[256], value[256]; };
struct Dictionary { Entry entries[64]; };

// Found through an ELF note named Crashpad.
struct CrashpadInfo {
    uint32_t signature, size, version, memory_cap, padding;
    uint8_t handler_behavior, forwarding, gather_memory, padding2;
    const void* extra_memory;
    const Dictionary* simple_annotations;
    const void* user_streams;
    const AnnotationList* annotations;
};

static Dictionary dictionary = {{{"build-type", "fixture"}, {"feature", "annotated modules"}}};
static const char level[] = "overworld";
static const unsigned char ring[] = {0x00, 0x01, 0xfe, 0xff, 0x7f, 0x80, 0x0a, 0x22, 0x5c, 0x00, 0xc3, 0x28};

extern AnnotationList annotationList;
static Annotation second = {&annotationList.tail, "ring-buffer", ring, sizeof ring, 0x8001};
static Annotation first = {&second, "level", level, sizeof level - 1, 1};
__attribute__((visibility("hidden"))) AnnotationList annotationList = {&annotationList.tail, {&first, "", nullptr, 0, 0}, {}};

extern "C" {
__attribute__((visibility("hidden"), used)) CrashpadInfo fixtureCrashpadInfo = {
    0x43506164, sizeof(CrashpadInfo), 1, 0, 0, 0, 0, 0, 0, nullptr, &dictionary, nullptr, &annotationList};
}

__asm__(
    ".pushsection .note.crashpad.info,\"a\",%note\n"
    ".balign 4\n"
    ".long 2f - 1f\n.long 4f - 3f\n.long 0x4f464e49\n"
    "1: .asciz \"Crashpad\"\n2: .balign 4\n"
#if __SIZEOF_POINTER__ == 8
    "3: .quad fixtureCrashpadInfo - 3b\n"
#else
    "3: .long fixtureCrashpadInfo - 3b\n"
#endif
    "4: .popsection\n");

static ExceptionInformation information;
static char database[256], exception[64];
static char* arguments[10];

static void crashed(int, siginfo_t* info, void* context) {
    information.siginfo = (uintptr_t)info;
    information.context = (uintptr_t)context;
    information.thread = (int32_t)syscall(SYS_gettid);
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);  // until the parent has allowed it to trace
        execv(arguments[0], arguments);
        _exit(127);
    }
    prctl(PR_SET_PTRACER, child, 0, 0, 0);
    int status;
    waitpid(child, &status, 0);
    _exit(99);
}

__attribute__((constructor)) static void install() {
    const char *handler = getenv("CRASHPAD_HANDLER"), *directory = getenv("CRASHPAD_DB");
    if (!handler || !directory) return;
    snprintf(exception, sizeof exception, "--trace-parent-with-exception=%p", (void*)&information);
    snprintf(database, sizeof database, "--database=%s", directory);
    static char product[] = "--annotation=prod=fixture", version[] = "--annotation=ver=1.2.3", channel[] = "--annotation=channel=beta";
    static char self[256];
    strncpy(self, handler, sizeof self - 1);
    char* all[] = {self, database, product, version, channel, exception};
    for (int i = 0; i < 6; i++) arguments[i] = all[i];
    static char stack[65536];
    stack_t alternative = {};
    alternative.ss_sp = stack;
    alternative.ss_size = sizeof stack;
    sigaltstack(&alternative, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = crashed;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS, SIGTRAP};
    for (int s : signals) sigaction(s, &action, nullptr);
}
