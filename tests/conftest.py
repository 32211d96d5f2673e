"""Fixtures for every test."""

import pytest
from django.core.cache import cache

from tests.factories.standin import provider, standin, standin_process  # noqa: F401  # reason: shared fixtures


@pytest.fixture(autouse=True)
def _limits_forgotten():
    """Limits count by address, and every test comes from the same one."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _media_isolated(settings, tmp_path):
    """Blobs of a test stay in the test's own folder."""
    settings.BLOB_ROOT = tmp_path / "blobs"
