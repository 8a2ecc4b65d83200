// In place of the methods that Apple's programs have.
extern volatile int sink;

int methods(int n) {
    sink = n;
    return sink;
}

// Called when an abstract class is used.
void __cxa_pure_virtual(void) {
    __builtin_trap();
}
