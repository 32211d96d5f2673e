"""The head of a model card as hubs read it, and a page of a release that is quick however large the run was."""

import json
from pathlib import Path

import pytest
import yaml
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute_pledges.models import DataSet, ModelRelease, Round, TrainingRun
from compute_pledges.releasing.front_matter import license_values, model_name
from compute_pledges.releasing.services import ask_release, prepare_releases
from compute_pledges.releasing.side_files import ARCHITECTURES
from compute_pledges.standing.listing import choose_listing
from compute_pledges.web.ranged import FOR_EVER
from tests.compute_pledges.earning import named
from tests.compute_pledges.test_releasing import flat, kept
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_user
from tests.factories.pledges import machine, worked
from training_cluster.protocol_models import FAMILIES

HEAD = Path(__file__).parents[1] / "factories" / "release_head.yaml"
pytestmark = pytest.mark.django_db


def stopped(**fields):
    run = make_run(**fields)
    for index in (0, 1):
        Round.objects.create(
            run=run, index=index, theta_sha256=kept(flat()), duration_seconds=12, opened_at=NOW, closed_at=NOW,
            held_out_loss=2.0 - index,
        )  # fmt: skip
    TrainingRun.objects.filter(pk=run.pk).update(state="stopped", parameters=10)
    run.refresh_from_db()
    return run


def released(run):
    words = {"license_name": run.project.weights_license, "intended_use": "To play.", "limitations": "It is small."}
    ask_release(run_id=run.pk, by=run.project.creator, now=NOW, **words)
    assert prepare_releases(now=NOW) == 1
    return ModelRelease.objects.get(run=run)


def head(release):
    return yaml.safe_load(release.card.split("---\n")[1])


def test_the_head_says_license_data_metrics_and_library():
    data = DataSet.objects.create(
        owner=None, name="books", license="CC0-1.0", format="text", source="hub", state="ready", created_at=NOW,
        origin={"repository": "open/books", "commit": "a" * 40},
    )  # fmt: skip
    run = stopped(data_set=data, data={"name": 'Books "all": \u2028 🙂\n---\nx: 1', "license": "CC0-1.0", "train": []})
    assert head(released(run)) == yaml.safe_load(HEAD.read_text().replace("RUN", model_name(run).split("/")[1]))


def test_the_head_names_the_datas_languages_and_no_code_that_is_none():
    data = {"name": "Tales", "license": "CC0-1.0", "train": []}
    assert head(released(stopped(data={**data, "language": "de, pt-BR, zxx"})))["language"] == ["de", "pt-BR"]
    assert "language" not in head(released(stopped(data={**data, "language": "und"})))


def test_a_fork_names_the_run_that_its_weights_come_from():
    origin = stopped(name="First try")
    fork = stopped(project=origin.project, forked_from=origin, forked_round=1, config={"_class_name": "UNet2DModel"},
                   task="image-diffusion")  # fmt: skip
    Round.objects.filter(run=fork).update(held_out_loss=None)
    release = released(fork)
    found = head(release)
    assert (found["base_model"], found["base_model_relation"]) == (model_name(origin), "finetune")
    assert model_name(origin) == f"{origin.project.slug}/first-try-{str(origin.pk)[:8]}"
    assert found["library_name"] == "diffusers"
    assert found["pipeline_tag"] == "unconditional-image-generation"
    assert not {"model-index", "datasets"} & set(found)
    assert f"/runs/{origin.pk}/" in release.card


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("MIT", {"license": "mit"}), ("CC-BY-SA-4.0", {"license": "cc-by-sa-4.0"}),
        ("GPL-3.0-or-later", {"license": "gpl-3.0"}), ("ODbL-1.0", {"license": "odbl"}),
        ("PSF-2.0", {"license": "other", "license_name": "psf-2.0",
                     "license_link": "https://spdx.org/licenses/PSF-2.0.html"}),
        ("MIT OR Apache-2.0", {"license": "other", "license_name": "mit-or-apache-2.0", "license_link": "https://x/p/"}),
        ("LicenseRef-RAIL", {"license": "other", "license_name": "licenseref-rail", "license_link": "https://x/p/"}),
    ],
)  # fmt: skip
def test_licenses_are_said_as_the_hub_knows_them(expression, found):
    assert license_values(expression, address="https://x/p/") == found


def test_every_language_architecture_that_can_be_declared_names_its_class():
    assert {name for name in FAMILIES if name != "UNet2DModel"} == set(ARCHITECTURES)


def test_the_page_keeps_what_the_card_says_and_reads_no_block_twice(client):
    run = stopped()
    ada, ben = named("Ada"), named("Ben")
    for user, hours in ((ada, 3), (ben, 2)):
        worked(run, run.rounds.get(index=0), machine(owner=user), hours)
    released(run)
    counts, address = [], f"/runs/{run.pk}/release/"
    page = client.get(address).content.decode()
    assert f'<a href="/volunteers/{ada.pk}/">Ada</a>' in page
    for more in (0, 5):
        for _ in range(more):
            worked(run, run.rounds.get(index=0), machine(owner=make_user()), 1)
        with CaptureQueriesContext(connection) as asked:
            assert ">2</dd>" in client.get(address).content.decode()
        assert not any("workresult" in query["sql"] for query in asked.captured_queries)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 4
    choose_listing(user=ben, hidden=True, now=NOW)
    page = client.get(address).content.decode()
    assert ">Ben</a>" not in page
    assert "And 6 more" not in page
    assert "And 1 more" in page
    cache.clear()
    ModelRelease.objects.update(facts={})
    assert "10 GPU-h" in client.get(address).content.decode()


def test_files_are_kept_by_caches_for_ever_and_say_since_when(client):
    run = stopped()
    released(run)
    address = f"/runs/{run.pk}/release/files/config.json"
    answer = client.get(address)
    assert json.loads(b"".join(answer))["model_type"] == "gpt2"
    assert (answer["Cache-Control"], answer["Last-Modified"]) == (FOR_EVER, "Mon, 01 Jun 2026 12:00:00 GMT")
    assert client.get(address, headers={"If-Modified-Since": answer["Last-Modified"]}).status_code == 304
