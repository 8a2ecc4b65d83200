#!/bin/sh
# Builds the program and its library for one architecture, with or without frame pointers.
# usage: build.sh amd64|i386|arm64|armhf fp|nofp|pac OUT        pac: arm64 with signed return addresses
set -eu
src=$(cd "$(dirname "$0")/src" && pwd)
arch=$1 fp=$2 out=$3
case $arch in
    amd64) cxx=x86_64-linux-gnu-g++ ;;
    i386) cxx=i686-linux-gnu-g++ ;;
    arm64) cxx=aarch64-linux-gnu-g++ ;;
    armhf) cxx=arm-linux-gnueabihf-g++ ;;  # Thumb-2 by default
esac
case $fp in
    fp) fpflag=-fno-omit-frame-pointer ;;
    nofp) fpflag=-fomit-frame-pointer ;;
    pac) fpflag="-fno-omit-frame-pointer -mbranch-protection=standard" ;;
esac
mkdir -p "$out"
cd "$out"
# DWARF 4, since Breakpad's dump_syms loses functions in GCC's DWARF 5.
flags="-g -gdwarf-4 -O2 $fpflag -fno-stack-protector -ffile-prefix-map=$src=/src -ffile-prefix-map=$out=/build"
$cxx $flags -fPIC -shared -Wl,--build-id=sha1 -Wl,-soname,libscene.so "$src/scene.cpp" -o libscene.so
$cxx $flags -Wl,--build-id=sha1 "$src/crash.cpp" -L. -lscene -pthread -Wl,-rpath,"$out" -o crash
