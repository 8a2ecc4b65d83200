#!/bin/sh
# The Breakpad symbol file of an ELF file, put where a symbol store has it: STORE/name/ID/name.sym
# usage: elf_sym.sh DUMP_SYMS STORE FILE [debug=DEBUG_FILE] [name=NAME] [trim=GLOB of truth files]
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
dump_syms=$1 store=$2 file=$3
shift 3
debug='' name=$(basename "$file") trim=''
for x in "$@"; do
    case $x in debug=*) debug=${x#*=} ;; name=*) name=${x#*=} ;; trim=*) trim=${x#*=} ;; esac
done
work=$(mktemp -d)
if [ -n "$debug" ]; then
    llvm-objcopy-19 --decompress-debug-sections "$debug" "$work/debug"
    eu-unstrip -o "$work/whole" "$file" "$work/debug"
    file=$work/whole
fi
"$dump_syms" -d -n "$name" "$file" > "$work/sym" 2> "$work/log" || { tail -3 "$work/log" >&2; exit 1; }
id=$(head -1 "$work/sym" | cut -d' ' -f4)
mkdir -p "$store/$name/$id"
if [ -n "$trim" ]; then
    python3 "$tools/trim_sym.py" "$work/sym" "$store/$name/$id/$name.sym" "$name" $trim
else
    cp "$work/sym" "$store/$name/$id/$name.sym"
fi
rm -rf "$work"
