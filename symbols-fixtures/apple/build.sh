#!/bin/sh
# Builds src/ for Apple systems: thin and fat images, dSYM bundles, DWARF 2 to 5, with and without LTO.
# usage: build.sh        needs clang-19 lld-19 llvm-19; a second run gives the same bytes
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=/usr/lib/llvm-19/bin
src=$here/src
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
common="-O2 -fno-exceptions -fno-rtti -nostdlibinc -fno-stack-protector -fdebug-compilation-dir=/src/gauge"

image() { # name triple arch platform minimum sdk flags…
    name=$1 triple=$2 arch=$3 platform=$4 minimum=$5 sdk=$6
    shift 6
    mkdir -p "$out/$name" && cd "$out/$name"
    for file in shapes.cpp second.cpp plain.c methods.m; do
        case $file in *.cpp) std=-std=c++17 ;; *) std= ;; esac
        $bin/clang --target=$triple $common $std "-ffile-prefix-map=$src=/src/gauge" "$@" -c "$src/$file" -o "${file%.*}.o"
    done
    $bin/clang --target=$triple -g "-ffile-prefix-map=$src=/src/gauge" -fdebug-compilation-dir=/src/gauge \
        -c "$src/routine-$arch.s" -o routine.o
    # Without -oso_prefix the UUID would depend on where it is built.
    $bin/ld64.lld -dead_strip -oso_prefix "$out/$name" -arch $arch -platform_version $platform $minimum $sdk -e _main \
        -object_path_lto lto.o "$src/libSystem.tbd" shapes.o second.o plain.o methods.o routine.o -o gauge
    $bin/dsymutil "--oso-prepend-path=$out/$name" gauge -o gauge.dSYM
}

image macos-arm64-dwarf5 arm64-apple-macos11 arm64 macos 11.0 13.0 -gdwarf-5
image macos-x86_64-dwarf4 x86_64-apple-macos11 x86_64 macos 11.0 13.0 -gdwarf-4
image macos-x86_64-dwarf2 x86_64-apple-macos11 x86_64 macos 11.0 13.0 -gdwarf-2 -O1
image ios-arm64-lto arm64-apple-ios13 arm64 ios 13.0 16.0 -gdwarf-4 -flto
image macos-arm64-lines arm64-apple-macos11 arm64 macos 11.0 13.0 -gline-tables-only

for built in macos-arm64-dwarf5 macos-x86_64-dwarf4 macos-x86_64-dwarf2 ios-arm64-lto macos-arm64-lines; do
    inside=gauge.dSYM/Contents/Resources/DWARF
    rm -rf "$here/$built" && mkdir -p "$here/$built/$inside"
    cp "$out/$built/$inside/gauge" "$here/$built/$inside/gauge"
    cp "$out/$built/gauge.dSYM/Contents/Info.plist" "$here/$built/gauge.dSYM/Contents/"
done
rm -rf "$here/fat" && mkdir -p "$here/fat/gauge.dSYM/Contents/Resources/DWARF"
$bin/llvm-lipo -create "$out/macos-arm64-dwarf5/$inside/gauge" "$out/macos-x86_64-dwarf4/$inside/gauge" \
    -output "$here/fat/gauge.dSYM/Contents/Resources/DWARF/gauge"
# The images themselves, as they would be on a device: the same ids, symbols, no DWARF.
for built in macos-arm64-dwarf5 macos-x86_64-dwarf4; do
    mkdir -p "$here/images/$built" && cp "$out/$built/gauge" "$here/images/$built/gauge"
done
# Object files that kept the debug information, beside their image or in a static library.
rm -rf "$here/objects" && mkdir -p "$here/objects/macos-arm64-dwarf5" "$here/objects/macos-x86_64-library"
cd "$out/macos-arm64-dwarf5" && cp gauge shapes.o second.o plain.o methods.o routine.o "$here/objects/macos-arm64-dwarf5"
cd "$out/macos-x86_64-dwarf4"
$bin/llvm-ar --format=darwin rcsD libmost.a shapes.o second.o methods.o
$bin/ld64.lld -dead_strip -oso_prefix "$out/macos-x86_64-dwarf4" -arch x86_64 -platform_version macos 11.0 13.0 -e _main \
    "$src/libSystem.tbd" plain.o routine.o -ObjC libmost.a -o gauge
$bin/dsymutil "--oso-prepend-path=$PWD" gauge -o gauge.dSYM
cp gauge plain.o routine.o libmost.a "$here/objects/macos-x86_64-library"
python3 "$here/truth.py"
python3 "$here/truth.py" gauge.dSYM/Contents/Resources/DWARF/gauge "$here/objects/macos-x86_64-library/truth.json"
