# shellcheck shell=bash
# Sourced by run, test, install and check-aarch64: a virtual environment of our own and the system packages it needs.
# Sets nothing on the machine but packages by apt-get, and only those that are missing.
# All of it expects to stand in the repository's folder.

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Print a Python of 3.11 or later; nothing when there is none.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
}

# Whether $1, a shared library such as libportaudio.so.2, can be loaded.
has_library() {
    local linker
    linker="$(PATH="$PATH:/sbin:/usr/sbin" command -v ldconfig || true)"
    [ -n "$linker" ] || return 1
    case "$("$linker" -p 2>/dev/null)" in
        *"$1"*) return 0 ;;
        *) return 1 ;;
    esac
}

# Those of the packages $@ that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || printf '%s ' "$package"
    done
}

# Install the packages $@ by apt-get.  Returns 1, with what to do, when that may not be.
install_packages() {
    local packages=("$@") become=()
    [ ${#packages[@]} -eq 0 ] && return 0
    local by_hand="install them by hand: sudo apt-get install ${packages[*]}"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "Missing: ${packages[*]} (names of Debian's packages). There is no apt-get here; install them your way."
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            say "Missing system packages, and no sudo to install them; as root: apt-get install ${packages[*]}"
            return 1
        fi
        become=(sudo)
        # Nobody can type a password where there is no terminal.
        [ -t 0 ] || become=(sudo -n)
        say "Installing system packages by sudo apt-get: ${packages[*]}"
    else
        say "Installing system packages by apt-get: ${packages[*]}"
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    # The lists of a new machine are empty or old: they are fetched when the first try fails.
    if "${become[@]}" "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null 2>&1; then return 0; fi
    local log
    log="$(mktemp)"
    if "${become[@]}" "${apt[@]}" update >"$log" 2>&1 &&
        "${become[@]}" "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
    say "apt-get could not install them; $by_hand"
    return 1
}

# Make or mend the virtual environment $1 with this package and its extras $2 ("" or "[test]").
# Quick when nothing changed since the last time: the stamp says what was installed.
prepare_environment() {
    local folder="$1" extras="$2" python stamp versions
    python="$(find_python)"
    if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        install_packages python3 python3-venv || die "Python 3.11 or later with its venv module is needed."
        python="$(PATH="/usr/bin:$PATH" find_python)"
        [ -n "$python" ] || die "Python 3.11 or later is needed; this system's python3 is $(python3 --version 2>&1)."
    fi
    stamp="$folder/oyez-stamp"
    versions="$(cat pyproject.toml requirements.lock | sha256sum | cut -d' ' -f1)"
    # More extras than wanted are as good: [test,wake] is a beginning of [test,wake,training].
    case "$(cat "$stamp" 2>/dev/null || true)" in
        "$versions $PWD ${extras%]}"*) if "$folder/bin/python" -c '' >/dev/null 2>&1; then return 0; fi ;;
    esac
    if ! "$folder/bin/python" -c 'import pip' >/dev/null 2>&1; then
        rm -rf "$folder"
        "$python" -m venv "$folder" || die "$python cannot make a virtual environment in $PWD/$folder"
    fi
    say "Installing oyez$extras into $PWD/$folder; this is done once and takes a minute or more."
    rm -f "$stamp"
    local pip=("$folder/bin/python" -m pip install -qq --disable-pip-version-check --root-user-action=ignore --no-input
        --constraint requirements.lock)
    # The package is built with the locked setuptools, not with one that pip would fetch apart.
    if ! { "${pip[@]}" --upgrade setuptools && "${pip[@]}" --no-build-isolation --editable ".$extras"; }; then
        die "pip could not install oyez$extras; its message stands above. Run this again when the cause is gone."
    fi
    printf '%s\n' "$versions $PWD $extras" >"$stamp"
}

# The files that an installation is made of.
source_files() { find assistant handlers benchmarks -type f ! -path '*/__pycache__/*' | LC_ALL=C sort; }
SOURCE_SETTINGS=(pyproject.toml requirements.lock README.md LICENSE)

# Build the package's wheel into the folder $2 with the Python $1, which needs pip and setuptools; prints its path.
# Built from a copy: root must leave no build folder in a user's checkout.
build_wheel() {
    local python="$1" folder="$2" copy
    copy="$(mktemp -d)"
    { source_files; printf '%s\n' "${SOURCE_SETTINGS[@]}"; } | tar -cf - -T - | tar -xf - -C "$copy"
    "$python" -m pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation -w "$folder" "$copy" || {
        rm -rf "$copy"
        die "pip could not build the package; its message stands above."
    }
    rm -rf "$copy"
    printf '%s\n' "$folder"/oyez-*.whl
}
