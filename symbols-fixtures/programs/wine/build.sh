#!/bin/sh
# Builds crash.exe and scene.dll with their PDBs, without an SDK.      usage: build.sh OUT
set -eu
bin=/usr/lib/llvm-19/bin
src=$(cd "$(dirname "$0")/src" && pwd)
mkdir -p "$1" && cd "$1"
flags="--target=x86_64-pc-windows-msvc -g -gcodeview -gno-codeview-command-line -O2 -std=c++17 -fno-exceptions -fno-rtti -ffreestanding
    -fasynchronous-unwind-tables -fno-stack-protector -ffile-prefix-map=$src=C:\\src -fdebug-compilation-dir=C:\\src"
link="/nodefaultlib /debug /Brepro /pdbsourcepath:C:\\src /pdbaltpath:%_PDB% /machine:x64 /opt:ref,noicf"
for lib in kernel32 dbghelp; do $bin/llvm-dlltool -m i386:x86-64 -d "$src/$lib.def" -l $lib.lib; done
$bin/clang++ $flags -c "$src/scene.cpp" -o scene.obj
$bin/clang++ $flags -c "$src/crash.cpp" -o crash.obj
$bin/lld-link $link /dll /entry:_DllMainCRTStartup scene.obj /out:scene.dll /pdb:scene.pdb /implib:scene.lib
$bin/lld-link $link /subsystem:console /entry:mainCRTStartup crash.obj scene.lib kernel32.lib dbghelp.lib /out:crash.exe /pdb:crash.pdb
