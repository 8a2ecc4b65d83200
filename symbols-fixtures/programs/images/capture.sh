#!/bin/sh
# Every dump of the set images: code for Windows and Apple's systems that runs under imgrun, with shadow-stack truth.
# usage: capture.sh BUILD OUT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
build=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
gcc -O1 -static -o "$build/imgrun-x86_64" "$here/src/imgrun.c"
i686-linux-gnu-gcc -O1 -static -o "$build/imgrun-x86" "$here/src/imgrun.c"
aarch64-linux-gnu-gcc -O1 -static -o "$build/imgrun-arm64" "$here/src/imgrun.c"
# mode:name:fault address
for set in windows-x64:x86_64 windows-x86:x86 windows-arm64:arm64 macos-x86_64:x86_64 macos-arm64:arm64 ios-arm64:arm64; do
    image=${set%%:*} cpu=${set##*:}
    case $image in
        windows-*) os=windows file=$build/$image/core.exe debug=$build/$image/core.exe name='C:\fixture\core.exe' slide=0x10000 ;;
        macos-*) os=macos name=/Applications/Core.app/Contents/MacOS/core slide=0x1240000 ;;
        ios-*) os=ios name=/private/var/containers/Bundle/Application/core.app/core slide=0x240000 ;;
    esac
    [ $os = windows ] || file=$build/$image/core debug=$build/$image/core.dSYM/Contents/Resources/DWARF/core
    [ $cpu = arm64 ] && qemu=qemu-aarch64 || qemu=-
    for m in 0:null:0x10 1:leaf:0x40 2:callbad:0xdeadbee0 3:params:0x20 4:callnull:0; do
        mode=${m%%:*} rest=${m#*:}
        "$tools/image_capture.sh" "$build/imgrun-$cpu" $qemu "$file" "$debug" $slide $mode $os ${rest##*:} "$name" "$out/$image-${rest%%:*}"
    done
done
