#!/bin/bash
# Inside of the machine: starts a container with a small web server, then records scenario.sh.
set -euo pipefail
umount -l /old
rmdir /old
export HOME=/root

cat > /usr/local/bin/report.sh <<'REPORT'
#!/bin/sh
# What cron would run every hour.
date
df -P /tmp | tail -n 1
ls /var/log | wc -l
REPORT
chmod 755 /usr/local/bin/report.sh

# The image: a few programs of this machine, busybox as web server, a page, and a CGI script with the classic hole.
image=$(mktemp -d)
mkdir -p "$image"/{usr/bin,usr/lib,usr/lib64,etc/cron.d,home/shop/.ssh,root,tmp,var/log,www/cgi-bin,dev,proc,sys}
ln -s usr/bin usr/lib usr/lib64 "$image"
chmod 1777 "$image/tmp"
add() {
  cp "/usr/bin/$1" "$image/usr/bin/"
  ldd "/usr/bin/$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$image/usr$(dirname "$library" | sed 's,^/usr,,')"
    cp -n "$library" "$image/usr${library#/usr}"
  done
}
for program in dash cat chmod cp find grep hostname id ln ls ps rm uname; do add "$program"; done
ln -s dash "$image/usr/bin/sh"
cp /usr/bin/busybox "$image/usr/bin/"
for applet in httpd nc wget; do ln -s busybox "$image/usr/bin/$applet"; done
printf 'root:x:0:0:root:/root:/bin/sh\nshop:x:100:100:shop:/home/shop:/bin/sh\n' > "$image/etc/passwd"
printf 'root:x:0:\nshop:x:100:\n' > "$image/etc/group"
printf 'root:*:19000:0:99999:7:::\nshop:!:19000:0:99999:7:::\n' > "$image/etc/shadow"
printf 'this is not a key, only a file with the name of one\n' > "$image/home/shop/.ssh/id_rsa"
printf '10.0.0.7 - - "GET / HTTP/1.1" 200\n' > "$image/var/log/access.log"
printf 'ls\n' > "$image/root/.bash_history"
printf '<h1>shop</h1>\n' > "$image/www/index.html"
printf '*.sh:/bin/sh\n' > "$image/etc/httpd.conf"
cat > "$image/www/cgi-bin/stock.sh" <<'CGI'
printf 'Content-Type: text/plain\r\n\r\n'
cmd=$(httpd -d "$QUERY_STRING")
sh -c "$cmd" 2>&1
CGI
tar -C "$image" -c . | podman import --change 'CMD ["/bin/httpd","-f","-p","8080","-h","/www","-c","/etc/httpd.conf"]' - localhost/shop-web:1.4
rm -r "$image"
podman run -d --name shop-web --label team=shop localhost/shop-web:1.4
podman inspect shop-web > /tmp/inspect.json

# A long-running worker that a debugger will be attached to. It only sleeps, and is listed but not traced: one process
# cannot have two tracers.
bash -c 'exec -a payments-worker sleep 900' &
# What the attacker's side would be: a page to fetch a program from, a mining pool, a listener. All on this machine.
mkdir -p /srv/drop
cp /usr/bin/busybox /srv/drop/busybox-worker
ln -s /usr/bin/busybox /usr/local/bin/httpd
ln -s /usr/bin/busybox /usr/local/bin/nc
httpd -f -p 10.88.0.1:8000 -h /srv/drop &
sleep 900 | nc -l -p 3333 > /dev/null &
sleep 1

env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 USER=root TERM=xterm \
  SHOP="$(podman inspect -f '{{.NetworkSettings.IPAddress}}' shop-web)" \
  /opt/recorder/recorder record --out /opt/recorder/out/web-intrusion.scap --podman-inspect /tmp/inspect.json \
  --leave sleep -- /bin/bash /opt/recorder/scenario.sh
podman rm -f -t 0 shop-web > /dev/null
