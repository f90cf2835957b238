#!/bin/busybox sh
# First process of the guest: mounts what the tests look at, runs /plan, powers the machine off.
# Lines that begin with `@guest ` are read by the harness (transcript.rs); all else is output of a test program.
# The kernel's own messages go to the other serial port and cannot fall between.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root

# It leaves alone what is there, and says so to the console.
/bin/busybox --install -s /bin 2>/dev/null
mount -t devtmpfs dev /dev
# Raw: the terminal would turn each newline into two characters.
stty -F /dev/ttyS1 raw -echo
exec 3>/dev/ttyS1

say() {
  echo "@guest $*" >&3
}

try() {
  "$@" 2>/tmp/complaint || say "note $* failed: $(head -n 1 /tmp/complaint)"
}

mount -t tmpfs tmp /tmp
try mount -t proc proc /proc
try mount -t sysfs sys /sys
try mount -t tmpfs run /run
try mkdir -p /dev/shm /dev/pts
try mount -t tmpfs shm /dev/shm
try mount -t devpts pts /dev/pts
try mount -t cgroup2 cgroup /sys/fs/cgroup
try mount -t bpf bpf /sys/fs/bpf
try mount -t tracefs trace /sys/kernel/tracing
try mount -t debugfs debug /sys/kernel/debug
try mount -t securityfs security /sys/kernel/security
for module in /modules/*.ko; do
  try insmod "$module"
done
try ip link set lo up

# Each program gets its own time; what it leaves behind ends with the machine.
run() {
  name=$1 limit=$2
  shift 2
  say "start $name"
  timeout -k 5 "$limit" "$@" </dev/null >&3 2>&1
  code=$?
  echo >&3
  say "exit $name $code"
}

say "up $(uname -r)"
. /plan
say "end"
poweroff -f
