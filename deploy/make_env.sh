#!/usr/bin/env bash
# Writes .env from .env.example, with a password for everything that needs one. Never overwrites anything.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -e .env ]]; then
    echo ".env is there already; nothing was changed" >&2
    exit 1
fi

random() { # 32 octets, as $1 writes them
    head --bytes=32 /dev/urandom | "$@"
}

umask 077
while IFS= read -r line; do
    case "$line" in
        AIRFLOW_FERNET_KEY=) line+=$(random base64 | tr '+/' '-_') ;;
        *_PASSWORD= | *_KEY= | *_SECRET=) line+=$(random od -An -v -tx1 | tr -d ' \n') ;;
    esac
    printf '%s\n' "$line"
done < .env.example > .env.part
# Of two that run at once the second one fails here.
ln .env.part .env
rm .env.part
echo "wrote .env; the first login's password is ADMIN_PASSWORD there"
