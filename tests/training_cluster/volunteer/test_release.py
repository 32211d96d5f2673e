"""The agent's package: what is in it, that it starts by itself, and that its signature is checked by a common tool."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from training_cluster import VERSION
from training_cluster.release import PUBLIC, SIGNATURE, SUMS, main

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    source = tmp_path_factory.mktemp("source") / "training_cluster"
    source.mkdir()
    copied = [file for file in (ROOT / "training_cluster").rglob("*") if file.is_file() and "build" not in file.parts]
    for file in copied:
        target = source / file.relative_to(ROOT / "training_cluster")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "-w", str(folder), str(source)], check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_agent_with_exact_pins(wheel, tmp_path):
    assert VERSION in wheel.name
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*install, "--target", str(tmp_path), str(wheel)], check=True)
    said = subprocess.run(
        [sys.executable, "-c", "import training_cluster.worker as w; print(w.__file__); w.main(['--help'])"],
        env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(tmp_path) in said
    assert "pause" in said
    metadata = next(tmp_path.glob("*.dist-info/METADATA")).read_text()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert len(needed) > 30
    assert all("==" in line for line in needed)


def test_hashes_are_signed_and_a_changed_file_is_noticed(wheel, tmp_path, capsys):
    (tmp_path / wheel.name).write_bytes(wheel.read_bytes())
    key = tmp_path / "release.key"
    assert main([str(tmp_path), "--key", str(key)]) == 0
    assert key.stat().st_mode & 0o077 == 0
    first, sums = (tmp_path / PUBLIC).read_bytes(), (tmp_path / SUMS).read_bytes()
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in sums.decode()
    load_pem_public_key(first).verify((tmp_path / SIGNATURE).read_bytes(), sums)
    with pytest.raises(InvalidSignature):
        load_pem_public_key(first).verify((tmp_path / SIGNATURE).read_bytes(), sums.replace(b"0", b"1"))
    assert main([str(tmp_path), "--key", str(key)]) == 0
    assert (tmp_path / PUBLIC).read_bytes() == first
    assert "Signed" in capsys.readouterr().out


def test_unsigned_packages_say_so_and_a_wrong_key_is_refused(wheel, tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "no wheel" in capsys.readouterr().out
    (tmp_path / wheel.name).write_bytes(wheel.read_bytes())
    assert main([str(tmp_path)]) == 0
    assert "Not signed" in capsys.readouterr().out
    other = tmp_path / "other.key"
    other.write_text("no key")
    assert main([str(tmp_path), "--key", str(other)]) == 1
    assert not (tmp_path / SIGNATURE).exists()
