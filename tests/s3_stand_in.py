"""A server that speaks S3 (moto's), in a process of its own; and the store as a test sees it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import boto3

CONNECTION = "tests_s3"
"""The Airflow connection by which the product reaches it."""
KEY, SECRET, REGION = "s3-test-key", "s3-secret-canary-5d1f", "us-east-1"


@dataclass(frozen=True, slots=True)
class Store:
    """A bucket of its own on the running server."""

    url: str
    bucket: str
    connection: str = CONNECTION

    def uri(self, path: str) -> str:
        """As it stands in a setting."""
        return f"s3://{self.connection}@{self.bucket}/{path}"

    @property
    def client(self) -> Any:
        """The stock client, which knows nothing of the product."""
        return _client(self.url)

    def put(self, key: str, content: str | bytes) -> None:
        """Send an object as a distributor's program does."""
        body = content.encode() if isinstance(content, str) else content
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        """An object's octets."""
        return bytes(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def names(self, prefix: str = "") -> list[str]:
        """The names of all objects below a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]


@cache
def _client(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )


def connection_uri(url: str) -> str:
    """The Airflow connection of a server at that address."""
    return f"aws://{KEY}:{SECRET}@/?endpoint_url={quote(url, safe='')}&region_name={REGION}"


@contextmanager
def running_s3() -> Iterator[str]:
    """The address of a server, for as long as the block runs."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.s3_stand_in"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.stdin.close()
        child.wait(30)
        child.stdout.close()


def new_store(url: str, connection: str = CONNECTION) -> Store:
    """A fresh bucket."""
    store = Store(url, f"bucket-{uuid.uuid4().hex[:12]}", connection)
    store.client.create_bucket(Bucket=store.bucket)
    return store


def serve() -> None:
    """Serve until the other end of the standard input is gone, also by a kill."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()
    os._exit(0)


if __name__ == "__main__":
    serve()
