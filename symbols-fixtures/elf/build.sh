#!/bin/sh
# Builds ../apple/src and src/ for ELF systems; the names of the folders say for which processor, by which compiler, how.
# usage: build.sh        needs gcc g++ clang-19 lld-19 llvm-19 (Debian 12); a second run gives the same bytes, but for ids of
# split units, which GCC draws for those with unnamed namespaces
set -eu
here=$(cd "$(dirname "$0")" && pwd)
shared=$(cd "$here/../apple/src" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bin=/usr/lib/llvm-19/bin

# The image without its debug information, which is in a file of its own.
split() { # name options of objcopy for the debug file…
    name=$1
    shift
    mkdir -p "$here/$name"
    $bin/llvm-objcopy --only-keep-debug "$@" gauge "$here/$name/gauge.debug"
    $bin/llvm-objcopy --strip-all "--add-gnu-debuglink=$here/$name/gauge.debug" gauge "$here/$name/gauge"
}

start() {
    mkdir -p "$out/work" && cd "$out/work"
    cp "$shared"/*.h "$shared"/*.c "$shared"/*.cpp "$here"/src/* .
    common="-O2 -fno-exceptions -nostdinc -fno-stack-protector -fPIE -frandom-seed=1 -ffile-prefix-map=$out/work=/src/gauge"
}

gnu() { # name flags…
    name=$1
    shift
    start
    for file in shapes second; do
        g++ $common -fno-rtti -std=c++17 "$@" -c $file.cpp -o $file.o
    done
    for file in plain methods; do
        gcc $common "$@" -c $file.c -o $file.o
    done
    gcc -g "-fdebug-prefix-map=$out/work=/src/gauge" -c routine-x86_64.s -o routine.o
    gcc $common -nostdlib -pie -Wl,--gc-sections -Wl,-e,main -Wl,--build-id=sha1 "$@" \
        shapes.o second.o plain.o methods.o routine.o -o gauge
}

clang() { # name triple flags…
    name=$1 triple=$2
    shift 2
    start
    for file in shapes second; do
        $bin/clang --target=$triple $common -fno-rtti -std=c++17 -fdebug-compilation-dir=/src/gauge "$@" -c $file.cpp -o $file.o
    done
    for file in plain methods routine; do
        $bin/clang --target=$triple $common -fdebug-compilation-dir=/src/gauge "$@" -c $file.c -o $file.o
    done
    $bin/ld.lld -pie --gc-sections -e main --build-id=sha1 shapes.o second.o plain.o methods.o routine.o -o gauge
}

gnu x86_64-gcc-dwarf5 -gdwarf-5 -ffunction-sections
split x86_64-gcc-dwarf5

# The same without a build id: only the checksum in .gnu_debuglink ties the two files.
mkdir -p "$here/x86_64-gcc-debuglink" && cd "$here/x86_64-gcc-debuglink"
objcopy -R .note.gnu.build-id "$here/x86_64-gcc-dwarf5/gauge.debug" gauge.debug
objcopy -R .note.gnu.build-id -R .gnu_debuglink "$here/x86_64-gcc-dwarf5/gauge" gauge
objcopy --add-gnu-debuglink=gauge.debug gauge

gnu x86_64-gcc-lto -gdwarf-4 -flto -gz=zlib
split x86_64-gcc-lto

clang arm64-clang-dwarf5 aarch64-linux-gnu -gdwarf-5 -ffunction-sections
split arm64-clang-dwarf5 --compress-debug-sections=zstd

clang arm-clang-dwarf4 armv7-linux-gnueabihf -mthumb -gdwarf-4
split arm-clang-dwarf4 --compress-debug-sections=zlib

clang x86-clang-dwarf3 i686-linux-gnu -gdwarf-3
split x86-clang-dwarf3

# Split: the entries of units are in files of their own, or in a package of them.
gnu x86_64-gcc-split -gdwarf-4 -gsplit-dwarf -fdebug-types-section
split x86_64-gcc-split
cp *.dwo "$here/x86_64-gcc-split/"

clang arm64-clang-package aarch64-linux-gnu -gdwarf-5 -gsplit-dwarf -ffunction-sections
split arm64-clang-package
$bin/llvm-dwp *.dwo -o "$here/arm64-clang-package/gauge.dwp"

python3 "$here/truth.py"
