#!/usr/bin/env bash
# First process of the throw-away machine: builds its root in memory, enters it, and starts the recorder.
set -euo pipefail
recorder=$1 here=$2 work=$3

root=$(mktemp -d)
mount --make-rprivate /
mount -t tmpfs -o mode=755 machine "$root"
cd "$root"

mkdir -p usr etc/cron.d root/.ssh home/deploy/.ssh var/log var/lib var/spool/cron var/tmp run tmp proc dev sys opt/recorder old
chmod 1777 tmp var/tmp
chmod 700 root root/.ssh home/deploy/.ssh
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t tmpfs -o mode=755 local usr/local
mkdir -p usr/local/bin usr/local/sbin
ln -s usr/bin usr/sbin usr/lib usr/lib64 .
cp -a /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/alternatives /etc/login.defs /etc/cni /etc/pam.d /etc/security etc/ 2>/dev/null || true
rm -rf etc/cni/net.d/*.lock
mkdir -p etc/default etc/containers
printf 'node-1\n' > etc/hostname
printf '127.0.0.1 localhost node-1\n' > etc/hosts
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n' > etc/nsswitch.conf
printf 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\ndeploy:x:1000:1000:Deploy:/home/deploy:/bin/bash\n' > etc/passwd
printf 'root:x:0:\ndaemon:x:1:\nshadow:x:42:\nwww-data:x:33:\ndeploy:x:1000:\n' > etc/group
printf 'root:*:19000:0:99999:7:::\ndeploy:!:19000:0:99999:7:::\n' > etc/shadow
printf 'root:*::\ndeploy:!::\n' > etc/gshadow
printf 'root ALL=(ALL:ALL) ALL\n' > etc/sudoers
printf '17 * * * * root /usr/local/bin/report.sh\n' > etc/crontab
printf 'Oct  1 10:00:00 node-1 sshd[411]: Accepted publickey for deploy\n' > var/log/auth.log
printf 'this is not a key, only a file with the name of one\n' > home/deploy/.ssh/id_rsa
printf 'ls\n' > root/.bash_history
chown -R 1000:1000 home/deploy
cat > etc/containers/containers.conf <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "none"
CONF
printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' > etc/containers/policy.json

mount -t proc proc proc
mount -t sysfs sysfs sys 2>/dev/null || mount --rbind /sys sys
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
for node in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"
done
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
# As on the machine outside, hierarchy by hierarchy, but seen from our own cgroup.
while IFS=: read -r _ controllers _; do
  case $controllers in
    '') mkdir sys/fs/cgroup/unified && mount -t cgroup2 cgroup sys/fs/cgroup/unified ;;
    name=*) mkdir "sys/fs/cgroup/${controllers#name=}" && mount -t cgroup -o "none,$controllers" cgroup "sys/fs/cgroup/${controllers#name=}" ;;
    *) mkdir "sys/fs/cgroup/$controllers" && mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/$controllers" ;;
  esac
done < /proc/self/cgroup

cp "$recorder" opt/recorder/recorder
mkdir -p opt/recorder/out
cp "$here"/*.sh opt/recorder/
mount --bind "$work" opt/recorder/out
hostname node-1
ip link set lo up

pivot_root . old
cd /
exec chroot . /bin/bash /opt/recorder/inside.sh
