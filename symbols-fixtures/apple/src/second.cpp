// A second user of the header: the same inlined functions in another unit.
#include "shapes.h"

extern "C" NOINLINE int shared_twice(int n) {
    shapes::Ring<long> ring;
    return shapes::shared(n) + ring.far(n, &sink) + ring.push(n, &sink);
}

// Called by nobody: the linker leaves it out, its debug information stays.
extern "C" NOINLINE __attribute__((visibility("hidden"))) int dead(int n) {
    return shapes::deref(&sink, n) * 17;
}
