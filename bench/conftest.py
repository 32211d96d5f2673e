"""The benches share the fixtures of the tests: a stand-in of their own, over HTTP."""

from tests.factories.standin import provider, standin, standin_process  # noqa: F401  # reason: shared fixtures
