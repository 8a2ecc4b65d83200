#!/bin/sh
# Every dump of the set linux-clients: Breakpad's client and Crashpad's handler on four architectures, and their truth.
# usage: capture_clients.sh BUILD SYSROOTS CLIENTS HANDLERS KERNELS OUT GDB_DUMPS
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
build=$1 roots=$2 clients=$3 handlers=$4 kernels=$5 out=$6 gdb=$7
modes="null abort callbad worker"
mkdir -p "$out"
for arch in amd64 i386; do
    export SYSROOT="$roots/$arch"
    for mode in $modes; do
        for kind in breakpad crashpad; do
            "$tools/client_native.sh" $kind "$build/$arch-nofp/crash" "$clients/$arch/lib${kind}_client.so" \
                "$handlers/$arch/usr/lib/chromium/chrome_crashpad_handler" "$out/$kind-$arch-$mode.dmp" $mode
        done
    done
done
for arch in arm64 armhf; do
    export SYSROOT="$roots/$arch"
    "$tools/client_qemu.sh" $arch "$build/$arch-nofp/crash" "$clients/$arch" \
        "$handlers/$arch/usr/lib/chromium/chrome_crashpad_handler" "$kernels/$arch"/boot/vmlinuz-* "$kernels/$arch/bin/busybox" "$out" $modes
done
chmod 644 "$out"/*.dmp
for dump in "$out"/*.dmp; do
    name=$(basename "$dump" .dmp)
    rest=${name#*-}
    arch=${rest%%-*} mode=${rest#*-}
    python3 "$tools/scrub.py" "$dump"
    python3 "$tools/rebase_truth.py" "$dump" "$gdb/$arch-nofp-$mode.truth.json" "$out/$name.truth.json"
done
