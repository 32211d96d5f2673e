"""`run`, `calibrate` and `audit`: one agent in this process, or one for each of several GPUs."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from training_cluster.client import Api, device_signature
from training_cluster.folder import Folder
from training_cluster.hardware import gpus
from training_cluster.lifetime import bind_children, stop_on_signals
from training_cluster.programs import Program, stop_programs
from training_cluster.volunteer.devices import PREFIX, children, device_folders, gpu_of
from training_cluster.volunteer.guest import Guest
from training_cluster.volunteer.limits import Limits, load_limits
from training_cluster.volunteer.traffic import GIB

if TYPE_CHECKING:
    from training_cluster.agent import Agent

STOP_SECONDS = 60.0
AUDIT_IDLE_SECONDS, AUDIT_PATIENCE_SECONDS = 10.0, 600.0
LOOK_SECONDS = 1.0


def real_agent() -> type[Agent]:
    """Loading PyTorch takes seconds, so only the commands that train do it, once threads and priority are set."""
    # An exchange that fails is told in the agent's own words; hivemind would print its stack.
    os.environ.setdefault("HIVEMIND_LOGLEVEL", "CRITICAL")
    from training_cluster.agent import Agent

    return Agent


def work(chosen: argparse.Namespace, agent_type: Callable[[], type[Agent]]) -> int:
    """Until stopped, or for the one block that measures. Raises ApiError, PlatformAway, FolderProblem."""
    home, is_calibration = chosen.state, chosen.command == "calibrate"
    folders = device_folders(home)
    if chosen.gpu is None and len(folders) > 1:
        return (_calibrate_several if is_calibration else _run_several)(chosen, folders)
    path = home if chosen.gpu is None else home / f"{PREFIX}{chosen.gpu}"
    folder, stopping = Folder(path), threading.Event()
    _prepare(chosen, folder, stopping)
    agent = agent_type()(folder, stopping, Guest(home, path, gpu_of(path)))
    if is_calibration:
        print("One block measures what this machine does.", flush=True)
        agent.run("calibration", blocks=1)
    else:
        print("Ready. Ctrl-C hands in what is finished and stops.", flush=True)
        agent.run()
    print(f"Stopped. {agent.handed_in} blocks were handed in.", flush=True)
    return 0


def audit(chosen: argparse.Namespace) -> int:
    """Replay others' blocks until stopped. Raises ApiError when this machine may not, PlatformAway, FolderProblem."""
    path = chosen.state if chosen.gpu is None else chosen.state / f"{PREFIX}{chosen.gpu}"
    folder, stopping = Folder(path), threading.Event()
    _prepare(chosen, folder, stopping)
    from training_cluster.auditor import Auditor

    guest, pairing = Guest(chosen.state, path, gpu_of(path)), folder.pairing()
    authorize = device_signature(folder.key, pairing["device_id"])
    api = Api(pairing["platform"], authorize, AUDIT_PATIENCE_SECONDS, stopping, guest.traffic)
    auditor, done = Auditor(api), 0
    print("Auditing. Ctrl-C finishes the block at hand and stops.", flush=True)
    while not stopping.is_set():
        resting = guest.guard.reason()
        guest.tell(text=f"Resting. {resting}" if resting else f"Auditing: {done} blocks looked at.")
        if resting or not auditor.audit_one():
            stopping.wait(AUDIT_IDLE_SECONDS)
        else:
            done += 1
    print(f"Stopped. {done} blocks were looked at.", flush=True)
    return 0


def _prepare(chosen: argparse.Namespace, folder: Folder, stopping: threading.Event) -> None:
    """Before work: paired, one agent a folder, its GPU alone, bound children, a clean stop, threads and priority."""
    folder.pairing()
    folder.lock()
    if chosen.gpu is not None:
        # Before PyTorch loads; in the order of the driver's own tool, by which the folders are numbered.
        os.environ.update(CUDA_DEVICE_ORDER="PCI_BUS_ID", CUDA_VISIBLE_DEVICES=str(chosen.gpu))
    bind_children()
    stop_on_signals(stopping, STOP_SECONDS)
    if chosen.threads:
        os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    os.nice(chosen.nice)
    _bound_memory(load_limits(chosen.state))


def _bound_memory(limits: Limits) -> None:
    """The kernel refuses more private memory; Linux alone counts it so. A GPU's share is set when joining."""
    if limits.memory_gib is not None and not gpus() and sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_DATA, (int(limits.memory_gib * GIB), resource.RLIM_INFINITY))


def _programs(chosen: argparse.Namespace, folders: list[Path]) -> list[Program]:
    options = ["--threads", str(chosen.threads), "--nice", str(chosen.nice)]
    return children(chosen.state, folders, chosen.command, options)


def _calibrate_several(chosen: argparse.Namespace, folders: list[Path]) -> int:
    """One block on each GPU, at the same time as they will work later; 0 when all were handed in."""
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS + 10)
    programs = _programs(chosen, folders)
    print(f"One block measures each of {len(programs)} GPUs; each writes to its agent.log.", flush=True)
    for program in programs:
        program.keep()
    running = [(program.name, program.process) for program in programs if program.process is not None]
    while not stopping.is_set() and any(process.poll() is None for _, process in running):
        stopping.wait(LOOK_SECONDS)
    stop_programs(programs, STOP_SECONDS)
    for name, process in running:
        print(f"{name}: {'not measured, see its agent.log' if process.returncode else 'measured'}", flush=True)
    return max(abs(process.returncode) for _, process in running)


def _run_several(chosen: argparse.Namespace, folders: list[Path]) -> int:
    """An agent for each GPU, kept running; each stops by itself when told, with its blocks handed in."""
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS + 10)
    programs = _programs(chosen, folders)
    print(f"Ready with {len(programs)} GPUs; each writes to its agent.log in {chosen.state}.", flush=True)
    while not stopping.is_set():
        for program in programs:
            program.keep()
        stopping.wait(LOOK_SECONDS)
    stop_programs(programs, STOP_SECONDS)
    print("Stopped.", flush=True)
    return 0
