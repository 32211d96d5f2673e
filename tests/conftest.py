"""Fixtures for every test."""

import pytest
from django.core.cache import cache
from django.utils import translation

from tests.factories.standin import provider, standin, standin_process  # noqa: F401  # reason: shared fixtures


@pytest.fixture(autouse=True)
def _limits_forgotten():
    """Limits count by address, and every test comes from the same one."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _language_forgotten():
    """A request leaves the language of its page behind in the thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _nothing_planted(settings):
    """Auditors are tested by chance; tests that mean it say so."""
    settings.AUDIT_PLANT_EVERY_PLATFORM = settings.AUDIT_PLANT_EVERY_VOLUNTEER = 0


@pytest.fixture(autouse=True)
def _media_isolated(settings, tmp_path):
    """Blobs of a test stay in the test's own folder."""
    settings.BLOB_ROOT = tmp_path / "blobs"


# Minutes each: begun last they would keep one process busy while the others are done.
LONGEST = ("tests/stories/", "tests/payments/stateful/", "tests/drill/", "tests/compute_pledges/test_forged_records")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
