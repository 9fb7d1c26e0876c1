"""The service account of the stand-in, as Airflow connections hold it."""

from __future__ import annotations

import base64
import json
from functools import cache
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ADDRESS = "archive@stand-in.example"
DRIVE_ID = "stand-in-shared-drive"
"""The shared drive that a stand-in has from the start when it runs by itself."""


def connection(url: str, **extra: str) -> str:
    """An Airflow connection whose account and API are the stand-in at `url`; `extra` is put into its extra."""
    account = {
        "type": "service_account",
        "project_id": "stand-in",
        "private_key_id": "1",
        "private_key": _key(),
        "client_email": ADDRESS,
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    fields = {
        "keyfile_dict": json.dumps(account),
        "scope": "https://www.googleapis.com/auth/drive",
        "api_root": url,
        **extra,
    }
    return json.dumps({"conn_type": "google_cloud_platform", "extra": json.dumps(fields)})


def who_asks(body: bytes) -> str:
    """In whose name a token is asked for: that of the account, or of the person it acts for."""
    claims = parse_qs(body.decode())["assertion"][0].split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return str(found.get("sub") or found["iss"])


@cache
def _key() -> str:
    """A key of this process alone; the stand-in does not look at signatures."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
