#!/bin/sh
# Builds ../apple/src and src/ for ELF systems; the names of the folders say for which processor, by which compiler, how.
# usage: build.sh        needs gcc g++ binutils (Debian 12); a second run gives the same bytes
set -eu
here=$(cd "$(dirname "$0")" && pwd)
shared=$(cd "$here/../apple/src" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
common="-O2 -fno-exceptions -nostdinc -fno-stack-protector -fPIE -fdebug-prefix-map=$out=/src/gauge"

# The image without its debug information, which is in a file of its own.
split() { # name
    mkdir -p "$here/$1"
    objcopy --only-keep-debug gauge "$here/$1/gauge.debug"
    objcopy --strip-all "--add-gnu-debuglink=$here/$1/gauge.debug" gauge "$here/$1/gauge"
}

gnu() { # name flags…
    name=$1
    shift
    mkdir -p "$out/work" && cd "$out/work"
    cp "$shared"/*.h "$shared"/*.c "$shared"/*.cpp "$here"/src/* .
    for file in shapes second; do
        g++ $common "-fdebug-prefix-map=$out/work=/src/gauge" -fno-rtti -std=c++17 "$@" -c $file.cpp -o $file.o
    done
    for file in plain methods; do
        gcc $common "-fdebug-prefix-map=$out/work=/src/gauge" "$@" -c $file.c -o $file.o
    done
    gcc -g "-fdebug-prefix-map=$out/work=/src/gauge" -c routine-x86_64.s -o routine.o
    gcc -nostdlib -pie -Wl,--gc-sections -Wl,-e,main -Wl,--build-id=sha1 "$@" \
        shapes.o second.o plain.o methods.o routine.o -o gauge
    split "$name"
    rm -rf "$out/work"
}

gnu x86_64-gcc-dwarf5 -gdwarf-5 -ffunction-sections
