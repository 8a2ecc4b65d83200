// What the other sources call, and a loop that folds with another of the same code.
extern volatile int sink;

// What a compiler expects to be there: Microsoft's, and GCC for Windows.
int _fltused;
void __main(void) {}

__attribute__((noinline)) static int step(int n) {
    return sink + n;
}

int routine(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += step(i);
    return sum;
}

// Of the same code as the next: a linker may give both one address.
__attribute__((noinline)) int first_of_two(int n) {
    sink = n + 7;
    return sink * 3;
}

__attribute__((noinline)) int second_of_two(int n) {
    sink = n + 7;
    return sink * 3;
}

int methods(int n) {
    return first_of_two(n) - second_of_two(n + 1);
}
