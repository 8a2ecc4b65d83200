#pragma once
#define NOINLINE __attribute__((noinline))
#define INLINE inline __attribute__((always_inline))

extern "C" volatile int sink;
extern "C" int measure(int n);
extern "C" int routine(int n);
extern "C" int methods(int n);

namespace shapes {

// Inlined three deep wherever it is used, in several files.
static INLINE void poke(volatile int* p, int x) {
    sink = sink + x;
    *p = x;
}
static INLINE int deref(volatile int* p, int x) {
    poke(p, x);
    return *p + 1;
}
template <typename T>
struct Ring {
    T slots[4];
    INLINE int push(T a, volatile int* p) {
        slots[a & 3] = a;
        return deref(p, a) + (int)sizeof(T);
    }
    NOINLINE int far(T a, volatile int* p) { return push(a, p) * 2; }
};

struct Shape {
    virtual int area(int n) = 0;
};

int shared(int n);

}  // namespace shapes
