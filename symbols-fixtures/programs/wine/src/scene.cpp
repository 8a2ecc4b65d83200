// scene.dll: the module that crashes, called from another.
#define NOINLINE __attribute__((noinline))
#define INLINE inline __attribute__((always_inline))

extern "C" int _fltused = 0;

namespace scene {

volatile int sink;

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
    NOINLINE int push(T a, volatile int* p) const { return deref(p, a) + (int)sizeof(T); }
};
NOINLINE int middle(int n, volatile int* p) {
    Ring<short> r;
    return r.push((short)n, p) * 3;
}

}  // namespace scene

extern "C" __declspec(dllexport) int sceneEntry(int n, volatile int* p) { return scene::middle(n, p) ^ 0x55; }

extern "C" int _DllMainCRTStartup(void*, unsigned, void*) { return 1; }
