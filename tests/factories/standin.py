"""The stand-in as a real process on loopback, and the official library that speaks to it."""

import os
import subprocess
import sys
import time

import pytest
import stripe

from launcher.places import Ports, is_listening

SECRET = "sk_test_standin_commonweave"


class StandinProcess:
    """A running stand-in."""

    def __init__(self, folder, webhook_url):
        self.port = Ports.free().stripe
        self.base = f"http://127.0.0.1:{self.port}"
        argv = [sys.executable, "-m", "payments.stripe_standin", "--port", str(self.port)]
        argv += ["--state-dir", str(folder), "--webhook-url", webhook_url]
        # A key of a real account in the environment is for the scenarios that ask the provider itself.
        self.process = subprocess.Popen(argv, env={**os.environ, "STRIPE_SECRET_KEY": SECRET})
        until = time.monotonic() + 20
        while not is_listening(self.port):
            assert time.monotonic() < until, "the stand-in did not start"
            time.sleep(0.05)

    def client(self, key=SECRET):
        return stripe.StripeClient(key, base_addresses={"api": self.base}, max_network_retries=0)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="session")
def standin_process(tmp_path_factory):
    running = StandinProcess(tmp_path_factory.mktemp("standin"), "http://127.0.0.1:9/webhooks/stripe/")
    yield running
    running.stop()


@pytest.fixture
def standin(standin_process, settings):
    settings.STRIPE_API_BASE = standin_process.base
    settings.STRIPE_SECRET_KEY = SECRET
    return standin_process


@pytest.fixture
def provider(standin):
    return standin.client()
