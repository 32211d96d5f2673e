"""Production refuses what belongs to the demo, and the documented environment passes Django's deployment check."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import DEMO_SECRET_KEY, DEMO_STRIPE_SECRET_KEY
from config.oidc_key import demo_oidc_key

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    return {
        "PATH": os.environ["PATH"],
        "COMMONWEAVE_MODE": "production",
        "COMMONWEAVE_STATE_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "commonweave.example",
        "SITE_URL": "https://commonweave.example",
        "DATABASE_URL": "postgresql://user:password@127.0.0.1/commonweave",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "STRIPE_SECRET_KEY": "sk_live_" + secrets.token_hex(12),
        "STRIPE_PUBLISHABLE_KEY": "pk_live_" + secrets.token_hex(12),
        "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(12),
        "IDP_OIDC_PRIVATE_KEY": demo_oidc_key(folder),
        "CLUSTER_TOKEN": secrets.token_hex(32),
        "RECEIPT_SEED_KEY": secrets.token_hex(32),
        "DEFAULT_FROM_EMAIL": "Commonweave <hello@commonweave.example>",
    }


def check(environment):
    command = [sys.executable, str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_documented_environment_is_silent(production):
    result = check(production)
    assert (result.returncode, result.stderr) == (0, "System check identified no issues (0 silenced).\n") or (
        result.returncode == 0 and "no issues" in result.stdout
    ), result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", DEMO_SECRET_KEY),
        ("SECRET_KEY", ""),
        ("STRIPE_SECRET_KEY", DEMO_STRIPE_SECRET_KEY),
        ("STRIPE_API_BASE", "http://127.0.0.1:28420"),
        ("DEBUG", "true"),
        ("DATABASE_URL", ""),
        ("CLUSTER_TOKEN", ""),
    ],
)
def test_production_refuses_demo_values_and_names_them(production, name, value):
    result = check({**production, name: value})
    assert result.returncode != 0
    assert f"ImproperlyConfigured: Production needs its own {name}" in result.stderr or name in result.stderr
