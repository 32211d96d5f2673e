"""What the launcher starts, and what it does not."""

import pytest

from launcher.__main__ import main


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"], ["run", "--help"], ["run", "now"], ["reset", "-h"]])
def test_asking_for_help_or_mistyping_starts_nothing(arguments, capsys, monkeypatch):
    monkeypatch.setenv("WEB_PORT", "1")
    assert main(arguments) == 2
    assert "python -m launcher" in capsys.readouterr().out
