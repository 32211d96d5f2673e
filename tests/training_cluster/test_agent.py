"""The agent in trouble: what it waits for, what ends it, and that no finished block is dropped without a word."""

import errno
import threading

import pytest
import torch

from tests.training_cluster.conftest import HYPER
from tests.training_cluster.memory_platform import MemoryPlatform
from training_cluster import agent as agents
from training_cluster.agent import Agent
from training_cluster.client import ApiError, PlatformAway
from training_cluster.folder import Folder
from training_cluster.model import encode, flatten, parameters_of
from training_cluster.session import Session
from training_cluster.volunteer.guest import Guest
from training_cluster.volunteer.troubles import MachineTrouble


class FakeApi(MemoryPlatform):
    """The platform for one device; `troubles_at[path's end]` are raised one by one instead of an answer."""

    def __init__(self):
        super().__init__(hyper=HYPER | {"exchange": "upload"})
        self.troubles_at, self.receipts, self.abandoned, self.leases = {}, [], [], 0
        self.theta = self.refused = None

    def trouble(self, path):
        for end, troubles in self.troubles_at.items():
            if path.endswith(end) and troubles:
                raise troubles.pop(0)

    def get(self, path):
        self.trouble(path)
        if path == "/api/v1/device":
            run = {"run_id": self.spec["run_id"], "anchor_addresses": ["https"], "anchor_peer_ids": ["platform"]}
            return {"state": "active", "message": "", "reveals": [], "run": run, "refused": self.refused}
        return super().get(path)

    def get_blob(self, sha256):
        if sha256 == self.theta:
            self.trouble("theta")
        return super().get_blob(sha256)

    def post(self, path, body=None):
        self.trouble(path)
        if path == "/api/v1/leases":
            self.leases += 1
            return self.lease()
        if path.endswith("/receipt"):
            self.receipts.append(body["receipt"])
            return {"device_us": 1_000_000}
        if path.endswith("/abandon"):
            self.abandoned.append(path.split("/")[-2])
        return {}

    def lease(self):
        return {
            "lease_id": f"lease-{self.leases}", "nonce": "n", "round": self.leases, "spec_sha256": self.spec_sha256(),
            "theta_sha256": self.theta, "seed": 1, "segment_steps": 5, "max_steps": 5, "keeps_segments": False,
            "seconds_remaining": 0.0,
        }  # fmt: skip


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch):
    for name in ("IDLE_SECONDS", "AWAY_SECONDS", "TROUBLE_SECONDS"):
        monkeypatch.setattr(agents, name, 0.0)


@pytest.fixture
def api(tmp_path):
    fake = FakeApi()
    folder = Folder(tmp_path)
    folder.remember("http://127.0.0.1:9", "device")
    run = {"run_id": fake.spec["run_id"], "anchor_addresses": [], "anchor_peer_ids": []}
    fake.theta = fake.put_blob(encode(flatten(parameters_of(Session(fake, folder, run).model))))
    return fake


@pytest.fixture
def start(tmp_path, api):
    """A new process of the agent, so to say: only the folder knows of the one before."""

    def begin():
        agent = Agent(Folder(tmp_path), threading.Event(), Guest(tmp_path, tmp_path, None))
        agent.api = api
        return agent

    return begin


def away():
    return PlatformAway("The platform does not answer.")


def test_a_block_is_worked_on_and_handed_in(api, start):
    agent = start()
    agent.run(blocks=1)
    assert [receipt["lease_id"] for receipt in api.receipts] == ["lease-1"]
    assert not agent.folder.open_lease()
    assert agent.folder.kept_receipt() is None


@pytest.mark.parametrize(("place", "trouble"), [
    ("theta", ApiError(0, "storage_away", "The object storage does not answer.")),
    ("theta", ApiError(0, "blob_corrupt", "The blob's bytes do not match its hash.")),
    ("theta", ApiError(404, "", "There is no such blob.")),
    ("theta", ApiError(403, "storage_refused", "The object storage did not give the bytes.")),
    ("/device/report", ApiError(400, "report_refused", "The report was not understood.")),
    ("/v1/device", ApiError(404, "", "Not found.")),
])  # fmt: skip
def test_ordinary_trouble_is_said_and_waited_for(api, start, capsys, place, trouble):
    api.troubles_at[place] = [trouble]
    start().run(blocks=1)
    assert str(trouble) in capsys.readouterr().out
    assert len(api.receipts) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_machine_that_is_shut_out_ends(api, start, status):
    api.troubles_at["/v1/device"] = [ApiError(status, "device_not_allowed", "Revoked.")]
    with pytest.raises(ApiError, match="Revoked"):
        start().run(blocks=1)


def test_a_receipt_is_sent_again_while_the_platform_is_away(api, start, capsys):
    api.troubles_at["/receipt"] = [away(), away()]
    agent = start()
    agent.run(blocks=1)
    assert [receipt["lease_id"] for receipt in api.receipts] == ["lease-1"]
    assert api.abandoned == []
    assert "The receipt of the last block is kept here and sent again." in capsys.readouterr().out
    assert agent.guest.state.lost_blocks == 0


