#!/bin/sh
# Makes every fixture here anew on Debian 12 (x86-64, root): about ten minutes, 1.5 GB under /build, nothing of it kept
# but dumps/, symbols/ and sym-files/. What is committed was made this way; nobody needs to run it to use the fixtures.
# usage: make-fixtures.sh [linux] [clients] [images] [wine] [variety] [sym-files]        (all, in this order)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
programs=$here/programs
sets=${*:-linux clients images wine variety sym-files}
export PYTHONDONTWRITEBYTECODE=1
mkdir -p /build && cd /build

packages="clang-19 lld-19 llvm-19 g++ g++-i686-linux-gnu g++-aarch64-linux-gnu g++-arm-linux-gnueabihf qemu-user gdb-multiarch elfutils"
command -v npm > /dev/null || packages="$packages npm"
case " $sets " in *" clients "*) packages="$packages qemu-system-arm cpio make" ;; esac
case " $sets " in *" wine "*) packages="$packages wine64 wine" ;; esac
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages > /build/apt.log

# Breakpad's client source and a built dump_syms come in the npm package `minidump`.
if [ ! -d /build/npm/package ]; then
    mkdir -p /build/npm
    (cd /build/npm && npm pack --silent minidump@0.26.0 && tar xzf minidump-*.tgz)
    cp -r /build/npm/package/deps/breakpad /build/breakpad
    mkdir -p /build/breakpad/src/third_party/lss
    cp "$(find /build/npm/package/deps/third_party -name linux_syscall_support.h)" /build/breakpad/src/third_party/lss/
fi
dump_syms=/build/npm/package/bin/linux-x64/dump_syms

for set in $sets; do
    case $set in
        linux)
            for arch in amd64 i386 arm64 armhf; do
                "$programs/linux/sysroot.sh" $arch /build/packages /build/sysroot/$arch /build/handler/$arch /build/kernel/$arch
                for fp in nofp fp; do "$programs/linux/build.sh" $arch $fp /build/fixture/$arch-$fp; done
            done
            "$programs/linux/build.sh" arm64 pac /build/fixture/arm64-pac
            "$programs/linux/capture.sh" /build/fixture /build/sysroot "$here/dumps/linux-gdb"
            rm -f "$here"/dumps/linux-gdb/*.log
            "$programs/linux/symbols.sh" "$dump_syms" /build/fixture /build/sysroot "$here/dumps/linux-gdb" "$here/symbols" ;;
        clients)
            for arch in amd64 i386 arm64 armhf; do "$programs/linux/clients.sh" $arch /build/breakpad /build/clients/$arch; done
            "$programs/linux/capture_clients.sh" /build/fixture /build/sysroot /build/clients /build/handler /build/kernel \
                "$here/dumps/linux-clients" "$here/dumps/linux-gdb" ;;
        images)
            [ -d /build/venv ] || { python3 -m venv /build/venv && /build/venv/bin/pip -q install symbolic==13.9.0; }
            "$programs/images/build.sh" /build/images
            "$programs/images/symbols.sh" /build/images "$here/symbols" /build/venv/bin/python
            "$programs/images/capture.sh" /build/images "$here/dumps/images"
            # The programs themselves, for their unwind tables.
            (cd /build/images && cp --parents */core */core.exe "$here/images") ;;
        wine)
            "$programs/wine/build.sh" /build/wine
            "$programs/wine/capture.sh" /build/wine /build/wineprefix "$here/dumps/wine" "$here/symbols" ;;
        variety) python3 "$programs/variety/make.py" "$here/dumps/variety" ;;
        sym-files) (cd "$here/sym-files" && python3 make.py .) ;;
    esac
done
