#!/bin/sh
# Builds the libraries with Debian's cross compilers (gcc-12, packages gcc-arm-linux-gnueabihf and gcc-aarch64-linux-gnu).
set -eu
cd "$(dirname "$0")"
common="-g -O2 -fPIC -shared -nostdlib -ffile-prefix-map=$PWD=. -Wl,--build-id=sha1 -Wl,-z,noexecstack -Wl,-z,max-page-size=4096"
arm=arm-linux-gnueabihf
# .ARM.exidx for every function, and .debug_frame, which is exact at every instruction.
$arm-gcc $common -mthumb -funwind-tables src/stack.c -o thumb.so
$arm-gcc $common -marm -funwind-tables -fno-omit-frame-pointer src/stack.c -o arm-fp.so
# C without unwind tables: the table has one entry, for assembler code, that nothing can be unwound.
$arm-gcc -c -mthumb src/first.s -o first.o
$arm-gcc $common -mthumb -fno-unwind-tables -fno-asynchronous-unwind-tables first.o src/stack.c -o cantunwind.so
rm first.o
# Signed return addresses.
aarch64-linux-gnu-gcc $common -mbranch-protection=standard src/stack.c -o arm64-pac.so
gcc $common src/stack.c -o x86_64.so
# A debug file beside its stripped image.
$arm-objcopy --only-keep-debug thumb.so thumb.so.debug
$arm-strip -o thumb-stripped.so thumb.so
