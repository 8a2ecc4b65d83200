// C++: namespaces, a template, a virtual call, lambdas, inlined calls with other code between them.
#include "shapes.h"

volatile int sink;

namespace shapes {
namespace {

struct Square : Shape {
    int side;
    explicit Square(int n) : side(n) {}
    NOINLINE int area(int n) override {
        volatile int here = side * n;
        Ring<int> ring;
        int r = ring.push(here, &sink);  // inlined here …
        if (n > 100) {
            for (int i = 0; i < n; i++) sink = sink ^ i;
            r += ring.push(n, &here);  // … and here, with a loop between
        }
        return r;
    }
};

NOINLINE int hidden(int n) {
    return n ? hidden(n - 1) + sink : 1;
}

}  // namespace

NOINLINE int shared(int n) {
    auto twice = [n](int x) __attribute__((noinline)) { return deref(&sink, x) * n; };
    Ring<short> ring;
    return twice(n) + ring.far(3, &sink) + hidden(n);
}

}  // namespace shapes

extern "C" NOINLINE int measure(int n) {
    shapes::Square square(n);
    shapes::Shape* volatile shape = &square;
    return shape->area(n + 1);
}
