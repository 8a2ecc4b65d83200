#!/bin/sh
# A crash of an x86 or x86-64 program caught by a real client, in a root directory of its own.
# usage: client_native.sh breakpad|crashpad PROGRAM CLIENT.so HANDLER OUT.dmp MODE
# SYSROOT holds libraries (for Crashpad also zlib1g); PROGRAM keeps its path there. HANDLER is - for Breakpad.
set -eu
kind=$1 program=$2 client=$3 handler=$4 out=$5 mode=$6
dir=$(dirname "$program")
mkdir -p "$SYSROOT$dir" "$SYSROOT/proc" "$SYSROOT/dev" "$SYSROOT/crash/db"
rm -rf "$SYSROOT"/crash/db/* "$SYSROOT"/crash/db/.??*
cp "$dir"/* "$SYSROOT$dir/"
cp "$client" "$SYSROOT/crash/client.so"
[ "$handler" = - ] || cp "$handler" "$SYSROOT/crash/handler"
mountpoint -q "$SYSROOT/proc" || mount -t proc proc "$SYSROOT/proc"
[ -e "$SYSROOT/dev/null" ] || mknod "$SYSROOT/dev/null" c 1 3
[ -e "$SYSROOT/dev/urandom" ] || mknod "$SYSROOT/dev/urandom" c 1 9
if [ "$kind" = breakpad ]; then
    set -- BREAKPAD_DIR=/crash/db
else
    set -- CRASHPAD_DB=/crash/db CRASHPAD_HANDLER=/crash/handler
fi
# The preload path exists in the root only: chroot itself, outside, ignores it.
(ulimit -c 0; cd / && env -i "$@" LD_PRELOAD=/crash/client.so /usr/sbin/chroot "$SYSROOT" "$program" "$mode" > /dev/null 2>&1) || true
cp "$(find "$SYSROOT/crash/db" -name '*.dmp' | head -1)" "$out"
echo "caught $out $(stat -c %s "$out")"
