#!/bin/sh
# Runs an x86 or x86-64 program in a root directory of its own under gdb until a signal stops it, and captures it.
# usage: native_capture.sh PROGRAM OUT(without suffix) OS FAULT MODE [key=value for capture]…
# SYSROOT holds libraries and libc6-dbg; PROGRAM and its libraries are copied there under the same path.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
program=$1 out=$2 os=$3 fault=$4 mode=$5
shift 5
dir=$(dirname "$program")
mkdir -p "$SYSROOT$dir"
cp "$dir"/* "$SYSROOT$dir/"
# chroot as gdb's wrapper, and no environment: nothing of the machine reaches the stack.
timeout 60 gdb-multiarch -q -batch -nx -ex 'set pagination off' -ex 'set confirm off' -ex 'set debuginfod enabled off' \
    -ex 'set backtrace past-main on' -ex "set sysroot $SYSROOT" -ex "set debug-file-directory $SYSROOT/usr/lib/debug" \
    -ex "set auto-load safe-path /nonexistent" -ex 'set cwd /' -ex 'set environment A=b' -ex 'unset environment' \
    -ex "set exec-wrapper /usr/sbin/chroot $SYSROOT" -ex "file $program" -x "$tools/gdb_capture.py" \
    -ex "run $mode > /dev/null" -ex "capture $out.dmp $out.truth.json $os $fault $*" -ex 'bt -30' -ex kill > "$out.log" 2>&1 || true
grep -E '^captured' "$out.log" || { echo "no dump: $out" >&2; tail -5 "$out.log" >&2; exit 1; }
