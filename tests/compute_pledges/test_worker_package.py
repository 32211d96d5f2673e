"""The agent's package as the platform serves it: checked before it is served, installed by pip, verified by openssl."""

import hashlib
import re
import shutil
import subprocess
import sys

import pytest

from compute_pledges.worker_package import worker_package
from tests.factories.package import NAME, make_package
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.WORKER_PACKAGES = tmp_path / "worker"
    return settings.WORKER_PACKAGES


def test_without_a_package_the_page_says_so_and_gives_the_way_by_a_checkout(client, folder):
    page = client.get("/worker/").content.decode()
    assert "pip install ./training_cluster" in page
    assert "its operator has built none" in page
    assert client.get("/worker/files/SHA256SUMS").status_code == 404
    client.force_login(make_user())
    assert "This platform serves no package yet" in client.get("/gpu/machines/").content.decode()


def test_a_signed_package_is_served_with_all_that_verifies_it(client, folder, tmp_path):
    make_package(folder, key=tmp_path / "release.pem")
    digest = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    page = client.get("/worker/").content.decode()
    assert f"http://testserver/worker/files/{NAME}#sha256={digest}" in page
    assert "openssl pkeyutl -verify -pubin" in page
    assert (folder / "release.pub.pem").read_text().splitlines()[1] in page
    assert "not signed" not in page
    for name in (NAME, "SHA256SUMS", "SHA256SUMS.sig", "release.pub.pem"):
        answer = client.get(f"/worker/files/{name}")
        assert b"".join(answer) == (folder / name).read_bytes()
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    (tmp_path / "worker" / "notes.txt").write_text("private")
    for other in ("notes.txt", "..%2Frelease.pem", "%2e%2e"):
        assert client.get(f"/worker/files/{other}").status_code == 404


def test_an_unsigned_package_says_that_it_is_none(client, folder):
    make_package(folder)
    page = client.get("/worker/").content.decode()
    assert "has not signed this package" in page
    assert "openssl" not in page
    assert client.get("/worker/files/release.pub.pem").status_code == 404
    assert worker_package().version == "9.9.9"


def swapped_key(folder, tmp_path):
    make_package(tmp_path / "other", key=tmp_path / "another.pem")
    shutil.copy(tmp_path / "other" / "release.pub.pem", folder)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda folder, _: (folder / NAME).write_bytes(b"another wheel"),
        lambda folder, _: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  {NAME}\n"),
        lambda folder, _: (folder / "SHA256SUMS").write_text("nonsense"),
        lambda folder, _: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../../secret.whl\n"),
        lambda folder, _: (folder / "SHA256SUMS.sig").write_bytes(b"x" * 64),
        lambda folder, _: (folder / "release.pub.pem").write_text("no key"),
        lambda folder, _: (folder / "release.pub.pem").unlink(),
        lambda folder, _: (folder / NAME).unlink(),
        swapped_key,
    ],
)
def test_a_package_that_does_not_hold_together_is_served_to_nobody(client, folder, tmp_path, caplog, break_it):
    make_package(folder, key=tmp_path / "release.pem")
    assert b"".join(client.get(f"/worker/files/{NAME}"))
    break_it(folder, tmp_path)
    assert client.get(f"/worker/files/{NAME}").status_code == 404
    assert "its operator has built none" in client.get("/worker/").content.decode()
    assert "worker_package_refused" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_pip_installs_from_the_line_and_refuses_another_hash(client, live_server, folder, tmp_path):
    make_package(folder)
    page = client.get("/worker/", headers={"host": live_server.url.removeprefix("http://")}).content.decode()
    (address,) = re.findall(r'pip install (?:"|&quot;)(http\S+?)(?:"|&quot;)', page)
    assert address.startswith(live_server.url)

    def pip(source):
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", tmp_path / "to"]
        return subprocess.run([*command, source], capture_output=True, text=True, check=False)

    refused = pip(re.sub(r"sha256=.*", f"sha256={'0' * 64}", address))
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    done = pip(address)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "to" / "commonweave_stand_in.py").exists()


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_the_commands_on_the_page_verify_the_signature(client, folder, tmp_path):
    make_package(folder, key=tmp_path / "release.pem")
    page = client.get("/worker/").content.decode()
    (line,) = re.findall(r"^openssl .*$", page, re.MULTILINE)
    assert subprocess.run(line.split(), cwd=folder, check=False, capture_output=True).returncode == 0
    (folder / "SHA256SUMS").write_text("changed\n")
    assert subprocess.run(line.split(), cwd=folder, check=False, capture_output=True).returncode != 0
