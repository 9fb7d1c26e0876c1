#!/usr/bin/env bash
# Writes .env from .env.example, with a secret for everything that needs one. Never overwrites anything.
set -euo pipefail
cd "$(dirname "$0")/.."

random() { # 32 octets, as the command writes them
    head -c 32 /dev/urandom | "$@"
}

umask 077
part=$(mktemp .env.XXXXXX)
trap 'rm -f "$part"' EXIT
while IFS= read -r line; do
    case "$line" in
        AIRFLOW_FERNET_KEY=) line+=$(random base64 | tr '+/' '-_') ;;
        *_PASSWORD= | *_KEY= | *_SECRET=) line+=$(random od -An -v -tx1 | tr -d ' \n') ;;
    esac
    printf '%s\n' "$line"
done < .env.example > "$part"
if ! ln "$part" .env 2> /dev/null; then
    echo ".env is there already; nothing was changed" >&2
    exit 1
fi
echo "wrote .env; the first login's password is ADMIN_PASSWORD there"
