"""Whether a machine may work: each limit holds it back with its reason, and lets it go again."""

import os
import time
from datetime import UTC, datetime

import pytest

from training_cluster.volunteer import guard as guards
from training_cluster.volunteer import sensors
from training_cluster.volunteer.guard import Guard
from training_cluster.volunteer.limits import Limits, save_limits
from training_cluster.volunteer.sensors import GpuReading, Sensors
from training_cluster.volunteer.traffic import GIB, Meter


class Machine:
    """Sensors that read what a test says."""

    def __init__(self):
        self.now, self.battery, self.idle, self.free, self.reading = (
            datetime(2026, 11, 23, 12, tzinfo=UTC),
            False,
            3600.0,
            50 * GIB,
            None,
        )
        self.memory = None

    def local_now(self):
        return self.now

    def on_battery(self):
        return self.battery

    def idle_seconds(self):
        return self.idle

    def disk_free(self):
        return self.free

    def memory_used(self):
        return self.memory

    def gpu(self):
        return self.reading


def reading(**changes):
    usual = {"temperature_c": 60, "power_watts": 150.0, "memory_used": 0, "memory_total": GIB, "others": False}
    return GpuReading(**(usual | changes))


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def guard(tmp_path, machine):
    return Guard(tmp_path, machine, Meter(tmp_path))


def allow(guard, **limits):
    save_limits(guard.folder, Limits(**limits))


def test_by_default_a_plugged_machine_works(guard):
    assert guard.reason() is None


@pytest.mark.parametrize(("limits", "state", "says"), [
    ({}, {"battery": True}, "On battery"),
    ({"hours": "0" * 168}, {}, "Outside the hours"),
    ({"only_idle": True}, {"idle": 30.0}, "Somebody uses"),
    ({"only_idle": True}, {"idle": None}, "does not tell"),
    ({"only_idle": True}, {"reading": reading(others=True)}, "Another program"),
    ({"temperature_c": 70}, {"reading": reading(temperature_c=71)}, "70 °C is your limit"),
    ({}, {"free": GIB}, "disk are free"),
])  # fmt: skip
def test_each_limit_holds_it_back_with_its_reason(guard, machine, limits, state, says):
    allow(guard, **limits)
    for name, value in state.items():
        setattr(machine, name, value)
    assert says in guard.reason()


def test_what_is_not_limited_does_not_matter(guard, machine):
    allow(guard, not_on_battery=False)
    machine.battery, machine.idle, machine.reading = True, 0.0, reading(temperature_c=100, others=True)
    assert guard.reason() is None


def test_a_hot_gpu_waits_until_it_is_cooler_by_some_degrees(guard, machine):
    allow(guard, temperature_c=70)
    found = []
    for degrees in (71, 69, 66, 65, 69):
        machine.reading = reading(temperature_c=degrees)
        found.append(guard.reason() is None)
    assert found == [False, False, False, True, True]


def test_the_months_data_is_counted_and_ends_work(guard):
    allow(guard, data_gib_month=0.5)
    guard.meter.add(up=GIB // 4, down=GIB // 8)
    assert guard.reason() is None
    guard.meter.add(down=GIB // 8)
    assert "your limit" in guard.reason()


def test_a_pause_holds_until_its_end_or_a_resume(guard, monkeypatch):
    guards.pause(guard.folder, time.time() + 3600)
    assert "Paused until" in guard.reason()
    later = time.time() + 3601
    monkeypatch.setattr(guards.time, "time", lambda: later)
    assert guard.reason() is None
    guards.pause(guard.folder, float("inf"))
    assert "resume" in guard.reason()
    assert (guards.resume(guard.folder), guards.resume(guard.folder)) == (True, False)
    assert guard.reason() is None


def test_between_steps_it_looks_every_two_seconds(guard, machine, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(guards.time, "monotonic", lambda: now[0])
    assert guard.reason_between_steps() is None
    machine.battery = True
    assert guard.reason_between_steps() is None
    now[0] += 2.0
    assert guard.reason_between_steps() == "On battery."


def test_too_much_power_makes_steps_rest_and_less_makes_them_go_on(guard, machine, monkeypatch):
    allow(guard, power_watts=200)
    now = [0.0]
    monkeypatch.setattr(guards.time, "monotonic", lambda: now[0])
    rests = []
    for watts in (250, 250, 250, 150, 150, 150, 150, 150, 150):
        now[0] += 2.0
        machine.reading = reading(power_watts=watts)
        guard.reason_between_steps()
        rests.append(round(guard.breathe(1.0), 3))
    assert rests[:3] == [0.111, 0.25, 0.429]
    assert rests[-1] == 0.0


def test_the_real_sensors_answer_on_this_machine(tmp_path):
    sensors = Sensors(tmp_path)
    assert sensors.disk_free() > 0
    assert sensors.local_now().tzinfo is not None
    assert sensors.on_battery() in (None, True, False)
    assert sensors.idle_seconds() is None or sensors.idle_seconds() >= 0
    assert sensors.gpu() is None


def test_memory_beyond_the_limit_rests_where_the_kernel_does_not_hold_it(guard, machine):
    allow(guard, memory_gib=4.0)
    assert guard.reason() is None
    machine.memory = 5 * GIB
    assert guard.reason() == "5.0 GiB of memory were used; 4 is your limit."
    machine.memory = 3 * GIB
    assert guard.reason() is None


@pytest.mark.parametrize(("told", "idle"), [
    ("IdleHint=no\nIdleSinceHint=0\n", 0.0),
    ("IdleHint=yes\nIdleSinceHint={since}\n", 900.0),
    ("", None),
])  # fmt: skip
def test_a_desktop_is_as_idle_as_its_session_says(tmp_path, monkeypatch, told, idle):
    tool = tmp_path / "loginctl"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{told.format(since=int((time.time() - 900) * 1e6))}END\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sensors, "_terminal_idle", lambda: 3600.0)
    monkeypatch.setattr(sensors, "_has_desktop", lambda: True)
    assert sensors._linux_idle() == pytest.approx(idle, abs=5)


def test_without_a_desktop_terminals_say_it(monkeypatch):
    monkeypatch.setattr(sensors, "_logind_idle", lambda: None)
    monkeypatch.setattr(sensors, "_terminal_idle", lambda: 3600.0)
    monkeypatch.setattr(sensors, "_has_desktop", lambda: False)
    assert sensors._linux_idle() == 3600.0
