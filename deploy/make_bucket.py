"""Makes the bucket of `drop_folder`, when there is none: part of the init job."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.providers.amazon.aws.hooks.s3 import S3Hook


def main() -> None:
    """Make it, and tell so."""
    parts = urlsplit(conf.get_mandatory_value("import_export", "drop_folder"))
    hook, bucket = S3Hook(parts.username), parts.hostname
    if hook.check_for_bucket(bucket):
        print(f"bucket {bucket} is there already")
    else:
        hook.create_bucket(bucket)
        print(f"bucket {bucket} is made")


if __name__ == "__main__":
    main()
