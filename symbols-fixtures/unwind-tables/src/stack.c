/* Functions whose prologues and epilogues differ: what unwind tables say about each instruction of them. */
#include <stdarg.h>

extern int outside(int, void *);
extern void never(int) __attribute__((noreturn));

int leaf(int a) { return a * 3 + 1; }

/* An early return before anything is pushed. */
int shrink(int a, int *p) {
    if (!p) return a;
    int sum = 0;
    for (int i = 0; i < a; i++) sum += outside(p[i], p) * i;
    return sum;
}

/* The stack pointer moves by an amount that only the program knows. */
int moved(int n) {
    int *p = __builtin_alloca(n * sizeof *p);
    outside(n, p);
    return p[0] + outside(p[n - 1], p);
}

/* Larger than a constant that an instruction can hold. */
int large(int n) {
    int p[5000];
    outside(n, p);
    return p[n];
}

int variadic(int n, ...) {
    va_list list;
    va_start(list, n);
    int sum = 0;
    while (n-- > 0) sum += outside(va_arg(list, int), 0);
    va_end(list);
    return sum;
}

int tail(int a, int b) { return outside(outside(a, 0) + b, 0); }

int choose(int a, int *p) {
    int before = outside(a, p);
    switch (a) {
    case 0: return outside(1, p) + before;
    case 1: p[0] = outside(7, p); break;
    case 2: p[1] = outside(9, p); break;
    case 3: return before;
    case 4: p[2] = outside(11, p) + outside(12, p); break;
    case 5: p[3] = 5; break;
    case 6: outside(2, p); break;
    }
    return outside(before, p);
}

double saved(double x, double y, int n) {
    double sum = x;
    for (int i = 0; i < n; i++) sum += y * outside(i, &sum);
    return sum * x;
}

int checked(int a) {
    if (a < 0) never(a);
    return outside(a, 0) + 1;
}

int program(void) { return leaf(1) + shrink(2, 0) + moved(3) + large(4) + variadic(1, 2) + tail(1, 2); }
