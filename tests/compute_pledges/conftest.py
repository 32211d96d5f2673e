"""Fixtures of several files here."""

from tests.compute_pledges.judging import accused  # noqa: F401  # reason: a shared fixture
from tests.compute_pledges.test_data_sets import hub  # noqa: F401  # reason: a shared fixture
