"""How many confirmed charges a second the stand-in makes.

    .venv/bin/python -m tests.payments.standin.speed --charges 1000 --threads 8

Each charge is two calls of the official kind, create and confirm, over kept connections. Prints one JSON line. The
aim is at least 100 a second; nothing in the test suite is timed.
"""

import argparse
import concurrent.futures
import json
import tempfile
import threading
import time

import requests

from tests.factories.standin import SECRET, StandinProcess

local = threading.local()


def session():
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.headers["Authorization"] = f"Bearer {SECRET}"
    return local.session


def charge(base):
    made = session().post(f"{base}/v1/payment_intents", data={"amount": 1000, "currency": "eur"}, timeout=30).json()
    sent = {"payment_method": "pm_card_visa"}
    answer = session().post(f"{base}/v1/payment_intents/{made['id']}/confirm", data=sent, timeout=30)
    assert answer.json()["status"] == "succeeded"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        running = StandinProcess(folder, "http://127.0.0.1:9/webhooks/stripe/")
        try:
            start = time.perf_counter()
            with concurrent.futures.ThreadPoolExecutor(asked.threads) as pool:
                list(pool.map(lambda _: charge(running.base), range(asked.charges)))
            seconds = time.perf_counter() - start
        finally:
            running.stop()
    print(json.dumps({"charges": asked.charges, "threads": asked.threads, "a_second": asked.charges / seconds}))


if __name__ == "__main__":
    main()
