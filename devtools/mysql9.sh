#!/usr/bin/env bash
# A real MySQL 9 for the tests, from Debian unstable's package, in a folder of its own (a chroot; root only).
#   devtools/mysql9.sh start PORT   installs on first use, starts, waits until it answers
#   devtools/mysql9.sh stop
set -euo pipefail
home=${IMPORT_EXPORT_MYSQL9_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/import_export/mysql9}
root=$home/root
pid=$home/pid

install() {
  [ -f "$home/installed" ] && return
  [ "$(id -u)" = 0 ] || { echo "MySQL 9 is set up in a chroot, which needs root; set IMPORT_EXPORT_TEST_MYSQL_URI to a server of yours" >&2; exit 1; }
  local mirror
  mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '{print $1; exit}')
  [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)
  rm -rf "$root"
  mkdir -p "$home"
  debootstrap --variant=minbase --include=mysql-server-core sid "$root" "$mirror" >"$home/install.log" 2>&1 ||
    { tail -n 20 "$home/install.log" >&2; exit 1; }
  touch "$home/installed"
}

running() { [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }

start() {
  install
  rm -rf "$root/var/my"
  mkdir -p "$root/var/my"
  chroot "$root" /usr/sbin/mysqld --no-defaults --initialize-insecure --user=root --datadir=/var/my/data >"$home/init.log" 2>&1
  setsid chroot "$root" /usr/sbin/mysqld --no-defaults --user=root --datadir=/var/my/data --socket=/var/my/mysql.sock \
    --port="$1" --bind-address=127.0.0.1 --mysqlx=OFF --secure-file-priv=NULL --local-infile=ON --innodb-buffer-pool-size=512M \
    --innodb-redo-log-capacity=1G >"$home/mysqld.log" 2>&1 </dev/null &
  echo $! >"$pid"
  for _ in $(seq 600); do
    grep -q 'ready for connections' "$home/mysqld.log" && return
    running || { tail -n 20 "$home/mysqld.log" >&2; exit 1; }
    sleep 0.1
  done
  echo "MySQL 9 was not ready after a minute" >&2
  exit 1
}

stop() {
  running || return 0
  kill "$(cat "$pid")"
  for _ in $(seq 600); do running || break; sleep 0.1; done
  rm -f "$pid"
}

case ${1:-} in
  start) start "$2" ;;
  stop) stop ;;
  *) sed -n '2,4p' "$0"; exit 2 ;;
esac
