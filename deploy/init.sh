#!/usr/bin/env bash
# Brings everything up to date before Airflow starts: both databases' schemas, the bucket, the pools, the first admin.
# Whatever is there already is left alone, so it may be run again at any time.
set -euo pipefail

password=$(< "$ADMIN_PASSWORD_FILE")
if [[ -z "$password" ]]; then
    echo "ADMIN_PASSWORD is empty; the first admin needs one" >&2
    exit 1
fi

airflow db migrate
python -m import_export migrate

if [[ "${OWN_BUCKET:-}" == yes ]]; then
    python deploy/make_bucket.py
fi

pools=$(airflow pools list --output plain)
make_pool() { # name, slots, description
    if grep --quiet "^$1 " <<< "$pools"; then
        echo "pool $1 is there already"
    else
        airflow pools set "$1" "$2" "$3"
    fi
}
make_pool import_load "$LOAD_SLOTS" "Tasks that load into MySQL at the same time"
make_pool import_archive "$ARCHIVE_SLOTS" "Tasks that archive at the same time"

# Asked for twice, as of a person; without a terminal, so that it is read from here, and never stands in a list of processes.
printf '%s\n%s\n' "$password" "$password" | PYTHONWARNINGS=ignore setsid --wait airflow users create \
    --role Admin --username "$ADMIN_USERNAME" --email "$ADMIN_EMAIL" --firstname First --lastname Admin
