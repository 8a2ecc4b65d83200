// The shared library's face: a scene of entities that is updated, and the places where it goes wrong.
#pragma once
#include <string>
#include <vector>

namespace game {

struct Sink { volatile int v; };
extern Sink sink;

// Polymorphic, so that the update goes through a vtable in another module.
struct Entity {
    virtual ~Entity() {}
    virtual int update(int dt, int* out) = 0;
};

int runScene(const std::vector<std::string>& args, int* out);
int storeLeaf(int* p, int a, int b);
[[noreturn]] void fail(const char* what);

}  // namespace game
