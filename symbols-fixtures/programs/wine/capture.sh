#!/bin/sh
# Every dump of the set wine: dbghelp's MiniDumpWriteDump as Wine has it.
# usage: capture.sh BUILD PREFIX OUT STORE      PREFIX is made if there is none
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
build=$1 prefix=$2
mkdir -p "$3" "$4"
out=$(cd "$3" && pwd) store=$(cd "$4" && pwd)
wine_() { env -i PATH=/usr/bin:/bin HOME=/build "WINEPREFIX=$prefix" WINEDEBUG=-all timeout 60 "$@" 2> /dev/null; }
[ -d "$prefix" ] || wine_ wineboot -i > /dev/null
# A directory without the PDBs, so that dbghelp does not read them.
mkdir -p "$build/run" && cd "$build/run"
cp ../crash.exe ../scene.dll .
for mode in null cpp; do
    wine_ wine crash.exe $mode.dmp $mode > $mode.txt || true  # it ends itself with 3
    python3 "$tools/scrub.py" $mode.dmp
    python3 "$tools/add_codeview.py" $mode.dmp "$out/x64-$mode.dmp" crash.exe scene.dll
    python3 "$tools/wine_truth.py" $mode.txt $mode.dmp "$out/x64-$mode.truth.json" ../crash.exe ../scene.dll
done
# As Wine wrote it, without CodeView records: modules can be found by code id only.
cp null.dmp "$out/x64-null-nocv.dmp"
cp "$out/x64-null.truth.json" "$out/x64-null-nocv.truth.json"
for f in crash.exe scene.dll; do
    python3 "$tools/image_sym.py" "$build/$f" "$build/$f" "$store" "${f%.*}.pdb"
done
# Without a CodeView record the time stamp and size are all there is: stores of PE files are laid out by them.
for f in crash.exe scene.dll; do
    sym=$(echo "$store/${f%.*}.pdb"/*/"${f%.*}.sym")
    code=$(sed -n 's/^INFO CODE_ID \([^ ]*\).*/\1/p' "$sym")
    mkdir -p "$store/$f/$code"
    cp "$sym" "$store/$f/$code/${f%.*}.sym"
done
