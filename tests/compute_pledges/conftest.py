"""Fixtures of several files here."""

import pytest

from tests.compute_pledges.judging import accused  # noqa: F401  # reason: a shared fixture
from tests.compute_pledges.test_data_sets import hub  # noqa: F401  # reason: a shared fixture
from tests.factories.compute import make_run, open_round


@pytest.fixture
def run():
    """With an open round, in which machines can work."""
    made = make_run()
    open_round(made)
    return made
