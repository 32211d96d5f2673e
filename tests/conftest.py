"""Fixtures for every test."""

import pytest


@pytest.fixture(autouse=True)
def _media_isolated(settings, tmp_path):
    """Blobs of a test stay in the test's own folder."""
    settings.BLOB_ROOT = tmp_path / "blobs"
