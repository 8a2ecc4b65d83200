// A program without any library, for systems that this machine does not run: inlines, a virtual call, a template,
// recursion, a leaf, a call through a bad pointer, and on x86 functions that take their arguments off the stack.
// enter(mode) is the entry of the image.

#define NOINLINE __attribute__((noinline))
#define INLINE inline __attribute__((always_inline))
#if defined(__i386__)
#define CALLEE_POPS __attribute__((stdcall))
#else
#define CALLEE_POPS
#endif

#if defined(_WIN32)
extern "C" int _fltused = 0;
#endif

namespace core {

volatile int sink;

static INLINE void poke(volatile int* p, int x) {
    sink = sink + x;
    *p = x;  // the store that faults
}
static INLINE int deref(volatile int* p, int x) {
    poke(p, x);
    return *p + 1;
}

template <typename T>
struct Ring {
    NOINLINE int push(T a, volatile int* p) const { return deref(p, a) + (int)sizeof(T); }
};

struct Job {
    virtual int run(int depth, volatile int* p) = 0;
};

struct Session : Job {
    NOINLINE int run(int depth, volatile int* p) override {
        volatile char pad[64];
        pad[depth & 63] = (char)depth;
        if (depth == 0) {
            Ring<short> r;
            return r.push(7, p) * 3;
        }
        int n = run(depth - 1, p);
        return n + pad[depth & 63];
    }
};

// Argument areas of different sizes, one function above the other.
NOINLINE CALLEE_POPS int three(int a, int b, int c) {
    volatile int keep[3] = {a, b, c};
    *(volatile int*)0x20 = keep[1];  // params: faults here
    return keep[0] + keep[2];
}
NOINLINE CALLEE_POPS int five(int a, int b, int c, int d, int e) {
    volatile int keep = a ^ e;
    int r = three(b, c, d);
    return r + keep;
}
NOINLINE CALLEE_POPS int one(int a) {
    volatile int keep = a;
    int r = five(a, a + 1, a + 2, a + 3, a + 4);
    return r ^ keep;
}

NOINLINE void leaf(volatile int* p, int a) { *p = a; }

NOINLINE int callThrough(void (*f)()) {
    sink = sink + 1;
    f();
    return sink;
}

NOINLINE int pickAndRun(int mode) {
    volatile int before = mode;
    int r = 0;
    Session session;
    Job* volatile job = &session;
    switch (mode) {
        case 1: leaf((volatile int*)0x40, mode); break;
        case 2: r = callThrough((void (*)())0xdeadbee0); break;
        case 3: r = one(mode); break;
        case 4: r = callThrough(nullptr); break;
        default: r = job->run(3, (volatile int*)16); break;
    }
    return r + before;
}

}  // namespace core

extern "C" int enter(int mode) {
    int r = core::pickAndRun(mode);
    core::sink = r;
    return r + 1;
}
