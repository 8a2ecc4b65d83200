#!/bin/sh
# Runs a program under qemu-user until a signal stops it, and captures it through gdb.
# usage: qemu_capture.sh ARCH PROGRAM OUT(without suffix) OS FAULT MODE [key=value for capture]…
# SYSROOT holds the target's libraries and libc6-dbg; without it the program must be static.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
arch=$1 program=$2 out=$3 os=$4 fault=$5 mode=$6
shift 6
case $arch in amd64) q=qemu-x86_64 ;; i386) q=qemu-i386 ;; arm64) q=qemu-aarch64 ;; armhf) q=qemu-arm ;; esac
port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
root=${SYSROOT:-/}
dir=$(dirname "$program")
# An empty environment, so that nothing of the machine does.
(cd "$dir" && exec env -i $q ${QEMU_CPU:+-cpu $QEMU_CPU} -g $port ${SYSROOT:+-L $root} "$program" "$mode") > "$out.out" 2>&1 &
pid=$!
sleep 0.4
timeout 60 gdb-multiarch -q -batch -nx -ex 'set pagination off' -ex 'set confirm off' -ex 'set debuginfod enabled off' \
    -ex 'set backtrace past-main on' -ex "set sysroot $root" -ex "set debug-file-directory $root/usr/lib/debug" \
    -ex "set solib-search-path $dir" -ex "file $program" -ex "target remote :$port" -x "$tools/gdb_capture.py" -ex continue \
    -ex "capture $out.dmp $out.truth.json $os $fault $*" -ex 'bt -30' -ex kill > "$out.log" 2>&1 || true
kill $pid 2> /dev/null || true
wait $pid 2> /dev/null || true
grep -E '^captured' "$out.log" || { echo "no dump: $out" >&2; tail -5 "$out.log" >&2; exit 1; }
rm -f "$out.out"
