#!/usr/bin/env bash
# PID 1 of a machine of its own, see machine.py: this system's programs, folders of its own, and a systemd that knows no
# units but those that are installed there.  Runs in fresh namespaces; what is not its own it cannot write.
set -euo pipefail
own="$1"
[ "$$" -eq 1 ] || { echo "only as PID 1 of namespaces of its own" >&2; exit 2; }

# Of its own: /etc and /usr/local/bin as copies; /var with the list of installed packages; /opt with what is there, and
# room for what is new; /srv is the folder that is shared with the tests; /tmp and /run are empty.
cp -a /etc "$own/etc"
cp -a /usr/local/bin "$own/bin"
mkdir -p "$own"/{opt/oyez,srv,tmp,var/log,var/tmp,var/lib/dpkg,units}
chmod 1777 "$own/tmp" "$own/var/tmp"
rm -rf "$own"/etc/oyez "$own"/etc/systemd/system "$own/bin/oyez"
mkdir "$own/etc/systemd/system"
units="$own/units"
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket shutdown.target; do
    cp "/lib/systemd/system/$unit" "$units"
done
# What every service waits for, without what this system would do to itself on the way.
for target in sysinit basic multi-user network sound; do
    printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target.target"
done
printf '[Unit]\nDefaultDependencies=no\nRequires=systemd-journald.service\n' >"$units/bare.target"
for folder in /opt/*/; do
    [ "$folder" != /opt/oyez/ ] || continue
    mkdir -p "$own$folder"
    mount --bind "$folder" "$own$folder"
    mount -o remount,bind,ro "$own$folder"
done
mount --bind /var/lib/dpkg "$own/var/lib/dpkg"
mount -o remount,bind,ro "$own/var/lib/dpkg"
mount -t tmpfs -o size=2g,mode=755 oyez "$own/opt/oyez"
mkdir "$own/opt/units"
mount --bind "$units" "$own/opt/units"

cgroups="$(cat /proc/self/cgroup)"
mount -o remount,bind,ro /
mount -o remount,bind,ro /sys
for pair in srv:/srv etc:/etc bin:/usr/local/bin var:/var opt:/opt tmp:/tmp; do
    mount --rbind "$own/${pair%%:*}" "${pair#*:}"
    mount -o remount,bind,rw "${pair#*:}"
done
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock

# Control groups: this machine's branch looks like the whole tree.
umount -R /sys/fs/cgroup
if [ "$(cut -d: -f2 <<<"$cgroups" | grep -c .)" -eq 0 ]; then
    mount -t cgroup2 cgroup /sys/fs/cgroup
else
    mount -t tmpfs -o mode=755 cgroups /sys/fs/cgroup
    while IFS=: read -r _ controllers _; do
        folder="/sys/fs/cgroup/${controllers#name=}"
        [ -n "$controllers" ] || folder=/sys/fs/cgroup/unified
        mkdir "$folder"
        case "$controllers" in
            '') mount -t cgroup2 cgroup "$folder" ;;
            name=*) mount -t cgroup -o "none,$controllers" cgroup "$folder" ;;
            *) mount -t cgroup -o "$controllers" cgroup "$folder" ;;
        esac
    done <<<"$cgroups"
fi
export container=tests SYSTEMD_UNIT_PATH=/etc/systemd/system:/opt/units
exec /lib/systemd/systemd --system --unit=bare.target --log-target=console --show-status=no
