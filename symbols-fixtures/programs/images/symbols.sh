#!/bin/sh
# Symbol files of the images. SYMBOLIC_PYTHON runs PyPI's symbolic, which reads Mach-O's compact unwind information.
# usage: symbols.sh BUILD STORE SYMBOLIC_PYTHON
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
build=$1 store=$2 python=$3
for image in windows-x64 windows-x86 windows-arm64; do
    python3 "$tools/image_sym.py" "$build/$image/core.exe" "$build/$image/core.exe" "$store" core.pdb
done
for image in macos-x86_64 macos-arm64 ios-arm64; do
    # From the binary: a dSYM keeps only the header of __unwind_info.
    $python -c '
import sys
from symbolic import Archive, CfiCache
for o in Archive.open(sys.argv[1]).iter_objects():
    sys.stdout.buffer.write(CfiCache.from_object(o).open_stream().read())
' "$build/$image/core" | strings -n 6 > "$build/$image/cfi.txt"
    python3 "$tools/image_sym.py" "$build/$image/core" "$build/$image/core.dSYM/Contents/Resources/DWARF/core" "$store" core "$build/$image/cfi.txt"
done
