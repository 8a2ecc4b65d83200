// libscene.so: inlined calls, a virtual call, a template, recursion, a leaf, a function that ends in a call.
#include "scene.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#define NOINLINE __attribute__((noinline, noclone))
#define INLINE inline __attribute__((always_inline))

namespace game {

Sink sink;

static INLINE void poke(volatile int* p, int x) {
    sink.v ^= x;  // not the store first: gdb hides an inlined call that has only begun
    *p = x;       // null: faults here, two inlined calls deep
}
static INLINE void writeThrough(int* p, int x) {
    sink.v += x;
    poke(p, x + 1);
}

template <typename T>
struct Holder {
    T value;
    NOINLINE int apply(int dt, int* out) {
        int r = value->update(dt, out);
        sink.v += r;
        return r + 1;
    }
};

struct Npc : Entity {
    char name[32];
    NOINLINE int update(int dt, int* out) override {
        char buf[64];
        std::snprintf(buf, sizeof buf, "%s:%d", name, dt);
        sink.v += buf[0];
        writeThrough(out, dt);
        return sink.v + buf[1];
    }
};

namespace {
NOINLINE int recurse(int n, Holder<std::unique_ptr<Entity>>& h, int* out) {
    volatile int local[8];
    for (int i = 0; i < 8; i++) local[i] = n + i;
    int r = n == 0 ? h.apply(7, out) : recurse(n - 1, h, out);
    return r + local[n & 7];
}
}  // namespace

NOINLINE int runScene(const std::vector<std::string>& args, int* out) {
    Npc* npc = new Npc;
    Holder<std::unique_ptr<Entity>> h{std::unique_ptr<Entity>(npc)};
    std::strcpy(npc->name, args.empty() ? "x" : args[0].substr(0, 8).c_str());
    return recurse(3, h, out) + (int)args.size();
}

// Calls nothing and keeps nothing: on ARM its return address is only in LR.
NOINLINE int storeLeaf(int* p, int a, int b) {
    *p = a * b;  // leaf: faults here
    return a + b;
}

// The call to abort is the last instruction, so the return address lies past the end of the function.
NOINLINE void fail(const char* what) {
    sink.v += what[0];
    std::abort();
}

}  // namespace game
