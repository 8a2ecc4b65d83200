#!/bin/sh
# Every dump of the set linux-gdb: four architectures, with and without frame pointers, the ways to fail.
# usage: capture.sh BUILD SYSROOTS OUT      (BUILD/ARCH-FP from build.sh, SYSROOTS/ARCH from sysroot.sh)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
build=$1 roots=$2 out=$3
mkdir -p "$out"
for arch in amd64 i386 arm64 armhf; do
    for fp in nofp fp; do
        modes="null:0 abort:0 overflow:sp leaf:0x1230"
        [ $fp = fp ] || modes="$modes callnull:0 callbad:0xdeadbee0 pingpong:sp trap:pc worker:0"
        for m in $modes; do
            mode=${m%%:*} fault=${m##*:}
            name=$out/$arch-$fp-$mode
            export SYSROOT="$roots/$arch"
            # One of arm64's recursions is whole (its threads have 128 KiB at least), the others are cut as real dumps are.
            [ $arch-$fp-$mode = arm64-nofp-overflow ] && limit=main=140000 || limit=
            case $arch in
                amd64 | i386)
                    KEEP_VDSO=$build/$arch.vdso "$tools/native_capture.sh" "$build/$arch-$fp/crash" "$name" linux $fault $mode $limit ;;
                *) "$tools/qemu_capture.sh" $arch "$build/$arch-$fp/crash" "$name" linux $fault $mode $limit ;;
            esac
        done
    done
done
# Signed return addresses. The functions must be those of the same failure without signatures.
export SYSROOT="$roots/arm64" QEMU_CPU=max
for m in null:0 abort:0 overflow:sp; do
    mode=${m%%:*}
    name=$out/arm64-pac-$mode
    "$tools/qemu_capture.sh" arm64 "$build/arm64-pac/crash" "$name" linux ${m##*:} $mode chain=1
    python3 "$tools/same_functions.py" "$name.truth.json" "$out/arm64-fp-$mode.truth.json"
done
