#!/bin/sh
# Symbol files of the program, of its library, and of what libc has on the stacks of the dumps.
# usage: symbols.sh DUMP_SYMS BUILD SYSROOTS DUMPS STORE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
dump_syms=$1 build=$2 roots=$3 dumps=$4 store=$5
for arch in amd64 i386 arm64 armhf; do
    for fp in nofp fp; do
        for f in crash libscene.so; do "$tools/elf_sym.sh" "$dump_syms" "$store" "$build/$arch-$fp/$f"; done
    done
    if [ $arch = arm64 ]; then
        for f in crash libscene.so; do "$tools/elf_sym.sh" "$dump_syms" "$store" "$build/arm64-pac/$f"; done
    fi
    libc=$(ls "$roots/$arch"/lib/*-linux-gnu*/libc.so.6)
    id=$(readelf -n "$libc" | sed -n 's/.*Build ID: //p')
    debug=$roots/$arch/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug
    "$tools/elf_sym.sh" "$dump_syms" "$store" "$libc" debug="$debug" trim="$dumps/$arch-*.truth.json"
done
# The same vDSO has two names: Breakpad says linux-gate.so, Crashpad what the vDSO says of itself.
for name in linux-gate.so linux-gate.so.1; do
    "$tools/elf_sym.sh" "$dump_syms" "$store" "$build/i386.vdso" name=$name
done
