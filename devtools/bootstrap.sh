#!/usr/bin/env bash
# Makes .venv from a locked requirements file and installs missing system packages; does nothing when all is there.
#   devtools/bootstrap.sh requirements.txt        what the product needs
#   devtools/bootstrap.sh requirements-dev.txt    and what tests and linters need
set -euo pipefail
cd "$(dirname "$0")/.."
lock=${1:-requirements.txt}
venv=.venv
stamp=$venv/.installed
state=$(sha256sum "$lock" | cut -d' ' -f1)

say() { printf '%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

available() { # available PACKAGE...: the same, with the version in the name where a release has it there (Ubuntu 22.04)
  local name
  for name; do
    if [[ $name == mariadb-* ]] && ! apt-cache show "$name" >/dev/null 2>&1; then
      name=$({ apt-cache search --names-only "^$name-[0-9.]+\$" | cut -d' ' -f1 | sort -V; echo "$name"; } 2>/dev/null |
        awk 'NR == 1 || /[0-9]$/ {last = $0} END {print last}')
    fi
    printf '%s ' "$name"
  done
}

python=
for name in python3 python3.14 python3.13 python3.12 python3.11; do
  if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; then
    python=$name
    break
  fi
done
[ -n "$python" ] || { say "Python 3.11 to 3.14 is needed; install it first (on Debian: apt-get install python3)."; exit 1; }

installed() { # installed LOCK: whether the environment holds what that lock names
  [ -f "$stamp" ] && grep -qxF "$1 $(sha256sum "$1" | cut -d' ' -f1)" "$stamp"
}

# System packages: a database server (programs only, no system service), and what mysqlclient is compiled with.
missing=()
if [ -z "${IMPORT_EXPORT_MYSQL_URI:-}" ] && ! have mariadbd && ! have mysqld; then
  missing+=(mariadb-server-core mariadb-client-core)
fi
if ! [ -x "$venv/bin/python" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=("$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
fi
if ! installed "$lock"; then
  have gcc || missing+=(gcc)
  have pkg-config || missing+=(pkg-config)
  "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
    missing+=("$("$python" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')")
  if ! pkg-config --exists libmariadb 2>/dev/null && ! pkg-config --exists mysqlclient 2>/dev/null; then
    missing+=(libmariadb-dev)
  fi
fi
if [ "$lock" = requirements-dev.txt ] && [ "$(id -u)" = 0 ] && [ -z "${IMPORT_EXPORT_TEST_MYSQL_URI:-}" ]; then
  # The tests' MySQL 9, see devtools/mysql9.sh.
  have debootstrap || missing+=(debootstrap)
  compgen -G '/usr/share/keyrings/debian-archive-keyring.*' >/dev/null || missing+=(debian-archive-keyring)
fi
if [ "$lock" = requirements-dev.txt ] && ! have chromium && ! have google-chrome; then
  # What the tests of the pages look through.
  missing+=(chromium)
fi
if [ "$lock" = requirements-dev.txt ]; then
  # The cluster's Redis, see devtools/redis.py: the program without the system service of redis-server.
  have redis-server || have redis-check-rdb || missing+=(redis-tools)
  # Other programs that open what we export.
  have soffice || missing+=(libreoffice-calc-nogui)
  have pdftotext || missing+=(poppler-utils)
  # What makes backups.
  have mariadb-dump || have mysqldump || missing+=(mariadb-client)
fi
if [ ${#missing[@]} -gt 0 ]; then
  root=()
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then
      root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
    else
      say "Some system packages are missing. Run this once, then try again:"
      say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $(available "${missing[@]}")"
      exit 1
    fi
  fi
  began=$SECONDS
  say "installing with apt: ${missing[*]} …"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2046 # the names are words
  if ! { "${root[@]}" apt-get update -qq &&
    "${root[@]}" apt-get install -y -qq --no-install-recommends $(available "${missing[@]}"); } >"$log" 2>&1; then
    tail -n 20 "$log"
    say "apt could not install: ${missing[*]}"
    exit 1
  fi
  rm -f "$log"
  say "installed after $((SECONDS - began)) s"
fi

installed "$lock" && exit 0

began=$SECONDS
say "installing the locked Python packages of $lock into $venv …"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
if ! [ -x "$venv/bin/uv" ]; then
  pin=$(mktemp)
  # uv's own lines of the lock, with their hashes.
  awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' "$lock" >"$pin"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pin"
  rm -f "$pin"
fi
VIRTUAL_ENV="$PWD/$venv" "$venv/bin/uv" pip install --quiet --require-hashes -r "$lock"
{ [ -f "$stamp" ] && grep -vF "$lock " "$stamp"; say "$lock $state"; } >"$stamp.part" || true
mv "$stamp.part" "$stamp"
say "installed after $((SECONDS - began)) s"
