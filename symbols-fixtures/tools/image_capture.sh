#!/bin/sh
# Runs one mode of an image under imgrun and gdb_shadow.
# usage: image_capture.sh IMGRUN QEMU(or -) IMAGE DEBUG SLIDE MODE OS FAULT NAME OUT(without suffix)
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
imgrun=$1 qemu=$2 image=$3 debug=$4 slide=$5 mode=$6 os=$7 fault=$8 name=$9
shift 9
out=$1
run=''
[ "$qemu" = - ] || run=$qemu
where=$( (ulimit -c 0; env -i $(command -v ${run:-env}) "$imgrun" "$image" $slide $mode 2> /dev/null || true) | head -1)
set -- $where
python3 "$tools/image.py" "$image" "$debug" "$name" $1 $2 > "$out.json"
g="gdb-multiarch -q -batch -nx"
if [ "$qemu" = - ]; then
    # The image is not mapped when gdb starts: a hardware breakpoint needs no memory.
    timeout 100 $g -ex 'set pagination off' -ex 'set confirm off' -ex 'set environment A=b' -ex 'unset environment' -ex "file $imgrun" \
        -ex "starti $image $slide $mode > /dev/null" -ex "thbreak *$3" -ex continue -x "$tools/gdb_shadow.py" \
        -ex "shadow $out $os $fault $out.json" -ex kill > "$out.log" 2>&1 || true
else
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
    (exec env -i $(command -v $qemu) -g $port "$imgrun" "$image" $slide $mode) > /dev/null 2>&1 &
    pid=$!
    sleep 0.4
    timeout 100 $g -ex 'set pagination off' -ex 'set confirm off' -ex "file $imgrun" -ex "target remote :$port" -ex "tbreak *$3" \
        -ex continue -x "$tools/gdb_shadow.py" -ex "shadow $out $os $fault $out.json" -ex kill > "$out.log" 2>&1 || true
    kill $pid 2> /dev/null || true
    wait $pid 2> /dev/null || true
fi
grep '^captured' "$out.log" || { tail -5 "$out.log" >&2; exit 1; }
rm -f "$out.json" "$out.log"
