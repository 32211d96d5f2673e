"""The agent's commands that do not train."""

from __future__ import annotations

import re
import shutil
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import segno

from training_cluster.client import Api, ApiError, PlatformAway, device_signature
from training_cluster.folder import UPDATE, Folder, FolderProblem
from training_cluster.hardware import hardware
from training_cluster.lifetime import stop_on_signals
from training_cluster.pairing import ask_for_code, enroll, wait_for_approval
from training_cluster.volunteer import guard
from training_cluster.volunteer.devices import PREFIX, device_folders, folders_to_pair, gpu_of
from training_cluster.volunteer.limits import LimitProblem, load_limits, save_limits
from training_cluster.volunteer.view import Told, show_once, watch

PATIENCE_SECONDS = 5.0
UNITS = {"m": 60, "h": 3600, "d": 86400}
MAY = (
    "It may: use this machine's GPU or CPU for the runs that you pledged hours to, within your limits;",
    "        fetch models and data of these runs from the platform, and send it what it computed.",
    "It may not: listen on a port, run other programs, read files outside its folder, become administrator.",
)


def login(home: Path, platform: str, name: str) -> int:
    """Show a code and its QR, wait for its approval, enroll a key for each device. Raises PairingFailed, ApiError."""
    base, folders = platform.rstrip("/"), folders_to_pair(home)
    code = ask_for_code(base)
    address = f"{base}/identity/o/device"
    print("\n".join(MAY), end="\n\n", flush=True)
    _print_qr(f"{address}?code={code['user_code']}")
    print(f"Open {address} and enter the code {code['user_code']}", flush=True)
    token = wait_for_approval(base, code)
    for folder in folders:
        index = gpu_of(folder.path)
        title = name if len(folders) == 1 else f"{name} GPU {index}"
        folder.remember(base, enroll(base, token, folder.key, title, hardware(index or 0)))
        print(f"Paired as {title}.", flush=True)
    print("Start it with: commonweave-worker run. Your limits: commonweave-worker limits", flush=True)
    return 0


def _print_qr(address: str) -> None:
    if sys.stdout.isatty():
        segno.make(address, error="l").terminal(compact=True, border=1)


def bench(home: Path, seconds: float, *, with_network: bool) -> int:
    """Measure, and tell the platform unless the network is left out. Raises ApiError, PlatformAway."""
    from training_cluster.volunteer.benchmark import benchmark

    api = device_api(device_folders(home)[0]) if with_network else None
    print(f"Measuring for about {seconds:.0f} seconds ...", flush=True)
    found = benchmark(api, seconds, lambda line: print(line, flush=True))
    if api is not None:
        api.post("/api/v1/device/benchmark", found)
        print("The platform knows it now and estimates with it. Only verified blocks earn hours.", flush=True)
    return 0


def rest(home: Path, text: str) -> int:
    """Pause for a time, or until resumed. Raises LimitProblem."""
    found = re.fullmatch(r"(\d{1,4})([mhd])", text.strip().lower()) if text else None
    if text and not found:
        raise LimitProblem(f"'{text}' is no time. Write for example 30m, 2h or 1d; without a time until `resume`.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = time.time() + int(found[1]) * UNITS[found[2]] if found else float("inf")
    guard.pause(home, until)
    words = f"until {datetime.fromtimestamp(until).astimezone():%a %H:%M}" if found else "until `resume`"
    print(f"Resting {words}. What is being worked on is handed in at the end of its segment.", flush=True)
    return 0


def go_on(home: Path) -> int:
    """End a pause."""
    print("Going on." if guard.resume(home) else "There was no pause.", flush=True)
    return 0


def status(home: Path, *, once: bool) -> int:
    """The live view, or one look when told so or written to a file. Raises FolderProblem when nothing is paired."""
    folders = device_folders(home)

    def ask() -> list[Told]:
        return [Told(folder, _platform_says(folder)) for folder in folders]

    if once or not sys.stdout.isatty():
        show_once(home, ask())
        return 0
    stopping = threading.Event()
    stop_on_signals(stopping, 5.0)
    watch(home, ask, stopping.is_set)
    return 0


def _platform_says(folder: Path) -> dict[str, object]:
    try:
        answer: dict[str, object] = device_api(folder).get("/api/v1/device")
    except ApiError as error:
        return {"state": "refused", "message": str(error)}
    except PlatformAway as error:
        return {"trouble": "away", "message": str(error)}
    return answer


def device_api(path: Path) -> Api:
    """The platform as one device of this machine speaks to it. Raises FolderProblem when it is not paired."""
    folder = Folder(path)
    pairing = folder.pairing()
    return Api(pairing["platform"], device_signature(folder.key, pairing["device_id"]), PATIENCE_SECONDS)


def limits(home: Path, changes: list[str]) -> int:
    """Show the limits, or change some: all of them or none. Raises LimitProblem."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    chosen = load_limits(home)
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise LimitProblem(f"'{change}' is no NAME=VALUE. Nothing was changed. For example: temperature-c=80")
        chosen = chosen.with_text(name, text)
    if changes:
        save_limits(home, chosen)
    for name, value in chosen.words():
        print(f"{name:>16}  {value}")
    print("They hold on this machine whatever is set on the platform, whose page shows them.", flush=True)
    return 0


def logout(home: Path) -> int:
    """End the access of every device here, then forget keys and pairings; the limits stay. Raises PlatformAway."""
    for path in device_folders(home):
        try:
            device_api(path).delete("/api/v1/device")
        except FolderProblem:
            print("This machine is not paired.", flush=True)
            return 0
        except ApiError as error:
            # Revoked already: what is left is to forget it here.
            print(f"The platform says: {error}", flush=True)
        forget(home, path)
    print("Logged out: the key is gone from this machine. What it earned stays yours.", flush=True)
    return 0


def forget(home: Path, path: Path) -> None:
    """Delete a device's key, pairing and traces."""
    if path != home and path.name.startswith(PREFIX):
        shutil.rmtree(path)
        return
    for name in ("device.json", "device.pem", "peer.key", "lease.json", "receipt.json", UPDATE, "state.json"):
        (path / name).unlink(missing_ok=True)
