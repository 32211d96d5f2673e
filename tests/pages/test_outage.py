"""A database or Redis that is away is a calm 503, and the site recovers by itself: in a process of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from launcher.places import ROOT, Ports
from launcher.postgres import EmbeddedPostgres
from launcher.processes import Supervisor
from launcher.valkey import valkey_service

ASK = """
import sys, django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, headers={"host": "127.0.0.1"})
for line in sys.stdin:
    answer = client.get("/healthz")
    print(answer.status_code, answer.headers.get("Retry-After", "-"), b"<h1" in answer.content, flush=True)
"""


def test_an_outage_is_a_calm_503_and_goes_by_itself():
    with tempfile.TemporaryDirectory(prefix="commonweave-outage-") as name:
        folder, ports = Path(name), Ports.free()
        postgres = EmbeddedPostgres(folder, ports.postgres, durable=False)
        postgres.initialize()
        supervisor = Supervisor(folder / "logs")
        environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
            "DATABASE_URL": postgres.url, "REDIS_URL": f"redis://127.0.0.1:{ports.valkey}/0",
            "DJANGO_SETTINGS_MODULE": "config.settings", "COMMONWEAVE_STATE_DIR": name, "COMMONWEAVE_MODE": "test",
        }  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-c", ASK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        ) as site:  # fmt: skip

            def ask():
                site.stdin.write("?\n")
                site.stdin.flush()
                return site.stdout.readline().split()

            try:
                assert ask() == ["503", "10", "True"]
                supervisor.start(postgres.service())
                assert ask() == ["503", "10", "True"]
                supervisor.start(valkey_service(folder, ports.valkey))
                assert ask() == ["200", "-", "False"]
            finally:
                site.stdin.close()
                supervisor.stop()
