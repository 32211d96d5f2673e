"""Each measurement of the cluster runs in its smallest form and prints what its documentation names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["--layers", "1", "--width", "16"]
FORMS = {
    "quality tune": [*SMALL, "--steps", "2", "--rates", "0.01", "--outer-tries", "1"],
    "quality compare": [*SMALL, "--steps", "2", "--rounds", "1", "--kept", "1", "--seeds", "1"],
    "gpu_check": [*SMALL, "--heads", "2", "--batch", "2", "--sequence", "16", "--steps", "2", "--cpu-steps", "1"],
    "exchange": ["--parameters", "20000", "--volunteers", "2", "--repeats", "1"],
    "anchor_cost": ["--parameters", "1000", "--volunteers", "2"],
    "exchange_on_paper": [],
}
PRINTS = {
    "quality tune": {"form", "rate", "loss"}, "quality compare": {"form", "length", "reduction"},
    "gpu_check": {"tokens_a_second", "replay_same_device"}, "exchange": {"seconds", "is_right"},
    "anchor_cost": {"what"}, "exchange_on_paper": {"hours_of_work_for_a_tenth"},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_measurement_runs_in_its_smallest_form(name, tmp_path):
    module, *words = name.split()
    argv = [sys.executable, "-m", f"bench.{module}", *words, *FORMS[name]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HIVEMIND_LOGLEVEL": "CRITICAL"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert rows
    assert PRINTS[name] <= set(rows[-1])
    assert all(all(row["is_right"]) for row in rows if "is_right" in row)


def test_a_measurement_that_was_interrupted_goes_on(tmp_path):
    out = tmp_path / "rows.jsonl"
    argv = [sys.executable, "-m", "bench.quality", "compare", *FORMS["quality compare"], "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, timeout=240, check=True)
        kept = out.read_text()
        assert len(kept.splitlines()) == 4
    assert json.loads(kept.splitlines()[0])["form"] == "ddp"