def test_a_receipt_outlives_its_process_and_is_no_block_of_the_next(api, start):
    api.troubles_at["/receipt"] = [away()]
    first = start()
    first.careful_turn("training")
    assert api.receipts == []
    second = start()
    second.run("calibration", blocks=1)
    assert [receipt["lease_id"] for receipt in api.receipts] == ["lease-1", "lease-2"]
    assert api.abandoned == []
    assert second.handed_in == 1


def test_a_pause_does_not_keep_a_finished_block_from_being_handed_in(api, start, monkeypatch):
    api.troubles_at["/receipt"] = [away()]
    agent = start()
    agent.careful_turn("training")
    monkeypatch.setattr(type(agent.guest.guard), "reason", lambda _self: "Paused.")
    agent.careful_turn("training")
    agent.careful_turn("training")
    assert len(api.receipts) == api.leases == 1


def test_a_refused_receipt_is_a_lost_block_that_is_said(api, start, capsys):
    expired = ApiError(409, "receipt_refused", "The lease has expired; its block earns nothing.")
    api.troubles_at["/receipt"] = [away(), expired]
    agent = start()
    agent.run(blocks=1)
    said = capsys.readouterr().out
    assert "The block of round 1 was refused: The lease has expired; its block earns nothing." in said
    assert "The block at hand is lost." in said
    assert agent.guest.state.lost_blocks == 1
    assert api.abandoned == ["lease-1"]
    assert [receipt["lease_id"] for receipt in api.receipts] == ["lease-2"]


def test_a_block_whose_update_cannot_be_sent_is_said_to_be_lost(api, start, capsys):
    agent = start()
    api.troubles_at["theta"] = [away()]
    agent.run(blocks=1)
    assert "The block at hand is lost." in capsys.readouterr().out
    assert agent.guest.state.lost_blocks == 1
    assert api.abandoned == ["lease-1"]


class Breaking(Agent):
    """Its computations fail while there are errors left."""

    errors: list[Exception]

    def train(self, session, lease, theta, deadline):
        if self.errors:
            raise self.errors.pop(0)
        return super().train(session, lease, theta, deadline)


def breaking(agent, *errors):
    agent.__class__ = Breaking
    agent.errors = list(errors)
    return agent


def test_a_failed_computation_loses_its_block_and_joins_anew(api, start, capsys):
    agent = breaking(start(), RuntimeError("CUDA error: unknown error\nCompile with TORCH_USE_CUDA_DSA"))
    agent.run(blocks=1)
    said = capsys.readouterr().out
    assert "The computation failed (CUDA error: unknown error). The block at hand is lost." in said
    assert said.count("Joined run") == 2
    assert agent.guest.state.lost_blocks == 1
    assert agent.failures == 0


def test_three_failures_in_a_row_end_the_agent_in_words(api, start):
    agent = breaking(start(), *(RuntimeError("CUDA error: lost") for _ in range(3)))
    with pytest.raises(MachineTrouble, match=r"CUDA error: lost.*3 times in a row.*Start me again"):
        agent.run(blocks=1)
    assert agent.guest.state.lost_blocks == 3


def test_too_little_memory_never_ends_the_agent(api, start, capsys):
    agent = breaking(start(), *(torch.OutOfMemoryError("CUDA out of memory") for _ in range(4)))
    agent.run(blocks=1)
    assert "There was not enough memory for this block." in capsys.readouterr().out
    assert agent.guest.state.lost_blocks == 4


def test_an_upload_that_a_kill_cut_off_goes_on_in_the_next_process(api, start, tmp_path, monkeypatch):
    def cut(_path, _payload):
        raise away()

    monkeypatch.setattr(api, "post_bytes", cut)
    monkeypatch.setattr(api, "patience_seconds", 0.0)
    start().careful_turn("training")
    assert (tmp_path / "update.bin").exists()
    assert api.receipts == []
    monkeypatch.undo()
    second = start()
    second.settle()
    assert [receipt["lease_id"] for receipt in api.receipts] == ["lease-1"]
    assert api.receipts[0]["update_sha256"] in api.blobs
    assert not (tmp_path / "update.bin").exists()
    assert second.guest.state.lost_blocks == 0


def test_an_update_of_another_block_is_not_sent_with_a_receipt(api, start, monkeypatch):
    api.troubles_at["/receipt"] = [away()]
    first = start()
    first.careful_turn("training")
    first.folder.remember_update(b"other bytes")
    before = dict(api.blobs)
    start().settle()
    assert api.blobs == before
    assert len(api.receipts) == 1


def test_a_disk_without_room_for_the_update_ends_no_block(api, start, monkeypatch, tmp_path):
    def full(_self, _payload):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Folder, "remember_update", full)
    start().run(blocks=1)
    assert len(api.receipts) == 1


def test_a_block_that_did_not_count_later_is_told_once(api, start, capsys):
    api.refused = {
        "blocks": 2, "lease_id": "old", "round": 4, "reason": "Replay did not give the uploaded update.",
        "page": "http://platform.test/gpu/machines/1/",
    }  # fmt: skip
    start().run(blocks=2)
    said = capsys.readouterr().out
    assert said.count("2 blocks of the last seven days did not count. Round 4: Replay did not give") == 1
    assert "http://platform.test/gpu/machines/1/" in said
