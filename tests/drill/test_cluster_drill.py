"""The cluster drill, small and real, and its verdict over books that were damaged on purpose."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connections

from bench.cluster_drill.aftermath import Aftermath
from bench.cluster_drill.cheating import judge_cheats
from bench.cluster_drill.scenes import Scenes, until
from bench.cluster_drill.timetable import CONFIG, HONEST, HYPER
from bench.cluster_drill.verdict import judge_books, judge_honest, true_seconds
from bench.stack.stage import stop_after
from compute_pledges.models import WorkResult
from launcher.errors import LaunchError
from launcher.places import ROOT
from tests.compute_pledges.working import audit, pledge, work
from tests.drill.test_drill import processes_of
from tests.factories.compute import NOW, Agent, make_run
from values.gpu_time import training_flops

SECONDS, SECOND_LONG = 400, timedelta(seconds=1)
OWN = ("DATABASE_URL", "REDIS_URL", "COMMONWEAVE_MODE", "COMMONWEAVE_STATE_DIR", "DJANGO_ALLOW_ASYNC_UNSAFE")


def test_a_short_drill_accounts_for_every_second(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    argv = [sys.executable, "-m", "bench.cluster_drill", "--seed", "7", "--short"]
    done = subprocess.run(
        argv, cwd=ROOT, env={**environment, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    line = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert set(line["verified_seconds"]) == set(HONEST)
    assert all(figures["true"] > 0 for figures in line["verified_seconds"].values())
    assert (line["honest_blocks_rejected"], line["cheat_credit_seconds"], line["journal_difference"]) == (0, 0, 0)
    assert line["loss_last"] < line["loss_first"]
    assert (line["differences"], line["seed"]) == ([], 7)
    assert not processes_of(tmp_path)
    assert not list(tmp_path.glob("commonweave-drill-*"))


def test_time_without_a_database_counts_for_nobody():
    waited = []

    def scene():
        waited.append((yield from until(lambda: False, 0.05, counts=lambda: len(waited) > 10 or bool(clock))))

    clock: list[int] = []
    scenes = Scenes([scene()])
    for _ in range(200_000):
        if not scenes.tick():
            break
    assert waited == []
    clock.append(1)
    while scenes.tick():
        pass
    assert waited == [False]


def test_true_seconds_come_from_the_machine_s_own_account_and_the_published_rules():
    parameters, steps = 20_000, 100
    flops = training_flops(
        tokens=steps * HYPER["batch"] * HYPER["sequence"], parameters=parameters, layers=CONFIG["n_layer"],
        width=CONFIG["n_embd"], sequence=HYPER["sequence"],
    )  # fmt: skip
    block = {"steps": steps, "parameters": parameters}
    fast = flops / 40e9
    account = [
        {"lease": "a", **block}, {"handed_in": "a", "elapsed": fast},
        {"lease": "b", **block}, {"handed_in": "b", "elapsed": 10 * fast},
        {"lease": "never-arrived", **block},
    ]  # fmt: skip
    assert true_seconds(account) == pytest.approx(3 * fast)


@pytest.fixture
def books(tmp_path, db, monkeypatch):
    """A verified block of each honest machine, and its own account of it."""
    devices, run = {}, make_run()
    for index, name in enumerate((*HONEST, "shaved_1")):
        agent = Agent()
        pledge(agent, run)
        result = work(agent, run, NOW.replace(minute=index), index)
        audit(0.001, now=NOW.replace(hour=13))
        devices[name] = str(agent.device.pk)
        folder = tmp_path / "agents" / name
        folder.mkdir(parents=True)
        key = "cheated" if name == "shaved_1" else "lease"
        lines = [{key: str(result.pk), "steps": result.steps, "parameters": 1}]
        (folder / "done.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    seconds = WorkResult.objects.first().device_us / 1e6
    monkeypatch.setattr("bench.cluster_drill.verdict.true_seconds", lambda account: seconds * len(account))
    return tmp_path, devices


def judged(books):
    folder, devices = books
    differences: list[str] = []
    return differences, {
        **judge_honest(folder, devices, differences), **judge_cheats(folder, devices, differences),
        **judge_books(differences),
    }  # fmt: skip


def test_what_a_cheat_kept_is_a_difference_and_honest_machines_are_not(books):
    differences, figures = judged(books)
    assert figures["honest_blocks_rejected"] == 0
    assert figures["cheat_credit_seconds"] > 0
    assert [text.split(":")[0] for text in differences] == ["shaved_1"]


def test_a_weight_that_no_saved_round_took_is_no_lie(books):
    folder, devices = books
    account = folder / "agents" / "shaved_1" / "done.jsonl"
    account.write_text(account.read_text().replace("cheated", "outweighed"))
    block = WorkResult.objects.filter(device_id=devices["shaved_1"])
    block.update(anchor_weight=None, is_merged=False)
    differences, figures = judged(books)
    assert figures["cheat_credit_seconds"] == 0
    assert [text for text in differences if text.startswith("shaved_1")] == ["shaved_1: it never handed in its deed"]
    block.update(anchor_weight=20, is_merged=True)
    differences, figures = judged(books)
    assert figures["cheat_credit_seconds"] > 0


def test_a_block_that_was_lost_refused_or_priced_wrongly_is_a_difference(books):
    _, devices = books
    WorkResult.objects.filter(device_id=devices["steady"]).update(state="rejected", reason="test")
    WorkResult.objects.filter(device_id=devices["late"]).update(device_us=10)
    differences, figures = judged(books)
    assert figures["honest_blocks_rejected"] == 1
    assert figures["journal_difference"] > 0
    assert {"steady", "late"} <= {text.split(":")[0] for text in differences}
    assert any(text.startswith("audit_compute") for text in differences)


@pytest.mark.django_db(transaction=True)
def test_what_must_hold_after_each_failure_is_asked_of_the_database():
    agent, run = Agent(), make_run()
    connection = connections["default"].settings_dict
    url = psycopg.conninfo.make_conninfo(
        host=connection["HOST"], port=connection["PORT"], user=connection["USER"], password=connection["PASSWORD"],
        dbname=connection["NAME"],
    )  # fmt: skip
    work(agent, run, now=NOW)
    after = Aftermath(paused_at=NOW - 30 * SECOND_LONG, resumed_at=NOW - SECOND_LONG)
    after.mended["anchor"] = NOW - SECOND_LONG
    device = str(agent.device.pk)
    assert after.differences(url, device) == []
    after.mended["database"] = NOW + 60 * SECOND_LONG
    after.resumed_at = NOW + SECOND_LONG
    assert after.differences(url, device) == [
        "database: no round was merged after it.",
        "paused: it took 1 leases while it was paused.",
        "paused: it took no lease after it was resumed.",
    ]


def test_a_drill_that_takes_too_long_gives_up():
    stop_after(1)
    with pytest.raises(LaunchError, match="longer than 1 seconds"):
        time.sleep(5)
