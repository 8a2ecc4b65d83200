#!/bin/sh
# Builds ../apple/src and src/ for Windows; the names of the folders say for which processor, and how:
# x64, x86, arm64: with a PDB of LLVM's linker; x64-publics: without debug information, so that the PDB has public symbols
# alone; x64-mingw: DWARF and a build id; x64-mingw-debuglink: the same, stripped, beside its debug file; x64-mixed: DWARF in one file and CodeView in another, and a PDB; ../windows-msfz: the PDBs
# compressed, with the default options and with small chunks and a compressed directory.
# usage: build.sh        needs clang-19 lld-19 llvm-19 g++-mingw-w64-x86-64 (Debian 12), pdbtool 0.1.22 (crates.io); a second run gives the same bytes
set -eu
here=$(cd "$(dirname "$0")" && pwd)
shared=$(cd "$here/../apple/src" && pwd)
bin=/usr/lib/llvm-19/bin
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
common="-O2 -fno-exceptions -ffreestanding -fno-stack-protector -fasynchronous-unwind-tables"
codeview="-g -gcodeview -gno-codeview-command-line -ffunction-sections"

begin() { # name
    mkdir -p "$out/$1" "$here/$1" && cd "$out/$1"
    cp "$shared"/*.h "$shared"/*.c "$shared"/*.cpp "$here"/src/* .
}

compile() { # triple flag… -- file…
    triple=$1 flags=
    shift
    while [ "$1" != -- ]; do flags="$flags $1"; shift; done
    shift
    for file; do
        case $file in *.cpp) flags="$flags -fno-rtti" ;; esac
        $bin/clang --target=$triple $common $flags "-ffile-prefix-map=$PWD=C:\\gauge" '-fdebug-compilation-dir=C:\gauge' \
            -c $file -o $file.obj
    done
}

link() { # machine flag…
    machine=$1
    shift
    $bin/lld-link /nodefaultlib /debug /Brepro '/pdbsourcepath:C:\gauge' /pdbaltpath:%_PDB% /machine:$machine /opt:ref \
        /subsystem:console /entry:main /export:main /export:shared_twice "$@" *.obj /out:gauge.exe /pdb:gauge.pdb
}

for target in "x64 x86_64" "x86 i686" "arm64 aarch64"; do
    begin ${target% *}
    compile ${target#* }-pc-windows-msvc $codeview -- shapes.cpp second.cpp plain.c rest.c
    link ${target% *} /opt:icf
    cp gauge.exe gauge.pdb "$here/${target% *}/"
done

begin x64-publics
compile x86_64-pc-windows-msvc -- shapes.cpp second.cpp plain.c rest.c
link x64 /opt:noicf
cp gauge.pdb "$here/x64-publics/"

begin x64-mingw
for file in shapes.cpp second.cpp plain.c rest.c; do
    case $file in *.c) compiler=gcc flags= ;; *) compiler=g++ flags=-fno-rtti ;; esac
    x86_64-w64-mingw32-$compiler $common $flags -g -gdwarf-4 \
        "-fdebug-prefix-map=$PWD=/src/gauge" -c $file -o $file.o
done
x86_64-w64-mingw32-gcc -nostdlib -Wl,--build-id,-e,main,--no-insert-timestamp *.o -o gauge.exe
cp gauge.exe "$here/x64-mingw/"

# Stripped: the size of the image changes with it, so that the code id of the debug file is another one.
mkdir -p "$here/x64-mingw-debuglink" && cd "$here/x64-mingw-debuglink"
x86_64-w64-mingw32-objcopy --only-keep-debug ../x64-mingw/gauge.exe gauge.exe.debug
x86_64-w64-mingw32-strip ../x64-mingw/gauge.exe -o gauge.exe
x86_64-w64-mingw32-objcopy --add-gnu-debuglink=gauge.exe.debug gauge.exe

begin x64-mixed
compile x86_64-w64-mingw32 -g -gdwarf-4 -- shapes.cpp
compile x86_64-w64-mingw32 $codeview -- second.cpp plain.c rest.c
$bin/lld-link /lldmingw /nodefaultlib /debug:dwarf /debug:full /Brepro '/pdbsourcepath:C:\gauge' /pdbaltpath:%_PDB% \
    /machine:x64 /entry:main /subsystem:console *.obj /out:gauge.exe /pdb:gauge.pdb
cp gauge.exe gauge.pdb "$here/x64-mixed/"

mkdir -p "$here/../windows-msfz/x64" "$here/../windows-msfz/x86" && cd "$here/../windows-msfz"
pdbtool --quiet pdz-encode ../windows/x64/gauge.pdb x64/gauge.pdb
pdbtool --quiet pdz-encode --compress-stream-dir --max-chunk-size 4K ../windows/x86/gauge.pdb x86/gauge.pdb
