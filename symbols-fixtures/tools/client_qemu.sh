#!/bin/sh
# Crashes of an arm64 or armhf program caught by the real clients: Debian's kernel is booted in qemu-system with nothing
# but the program, its libraries, the clients and the handler (qemu-user has no ptrace, which both clients need).
# usage: client_qemu.sh ARCH PROGRAM CLIENTS HANDLER KERNEL BUSYBOX OUT-DIR MODE…
# SYSROOT holds libraries and zlib1g. Writes OUT-DIR/{breakpad,crashpad}-ARCH-MODE.dmp.
set -eu
arch=$1 program=$2 clients=$3 handler=$4 kernel=$5 busybox=$6 out=$7
shift 7
case $arch in
    arm64) triple=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 q="qemu-system-aarch64 -M virt -cpu cortex-a57" ;;
    armhf) triple=arm-linux-gnueabihf loader=ld-linux-armhf.so.3 q="qemu-system-arm -M virt -cpu cortex-a15" ;;
esac
dir=$(dirname "$program")
root=$(mktemp -d)
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/crash" "$root/out" "$root/lib/$triple" "$root$dir"
cp "$busybox" "$root/bin/busybox"
cp "$handler" "$root/crash/handler"
cp "$clients/libbreakpad_client.so" "$clients/libcrashpad_client.so" "$root/crash/"
cp "$dir"/* "$root$dir/"
for l in libc.so.6 libm.so.6 libgcc_s.so.1 libz.so.1 libstdc++.so.6; do
    cp -L "$(find "$SYSROOT/lib" "$SYSROOT/usr/lib" -name $l | head -1)" "$root/lib/$triple/"
done
cp -L "$(find "$SYSROOT/lib" -name $loader | head -1)" "$root/lib/$loader"
cat > "$root/init" << E2
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc; \$b mount -t sysfs sys /sys; \$b mount -t devtmpfs dev /dev
for mode in $*; do
    for kind in breakpad crashpad; do
        \$b rm -rf /crash/db; \$b mkdir /crash/db
        \$b env -i BREAKPAD_DIR=/crash/db CRASHPAD_DB=/crash/db CRASHPAD_HANDLER=/crash/handler LD_PRELOAD=/crash/lib\${kind}_client.so $program \$mode
        for f in \$(\$b find /crash/db -name '*.dmp'); do \$b cp \$f /out/\$kind-$arch-\$mode.dmp; done
    done
done
echo; echo =====BEGIN; \$b tar cf - -C /out . | \$b gzip | \$b base64; echo =====END
\$b poweroff -f
E2
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc 2> /dev/null | gzip -1) > "$out/initrd.gz"
timeout 120 $q -m 1024 -smp 2 -nographic -nic none -no-reboot -kernel "$kernel" -initrd "$out/initrd.gz" \
    -append "console=ttyAMA0 quiet panic=-1 rdinit=/init" < /dev/null > "$out/console.log" 2>&1 || true
sed -n '/=====BEGIN/,/=====END/p' "$out/console.log" | tr -d '\r' | grep -v ===== | base64 -d | tar xzf - -C "$out"
rm -rf "$root" "$out/initrd.gz" "$out/console.log"
ls "$out"
