#!/bin/sh
# The libraries that are preloaded into the program: Breakpad's client and ours for the Crashpad handler.
# usage: clients.sh ARCH BREAKPAD_SOURCE OUT     (BREAKPAD_SOURCE with src/third_party/lss; built in a copy)
set -eu
src=$(cd "$(dirname "$0")/src" && pwd)
arch=$1 breakpad=$2 out=$3
more=  # 32-bit clients without large files corrupt their heap
case $arch in
    amd64) triple=x86_64-linux-gnu ;;
    i386) triple=i686-linux-gnu more=-D_FILE_OFFSET_BITS=64 ;;
    arm64) triple=aarch64-linux-gnu ;;
    armhf) triple=arm-linux-gnueabihf more=-D_FILE_OFFSET_BITS=64 ;;
esac
mkdir -p "$out"
$triple-g++ -O2 -fPIC -shared -Wl,--build-id=sha1 "$src/crashpad_client.cpp" -o "$out/libcrashpad_client.so"
if [ ! -f "$out/breakpad/libbreakpad_client.a" ]; then
    mkdir -p "$out/breakpad"
    (
        cd "$out/breakpad"
        "$breakpad/configure" --host=$triple --disable-processor --disable-tools
        make CXX=$triple-g++ CXXFLAGS="-O2 -fPIC -Wno-error -std=c++17 $more" src/client/linux/libbreakpad_client.a
        mv src/client/linux/libbreakpad_client.a .
    ) > "$out/breakpad.log" 2>&1
fi
$triple-g++ -O2 -std=c++17 $more -fPIC -shared -Wl,--build-id=sha1 "-I$breakpad/src" "$src/breakpad_client.cpp" \
    "$out/breakpad/libbreakpad_client.a" -pthread -o "$out/libbreakpad_client.so"
