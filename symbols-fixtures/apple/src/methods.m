// Objective-C: a class, a method of an instance, one of the class, a block.
extern volatile int sink;
__attribute__((objc_root_class)) @interface Meter
+ (int)twice:(int)x;
- (int)inst:(int)x with:(volatile int *)p;
@end
@implementation Meter
+ (int)twice:(int)x {
    sink = x;
    return sink * 2;
}
- (int)inst:(int)x with:(volatile int *)p {
    int (^block)(int) = ^int(int y) {
        *p = y;
        return y + x;
    };
    return block(x) + [Meter twice:x];
}
@end
int methods(int n) {
    return [Meter twice:n];
}
