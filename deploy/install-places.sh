# shellcheck shell=bash
# Sourced by install and uninstall, after environment.sh: where a service's files are, and what both do.

PREFIX=/opt/oyez                       # everything that is installed
VERSIONS=$PREFIX/versions              # one folder for each version
LIBRARIES=$PREFIX/libraries            # what versions stand on, shared by those that need the same
CONFIG=/etc/oyez                       # the owner's
STATE=/var/lib/oyez                    # the assistant's memory: timers, traces, what waits for the cloud
UNITS=/etc/systemd/system
COMMAND=/usr/local/bin/oyez
ACCOUNT=oyez                           # the user and group that everything runs as

# Told on the terminal and in the journal (journalctl -t oyez-install): a terminal may go away while we work.
say() {
    printf '%s\n' "$*" >&2 || true
    [ ! -S /dev/log ] || logger -t oyez-install -- "$*" 2>/dev/null || true
}

# Handlers that have a service of their own and are in one of the states $1.
handler_units() { systemctl list-units --plain --no-legend --state="$1" 'oyez-handler@*.service' | cut -d' ' -f1; }

require_root() { [ "$(id -u)" -eq 0 ] || die "this changes the system; run it as root: sudo $0"; }

# Whether a systemd runs here, not only lies here as in an image that is being built.
has_systemd() { [ -d /run/systemd/system ]; }

# Let nobody else install or uninstall meanwhile.
lock() {
    exec 9>"$PREFIX/lock"
    flock --nonblock 9 || die "another installation is at work; its lock is $PREFIX/lock"
}
