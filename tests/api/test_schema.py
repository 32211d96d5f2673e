"""The OpenAPI document holds: fuzzed by schemathesis, no answer is 5xx and none breaks its own schema."""

import os
from collections import Counter
from datetime import timedelta

import hypothesis
import openapi_schema_validator
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.hooks.services import register
from api.hooks.telling import write_test
from api.rest.schema import document
from notices.models import Notice
from payments.services.appealing import open_appeal
from payments.services.moving import move_project
from projects.community.comments import Place, write_comment
from projects.community.notes import publish_note
from projects.discovery.saved import save_search
from projects.fulfilment.opening import open_delivery
from projects.happenings import Kind
from projects.teammates import invite
from projects.trust.reporting import report
from projects.trust.targets import find_target
from tests.api.calling import Caller
from tests.factories.compute import make_run, open_round
from tests.factories.papers import charged
from tests.factories.people import complete, make_project, make_user
from tests.factories.pledges import machine, promise

CHECKS = (
    not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance,
    status_code_conformance,
)  # fmt: skip
DAY = timedelta(days=1)
# Tries for each operation and role; a release runs many more.
TRIES = int(os.environ.get("SCHEMA_TRIES", "6"))
ASKED = Counter()
OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
schemathesis_schema = schemathesis.openapi.from_dict(document())


class World:
    """One of everything that an operation may name."""

    def __init__(self):
        now = timezone.now()
        self.callers = {
            "creator": Caller(), "stranger": Caller(), "reviewer": Caller(make_user(is_reviewer=True)),
            "admin": Caller(make_user(is_staff=True)), "reader": Caller(scopes=["account:read"]), "nobody": None,
        }  # fmt: skip
        owner = self.callers["creator"].owner
        self.project = make_project(
            creator=owner, slug="pocket", deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=40)
        )
        self.draft = complete(
            make_project(
                creator=owner, slug="draft", state="draft", deadline_at=now + 9 * DAY, compute_ends_at=now + 40 * DAY
            )
        )
        self.reward = self.project.rewards.create(
            title="Thanks", threshold_minor=500, benefits=["inference"], inference_quota=9, needs_address=True
        )
        self.note = publish_note(project=self.project, author=owner, title="W1", body="x", now=now)
        self.project.milestones.create(number=1, title="All", evidence_wanted="x", share_bp=10_000)
        self.comment = write_comment(place=Place(self.project), author=owner, body="x", kind="question", now=now)
        self.delivery = open_delivery(source="cash_pledge:1", reward=self.reward, person=owner, now=now)
        self.notice = Notice.objects.filter(person=owner).first()
        self.search = save_search(owner=owner, name="x", query="q=x", every="day", now=now)
        self.invitation = invite(project=self.draft, by=owner, email="lin@test.example", role="writer", now=now)
        self.hook = register(owner=owner, url="https://hooks.example/", kinds=list(Kind), project=None, now=now)
        self.message = write_test(endpoint=self.hook, now=now)
        self.run = make_run(project=self.project)
        open_round(self.run)
        self.device = machine(owner=owner)
        self.pledge = charged(make_project(), backer=owner)
        self.report = report(
            target=find_target("project", self.project.pk), reporter=make_user(), reason="spam", words="x", now=now
        )
        self.waiting = complete(make_project(creator=owner, slug="waiting", state="in_review"))
        suspended = make_project()
        move_project(project_id=suspended.pk, deed="suspend", by=make_user(is_staff=True), reason="x", now=now)
        self.appeal = open_appeal(project_id=suspended.pk, by=suspended.creator, words="x", now=now)
        self.gpu_pledge = promise(make_project(), 1, device=self.device)

    def known(self, path):
        """Half of the tries ask for what is there."""
        is_draft = any(part in path for part in ("steps", "submit", "team"))
        slug = (self.waiting if "staff" in path else self.draft if is_draft else self.project).slug
        return {
            "slug": slug, "report_id": self.report.pk, "appeal_id": self.appeal.pk, "run_id": str(self.run.pk),
            "device_id": str(self.device.pk), "key": "milestones", "number": 1, "note_id": self.note.pk,
            "pledge_id": str((self.gpu_pledge if "gpu" in path else self.pledge).pk),
            "comment_id": self.comment.pk, "reward_id": self.reward.pk, "delivery_id": self.delivery.pk,
            "notice_id": self.notice.pk, "user_id": self.pledge.project.creator_id, "search_id": self.search.pk,
            "invitation_id": str(self.invitation.pk), "hook_id": str(self.hook.pk), "message_id": self.message.pk,
        }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def figures():
    """How many requests came from whom, at the end; `-s` shows it."""
    yield
    print(f"\nrequests: {sum(ASKED.values())}, by role: {dict(ASKED)}")


@pytest.fixture
def world(db, settings):
    settings.API_REQUESTS_A_MINUTE = settings.API_ANONYMOUS_A_MINUTE = 10**6
    # As Django's own test client does: the connection that a request found open is the test's.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield World()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_document_is_served_and_its_answers_are_described(client):
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json()) == (200, document())
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    for methods in document()["paths"].values():
        for told in methods.values():
            (good,) = [each for code, each in told["responses"].items() if code.startswith("2")]
            assert good["content"]["application/json"]["examples"]
            assert {"400", "429"} <= set(told["responses"])


def test_examples_are_what_their_schemas_say():
    components = {"components": document()["components"]}
    for methods in document()["paths"].values():
        for told in methods.values():
            for content in (
                *(each["content"].get("application/json") for each in told["responses"].values()),
                told.get("requestBody", {}).get("content", {}).get("application/json"),
            ):
                for example in (content or {}).get("examples", {}).values():
                    schema = {**content["schema"], **components}
                    openapi_schema_validator.validate(
                        example["value"], schema, cls=openapi_schema_validator.OAS30Validator
                    )


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_answer_is_an_error_of_ours_or_breaks_its_schema(world, path, method):
    operation = schemathesis_schema[path][method.upper()]
    operation.app = get_wsgi_application()
    known, sampled = world.known(path), hypothesis.strategies.sampled_from

    @hypothesis.settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=TRIES < 100,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(), role=sampled(tuple(world.callers)), is_known=sampled((True, False)))
    def ask(case, role, is_known):
        if is_known:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        caller = world.callers[role]
        headers = {"Authorization": f"Bearer {caller.secret}"} if caller else {}
        ASKED[role] += 1
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    ask()
