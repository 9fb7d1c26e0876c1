"""Serves the logs of several hosts of the cluster, each at its own address: `python -m devtools.log_hosts PORT HOST=FOLDER …`.

Airflow's own log servers would listen to the whole network, and take 150 MB for each host.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from airflow.utils.serve_logs.log_server import create_app


def main() -> None:
    """Serve until a signal."""
    port, *places = sys.argv[1:]
    apps: dict[str, Any] = {}
    sockets = []
    for place in places:
        host, _, folder = place.partition("=")
        Path(folder).mkdir(parents=True, exist_ok=True)
        # Read by Airflow when the app is made.
        os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] = folder
        apps[host] = create_app()
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, int(port)))
        sockets.append(listening)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await apps[scope["server"][0]](scope, receive, send)

    uvicorn.Server(uvicorn.Config(app, lifespan="off", access_log=False)).run(sockets=sockets)


if __name__ == "__main__":
    main()
