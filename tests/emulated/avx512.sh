#!/usr/bin/env bash
# avx512.sh WORK PROGRAM...: the PROGRAMs (test_cases, test_simd, test_kernels: tests that obey
# OCTET_TEST_ON) on the targets AVX3 and AVX3_VNNI, in Bochs, which emulates a CPU that has them: a
# machine without AVX-512 tests them too. Debian's kernel boots with
# the tests in its initial file system; what they print comes through the serial port. WORK keeps
# the kernel between runs. Exit code 77: not run, and why.
# OCTET_EMULATED_ONLY: Catch2's names of the test cases to run; OCTET_EMULATED_SECONDS: when to give
# up; OCTET_EMULATE=1: also where the CPU itself has AVX-512.
set -euo pipefail
work=$1
programs=("${@:2}")
only=${OCTET_EMULATED_ONLY:-}
seconds=${OCTET_EMULATED_SECONDS:-1500}

skip() { echo "SKIPPED: $*"; exit 77; }
if [ -z "${OCTET_EMULATE:-}" ] && grep -qw avx512_vnni /proc/cpuinfo; then
  skip "this CPU has AVX-512 VNNI: every test has run on it"
fi
isolinux=/usr/lib/ISOLINUX/isolinux.bin
ldlinux=/usr/lib/syslinux/modules/bios/ldlinux.c32
for file in /usr/bin/bochs /usr/bin/xorriso /usr/bin/cpio /usr/bin/script $isolinux $ldlinux \
    /usr/share/bochs/BIOS-bochs-latest /usr/share/bochs/VGABIOS-lgpl-latest \
    /usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so; do
  [ -e "$file" ] || skip "no $file (packages bochs bochs-term bochsbios vgabios isolinux" \
      "syslinux-common xorriso cpio)"
done
busybox=$(command -v busybox) || skip "no busybox (package busybox-static)"
mkdir -p "$work"
work=$(cd "$work" && pwd)

# The kernel's package, unpacked and not installed.
kernel=$(compgen -G "$work/kernel/boot/vmlinuz-*" | sed -n 1p || true)
if [ -z "$kernel" ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/^ *Depends: *//p' | sed -n 1p)
  [ -n "$package" ] || skip "no package linux-image-cloud-amd64"
  (cd "$work" && apt-get -q download "$package" && dpkg -x "$package"_*.deb kernel) ||
    skip "$package cannot be downloaded"
  kernel=$(compgen -G "$work/kernel/boot/vmlinuz-*" | sed -n 1p)
fi

# The initial file system: shell, tests, the libraries they link.
root=$work/root
rm -rf "$root" "$work/disc"
mkdir -p "$root"/{bin,proc,dev,tmp} "$work/disc"
cp "$busybox" "$root/bin/busybox"
for name in "${programs[@]}"; do
  strip -o "$root/$(basename "$name")" "$name"
  ldd "$name" | grep -o '/[^ ]*' | while read -r library; do
    [ -e "$root$library" ] || install -D "$(realpath "$library")" "$root$library"
  done
done
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
# LD_BIND_NOW: at a function's first call the dynamic linker uses XSAVEC and XRSTOR, which fault in
# Bochs 2.7.
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1 </dev/null
echo "flags: $(busybox grep -m1 -o 'avx512[a-z_0-9]*' /proc/cpuinfo | busybox tr '\n' ' ')"
export LD_BIND_NOW=1 OCTET_TEST_ON=AVX3,AVX3_VNNI
. /programs
echo "all done"
busybox halt -f
INIT
chmod +x "$root/init"
for name in "${programs[@]##*/}"; do
  printf '/%q --durations yes --use-colour no --warn NoTests %s\n' "$name" "${only:+'$only'}"
  printf 'echo "%s: exit code $?"\n' "$name"
done >"$root/programs"
(cd "$root" && find . | cpio --quiet -o -H newc >"$work/disc/initrd")
cp "$kernel" "$work/disc/vmlinuz"
cp $isolinux $ldlinux "$work/disc/"
# What the kernel must not use of Bochs 2.7: it lists no size for the state of protection keys (pku)
# and a wrong one for compact states (xsavec, xsaves), whereupon the kernel turns AVX off; with the
# other extensions left on the kernel stops at its first exception. Which of those is to blame was
# not looked for: no test needs any.
options="quiet console=ttyS0,115200 rdinit=/init acpi=off idle=halt nokaslr mitigations=off"
options+=" cryptomgr.notests noxsaves nofsgsbase nopcid noinvpcid nogbpages"
options+=" clearcpuid=xsaves,xsavec,pku,rdpid,umip,fsrm,fsgsbase,gfni,vaes,sha_ni"
cat >"$work/disc/isolinux.cfg" <<CONFIG
default octet
label octet
  kernel vmlinuz
  append initrd=initrd $options
CONFIG
xorriso -as mkisofs -quiet -o "$work/boot.iso" -b isolinux.bin -c boot.cat -no-emul-boot \
    -boot-load-size 4 -boot-info-table "$work/disc" 2>"$work/xorriso.log"

cat >"$work/bochsrc" <<'CONFIG'
config_interface: textconfig
display_library: term
plugin_ctrl: serial=1, unmapped=1, biosdev=1, extfpuirq=1, speaker=0, parallel=0, gameport=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
memory: guest=512, host=512
cpu: model=corei7_icelake_u, ips=50000000
clock: sync=none, time0=utc
ata0: enabled=1
ata0-master: type=cdrom, path=boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial
panic: action=fatal
error: action=ignore
info: action=ignore
log: bochs.log
CONFIG
echo continue >"$work/commands"   # Debian's Bochs has its debugger, which waits for one
rm -f "$work/serial"
start=$(date +%s)
(cd "$work" && TERM=vt100 exec script -q -e -c \
    'echo $$ >pid; exec bochs-bin -q -f bochsrc -rc commands' /dev/null </dev/null >screen 2>&1) &
emulator=$!
trap 'kill -KILL "$(cat "$work/pid")" $emulator 2>/dev/null || true' EXIT
while kill -0 $emulator 2>/dev/null && ! grep -q '^all done' "$work/serial" 2>/dev/null; do
  if [ $(($(date +%s) - start)) -gt "$seconds" ]; then
    echo "not done after $seconds s"
    break
  fi
  sleep 2
done
tr -d '\r' <"$work/serial"
echo "$(($(date +%s) - start)) s"
for name in "${programs[@]##*/}"; do
  grep -q "^$name: exit code 0" "$work/serial"
done
