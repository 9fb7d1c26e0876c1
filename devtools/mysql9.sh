#!/usr/bin/env bash
# A real MySQL 9 for the tests, from Debian unstable's package, in a folder of its own (a chroot; root only).
#   devtools/mysql9.sh start PORT [disk|memory|memory:SIZE [OPTION …]]
#                                   installs on first use, starts, waits until it answers; its data in memory where that
#                                   can be had, for what need not outlive it
#   devtools/mysql9.sh stop PORT    and removes its data
#   devtools/mysql9.sh kill PORT    by SIGKILL
#   devtools/mysql9.sh restart PORT [OPTION …]   after it ended, on the data that is there
#   devtools/mysql9.sh where PORT   tells where the data is
#   devtools/mysql9.sh client NAME …  one of its own clients: mysqldump, mysql
#   devtools/mysql9.sh program      tells a program that runs the server outside of the chroot, for `IMPORT_EXPORT_MYSQLD`
# Several may run at a time, each on its own port with its own data.
set -euo pipefail
home=${IMPORT_EXPORT_MYSQL9_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/import_export/mysql9}
root=$home/root
port=${2:-}
data=/var/my/$port
pid=$home/$port.pid
log=$home/$port.log
owner=$home/$port.owner

install() {
  [ -f "$home/installed" ] && return
  [ "$(id -u)" = 0 ] || { echo "MySQL 9 is set up in a chroot, which needs root; set IMPORT_EXPORT_TEST_MYSQL_URI to a server of yours" >&2; exit 1; }
  local mirror
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1) || true
  [ -n "$mirror" ] || { echo "no Debian mirror is configured for apt; set IMPORT_EXPORT_TEST_MYSQL_URI to a MySQL 9 of yours" >&2; exit 1; }
  rm -rf "$root"
  debootstrap --variant=minbase --include=mysql-server-core,mysql-client-core sid "$root" ${mirror% } >"$home/install.log" 2>&1 ||
    { tail -n 20 "$home/install.log" >&2; exit 1; }
  touch "$home/installed"
}

# The server with the libraries of its own Debian.
program() {
  mkdir -p "$home"
  (flock 9; install) 9>"$home/lock"
  printf '#!/bin/sh\nfirst=$1\nshift\nexec %q --library-path %q %q "$first" --basedir=%q "$@"\n' \
    "$root/lib64/ld-linux-x86-64.so.2" "$root/usr/lib/x86_64-linux-gnu" "$root/usr/sbin/mysqld" "$root/usr" \
    >"$home/mysqld.part"
  chmod +x "$home/mysqld.part"
  mv "$home/mysqld.part" "$home/mysqld"
  echo "$home/mysqld"
}

client() {
  # What was set up before it had clients.
  (flock 9; [ -x "$root/usr/bin/mysqldump" ] || chroot "$root" apt-get install -y -qq --no-install-recommends mysql-client-core) \
    9>"$home/lock" >"$home/install.log" 2>&1 || { tail -n 20 "$home/install.log" >&2; exit 1; }
  exec chroot "$root" "$@"
}

running() { [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }

# Whether somebody still wants the data: it was killed perhaps, and is to go on.
owned() { [ -f "$owner" ] && kill -0 "$(cat "$owner")" 2>/dev/null; }

# The data of a server that is gone.
forget() {
  if mountpoint -q "$root$data"; then umount "$root$data"; fi
  rm -rf "$pid" "$log" "$owner" "${root:?}$data"
}

# What those left behind who started a server and could not stop it.
forget_lost() {
  local found
  for found in "$root"/var/my/*; do
    [ -d "$found" ] || continue
    (
      port=${found##*/} data=/var/my/$port pid=$home/$port.pid log=$home/$port.log owner=$home/$port.owner
      running || owned || forget
    ) || echo "$root/var/my/${found##*/} could not be removed" >&2
  done
}

start() {
  mkdir -p "$home"
  (flock 9; install) 9>"$home/lock"
  echo $PPID >"$owner"
  forget_lost
  rm -rf "${root:?}$data"
  mkdir -p "$root$data"
  local where=$1 size
  shift
  if [ "$where" != disk ]; then
    size=${where#memory} size=${size#:}
    mount -t tmpfs -o size="${size:-8g}" import_export "$root$data" 2>/dev/null ||
      { [ -z "$size" ] && echo "MySQL 9 keeps its data on disk: nothing may be mounted here" >&2; }
  fi
  chroot "$root" /usr/sbin/mysqld --no-defaults --initialize-insecure --user=root --datadir="$data/data" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; exit 1; }
  serve "$@"
}

serve() {
  # Of a server that was killed: another process may have its number by now.
  rm -f "$root$data"/mysql.sock*
  # Emptied before, not by, the server's own redirection: it is a process of its own, and what an earlier one told of
  # being ready may not be read as if this one had.
  : >"$log"
  setsid chroot "$root" /usr/sbin/mysqld --no-defaults --user=root --datadir="$data/data" --socket="$data/mysql.sock" \
    --pid-file="$data/mysqld.pid" --port="$port" --bind-address=127.0.0.1 --mysqlx=OFF --secure-file-priv=NULL \
    --local-infile=ON --innodb-buffer-pool-size=512M --innodb-redo-log-capacity=1G "$@" >>"$log" 2>&1 </dev/null &
  echo $! >"$pid"
  for _ in $(seq 600); do
    grep -q 'ready for connections' "$log" && return
    running || { tail -n 20 "$log" >&2; exit 1; }
    sleep 0.1
  done
  echo "MySQL 9 was not ready after a minute" >&2
  exit 1
}

stop() {
  if running; then
    kill "$(cat "$pid")"
    for _ in $(seq 600); do running || break; sleep 0.1; done
  fi
  forget
}

strike() {
  kill -9 "$(cat "$pid")"
  for _ in $(seq 600); do running || return 0; sleep 0.1; done
  return 1
}

case ${1:-}:$port in
  start:[0-9]*) start "${3:-disk}" "${@:4}" ;;
  restart:[0-9]*) serve "${@:3}" ;;
  kill:[0-9]*) strike ;;
  where:[0-9]*) echo "$root$data" ;;
  stop:[0-9]*) stop ;;
  client:?*) shift; client "$@" ;;
  program:) program ;;
  *) sed -n '2,12p' "$0"; exit 2 ;;
esac
