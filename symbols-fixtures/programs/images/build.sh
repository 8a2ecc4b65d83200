#!/bin/sh
# Builds core.cpp for Windows (x64, x86, arm64; with PDB) and Apple (iOS and macOS arm64, macOS x86-64; with dSYM).
# usage: build.sh OUT        needs clang-19 lld-19 llvm-19; a second run gives the same bytes
set -eu
bin=/usr/lib/llvm-19/bin
src=$(cd "$(dirname "$0")/src" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
common="-g -O2 -fno-exceptions -fno-rtti -ffreestanding -fno-stack-protector -fasynchronous-unwind-tables"

windows() { # name triple machine flag
    mkdir -p "$out/$1" && cd "$out/$1"
    $bin/clang++ --target=$2 $common $4 -gcodeview -gno-codeview-command-line "-ffile-prefix-map=$src=C:\\src" \
        -fdebug-compilation-dir=C:\\src -c "$src/core.cpp" -o core.obj
    $bin/lld-link /nodefaultlib /debug /Brepro '/pdbsourcepath:C:\src' /pdbaltpath:%_PDB% /machine:$3 /opt:ref,noicf \
        /subsystem:console /entry:enter core.obj /out:core.exe /pdb:core.pdb
}
apple() { # name triple architecture platform minimum sdk
    mkdir -p "$out/$1" && cd "$out/$1"
    $bin/clang++ --target=$2 $common -nostdlibinc "-ffile-prefix-map=$src=/src" -fdebug-compilation-dir=/src -c "$src/core.cpp" -o core.o
    # Without -oso_prefix the UUID would depend on where it is built.
    $bin/ld64.lld -oso_prefix "$out/$1" -arch $3 -platform_version $4 $5 $6 -e _enter "$src/libSystem.tbd" core.o -o core
    $bin/dsymutil "--oso-prepend-path=$out/$1" core -o core.dSYM
}

windows windows-x64 x86_64-pc-windows-msvc x64 ''
windows windows-x86 i686-pc-windows-msvc x86 ''
windows windows-arm64 aarch64-pc-windows-msvc arm64 -fno-omit-frame-pointer  # as MSVC does there
apple macos-arm64 arm64-apple-macos11 arm64 macos 11.0 13.0
apple macos-x86_64 x86_64-apple-macos11 x86_64 macos 11.0 13.0
apple ios-arm64 arm64-apple-ios13 arm64 ios 13.0 16.0
