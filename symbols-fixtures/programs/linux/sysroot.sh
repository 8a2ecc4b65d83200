#!/bin/sh
# Debian's libraries for another processor, unpacked beside the system and not installed into it.
# usage: sysroot.sh ARCH CACHE SYSROOT HANDLER KERNEL       (amd64 i386 arm64 armhf)
# Fills SYSROOT (libc with its debug files, libstdc++, libgcc, zlib), HANDLER (chromium-common, for its Crashpad handler)
# and, for the ARMs, KERNEL (a kernel and busybox). Takes the versions of bookworm that are current when it runs: other
# versions mean other build ids, and then every dump, truth and symbol file is to be made anew together.
set -eu
arch=$1 cache=$2/$1 root=$3 handler=$4 kernel=$5
mkdir -p "$cache/state/lists/partial" "$cache/cache/archives/partial" "$cache/debs" "$root" "$handler"
echo 'deb http://deb.debian.org/debian bookworm main' > "$cache/sources.list"
set -- -o Dir::State="$cache/state" -o Dir::State::status=/dev/null -o Dir::Cache="$cache/cache" \
    -o Dir::Etc::sourcelist="$cache/sources.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Architecture=$arch \
    -o APT::Architectures=$arch -o APT::Sandbox::User=root
apt-get "$@" update > /dev/null
cd "$cache/debs"
packages="libc6 libc6-dbg libstdc++6 libgcc-s1 zlib1g chromium-common"
case $arch in
    arm64) image=linux-image-arm64 ;;
    armhf) image=linux-image-armmp-lpae ;;
    *) image='' ;;
esac
if [ -n "$image" ]; then
    packages="$packages busybox-static $(apt-cache "$@" depends $image | sed -n 's/^ *Depends: //p')"
fi
apt-get "$@" download $packages > /dev/null
for p in libc6_ libc6-dbg_ libstdc++6_ libgcc-s1_ zlib1g_; do dpkg-deb -x $p*.deb "$root"; done
dpkg-deb -x chromium-common_*.deb "$handler"
if [ -n "$image" ]; then
    mkdir -p "$kernel"
    dpkg-deb -x busybox-static_*.deb "$kernel"
    dpkg-deb --fsys-tarfile linux-image-*.deb | tar x -C "$kernel" ./boot
fi
