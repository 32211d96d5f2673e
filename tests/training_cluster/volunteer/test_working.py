"""`run` and `calibrate` on machines with several GPUs."""

import os
import sys

import pytest

from training_cluster.folder import Folder
from training_cluster.programs import Program
from training_cluster.volunteer import devices, working
from training_cluster.worker import main, parse


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Two GPUs that were paired."""
    monkeypatch.setattr(working, "stop_on_signals", lambda *_: None)
    monkeypatch.setattr(working, "bind_children", lambda: None)
    for index in (0, 1):
        Folder(tmp_path / f"gpu-{index}").remember("http://127.0.0.1:9", f"device-{index}")
    return tmp_path


class Looking:
    """An agent that only looks at what it may see."""

    handed_in, seen = 0, {}

    def __init__(self, *_):
        names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
        type(self).seen = {name: os.environ.get(name) for name in names}

    def run(self, *_, **__):
        """Nothing is worked on."""


@pytest.mark.parametrize("command", ["run", "calibrate"])
def test_a_gpu_named_by_a_person_is_the_only_one_that_is_seen(home, monkeypatch, command):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    assert main(["--state", str(home), command, "--nice", "0", "--gpu", "1"], lambda: Looking) == 0
    assert Looking.seen == {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


@pytest.mark.parametrize("command", ["run", "calibrate"])
def test_each_gpu_is_told_the_command_that_was_typed(home, command):
    chosen = parse(["--state", str(home), command])
    programs = working._programs(chosen, devices.device_folders(home))
    assert [program.argv[5:8] for program in programs] == [[command, "--gpu", "0"], [command, "--gpu", "1"]]


@pytest.mark.parametrize("code", [0, 3])
def test_calibrating_several_gpus_measures_each_once_and_ends(home, monkeypatch, capsys, code):
    def programs(_home, folders, command, _options):
        assert command == "calibrate"
        text = "import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('x'); sys.exit(int(sys.argv[2]))"
        ends = (0, code)
        return [
            Program(folder.name, [sys.executable, "-c", text, str(folder / "ran"), str(end)], {}, folder / "agent.log")
            for folder, end in zip(folders, ends, strict=True)
        ]

    monkeypatch.setattr(working, "children", programs)
    assert main(["--state", str(home), "calibrate"]) == code
    assert [(home / f"gpu-{index}" / "ran").read_text() for index in (0, 1)] == ["x", "x"]
    said = capsys.readouterr().out
    assert "gpu-0: measured" in said
    assert f"gpu-1: {'not measured' if code else 'measured'}" in said
