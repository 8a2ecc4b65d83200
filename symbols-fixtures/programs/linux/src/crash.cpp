// A program that fails in the way its first argument names, with three named threads waiting beside it.
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "scene.h"

#define NOINLINE __attribute__((noinline, noclone))

// Thread ids and names, kept where a debugger finds them.
struct ThreadName { int tid; char name[16]; };
ThreadName threadNames[8];

namespace game {

// overflow: one function without end.
NOINLINE int overflow(int n) {
    volatile char pad[256];
    pad[0] = (char)n;
    int r = overflow(n + 1);
    return r + pad[n & 255];
}

// pingpong: a cycle of three functions without end.
int ping(int n);
NOINLINE int middle(int n) {
    volatile char pad[96];
    pad[0] = (char)n;
    int r = ping(n + 1);
    return r + pad[n & 63];
}
NOINLINE int pong(int n) {
    volatile char pad[160];
    pad[0] = (char)n;
    int r = middle(n + 1);
    return r + pad[n & 63];
}
NOINLINE int ping(int n) {
    volatile char pad[64];
    pad[0] = (char)n;
    int r = pong(n + 1);
    return r + pad[n & 63];
}

NOINLINE void callThrough(void (*f)()) {
    sink.v++;
    f();  // callnull, callbad: the program counter leaves every module here
    sink.v++;
}

// The trap is the function's last instruction; the caller ends in the call.
[[noreturn]] NOINLINE void unreachable(int why) {
    sink.v += why;
    __builtin_trap();
}

}  // namespace game

static pthread_barrier_t ready;

static void nameThread(int slot, const char* name) {
    pthread_setname_np(pthread_self(), name);
    threadNames[slot].tid = (int)syscall(SYS_gettid);
    std::strncpy(threadNames[slot].name, name, 15);
}

static NOINLINE void waitForWork(int id) {
    pthread_barrier_wait(&ready);
    for (;;) {
        game::sink.v += id;
        sleep(1);
    }
}

static void* worker(void* p) {
    static const char* const names[] = {"", "render", "audio-mixer", "io"};
    int id = (int)(long)p;
    nameThread(id, names[id]);
    waitForWork(id);
    return nullptr;
}

static void* crashingWorker(void*) {
    nameThread(4, "doomed");
    game::storeLeaf(nullptr, 3, 5);
    return nullptr;
}

// A runaway recursion, on a stack so small that it fits a small dump whole.
static void* recursingWorker(void* p) {
    nameThread(4, "deep");
    int r = p ? game::ping(0) : game::overflow(0);
    game::sink.v += r;
    return nullptr;
}

static void runThread(void* (*body)(void*), void* argument, size_t stack) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, stack)) pthread_attr_setstacksize(&attributes, 131072);  // arm64 wants more
    pthread_t t;
    pthread_create(&t, &attributes, body, argument);
    pthread_join(t, nullptr);
}

static NOINLINE int run(const char* mode, int argc, char** argv) {
    std::vector<std::string> args(argv + 1, argv + argc);
    if (!std::strcmp(mode, "abort")) game::fail(argv[1]);
    if (!std::strcmp(mode, "overflow")) runThread(recursingWorker, nullptr, 32768);
    if (!std::strcmp(mode, "pingpong")) runThread(recursingWorker, argv, 32768);
    if (!std::strcmp(mode, "callnull")) game::callThrough(nullptr);
    if (!std::strcmp(mode, "callbad")) game::callThrough((void (*)())(unsigned long)0xdeadbee0);
    if (!std::strcmp(mode, "leaf")) return game::storeLeaf((int*)0x1230, argc, argc + 1);
    if (!std::strcmp(mode, "trap")) game::unreachable(argc);
    if (!std::strcmp(mode, "worker")) runThread(crashingWorker, nullptr, 65536);
    return game::runScene(args, nullptr);
}

int main(int argc, char** argv) {
    nameThread(0, "crash");
    pthread_barrier_init(&ready, nullptr, 4);
    for (long i = 1; i <= 3; i++) {
        pthread_t t;
        pthread_create(&t, nullptr, worker, (void*)i);
    }
    pthread_barrier_wait(&ready);
    usleep(50000);  // lets the workers reach their sleep
    int r = run(argc > 1 ? argv[1] : "null", argc, argv);
    game::sink.v += r;  // no tail call: main stays on the stack
    return r;
}
