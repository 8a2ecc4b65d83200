// C: a static function that is called from another file by what it returns, and code on no line.
extern volatile int sink;
extern int measure(int n);
extern int routine(int n);
extern int methods(int n);
extern int shared_twice(int n);

static __attribute__((noinline)) int local(int n) {
    sink = n;
    return sink + 1;
}

#line 700 "generated.inc"
__attribute__((noinline)) int generated(int n) {
    sink = n * 3;
    return local(sink);
}
#line 20 "plain.c"

int main(int argc, char** argv) {
    (void)argv;
    return measure(argc) + routine(argc) + methods(argc) + generated(argc) + shared_twice(argc);
}
