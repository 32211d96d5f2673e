"""One of everything that an address can name, and who may come to it."""

from datetime import date, timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone

from api.hooks.telling import write_test
from api.models import HookEndpoint
from api.scopes import SCOPES
from api.tokens.services import make_token
from compute_pledges.models import (
    Appeal,
    DataSet,
    InvoiceEvidence,
    Lease,
    ModelRelease,
    RunDraft,
    SponsorInvoice,
    SponsorVendor,
)
from compute_pledges.standing import teams
from notices.models import Notice
from pages.models import MailboxMessage
from payments.models import (
    Dispute,
    Hold,
    MonthlySupport,
    Payout,
    PayoutRecipient,
    ReconciliationDifference,
)
from projects.community.comments import Place, write_comment
from projects.community.notes import publish_note
from projects.fulfilment.opening import open_delivery
from projects.models import (
    Collection,
    DeliveryAddress,
    LineComment,
    Milestone,
    OutputFile,
    OutputRelease,
    Report,
    Role,
    SavedSearch,
    SuspensionAppeal,
    TeamInvitation,
    Teammate,
)
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.papers import charged
from tests.factories.people import make_project, make_user
from tests.factories.pledges import promise

WEEK = timedelta(days=7)
# Signed in with the site's session, in this order.
MACHINES = ("device", "other-device", "run", "other-run", "auditor", "manager", "token", "other-token", "team-token",
            "reviewer-token", "admin-token")  # fmt: skip
PEOPLE = ("anonymous", "stranger", "backer", "volunteer", "teammate", "co-creator", "creator", "reviewer", "admin")
TOKENS = ("token", "other-token", "team-token", "reviewer-token", "admin-token")
AUDIENCES = {
    "everyone": PEOPLE, "people": PEOPLE[1:], "tokens": TOKENS,
    "callers": (*PEOPLE, "device", "other-device", *TOKENS),
}  # fmt: skip


class World:
    """A live project with everything of it. The stranger owns the like elsewhere, and nothing here."""

    def __init__(self):
        now = timezone.now()
        self.now, self.browsers = now, {}
        self.people = {
            "stranger": make_user(), "backer": make_user(), "teammate": make_user(), "creator": make_user(),
            "co-creator": make_user(),
            "reviewer": make_user(is_reviewer=True, organization="Reviewers"), "admin": make_user(is_staff=True),
        }  # fmt: skip
        creator = self.people["creator"]
        self.project = make_project(
            creator=creator, slug="matrix", deadline_at=now + WEEK, compute_ends_at=now + 4 * WEEK,
            compute_minimum_us=10**9,
        )  # fmt: skip
        Teammate.objects.create(project=self.project, user=self.people["teammate"], added_at=now)
        Teammate.objects.create(
            project=self.project, user=self.people["co-creator"], added_at=now, role=Role.CO_CREATOR
        )
        self.invitation = TeamInvitation.objects.create(
            project=self.project, email=self.people["stranger"].email, role=Role.WRITER, invited_by=creator,
            invited_at=now,
        )  # fmt: skip
        self._words(now, creator)
        self._promised(now, creator)
        self._money(now)
        self._compute(now)
        self._elsewhere(now)

    def _words(self, now, creator):
        self.milestone = Milestone.objects.create(
            project=self.project, number=1, title="Step", evidence_wanted="A file.", share_bp=10_000
        )
        self.notice = Notice.objects.create(
            person=self.people["backer"], kind="reward", key="k", title="x", delivery="page", created_at=now
        )
        self.mail = MailboxMessage.objects.create(recipient="a@b.example", subject="x", body="x", html="<p>x")
        self.note = publish_note(project=self.project, author=creator, title="x", body="x", now=now)
        self.comment = write_comment(
            place=Place(self.project), author=self.people["backer"], body="x", kind="question", now=now
        )
        self.line_comment = LineComment.objects.create(
            project=self.project, reviewer=self.people["reviewer"], submission=1, paragraph=1, quote="x", words="y",
            written_at=now,
        )  # fmt: skip

    def _promised(self, now, creator):
        self.reward = self.project.rewards.create(
            title="x", threshold_minor=1000, benefits=["thanks", "inference"], inference_quota=5, thanks_text="x",
            needs_address=True,
        )  # fmt: skip
        self.delivery = open_delivery(source="world", reward=self.reward, person=self.people["backer"], now=now)
        DeliveryAddress.objects.create(
            delivery=self.delivery, name="x", lines="x", city="x", country="DE", given_at=now
        )
        self.report = Report.objects.create(
            target="project", target_id=self.project.pk, reporter=self.people["backer"], reason="spam", words="x",
            reported_at=now,
        )  # fmt: skip
        self.suspension_appeal = SuspensionAppeal.objects.create(
            project=self.project, opened_by=creator, words="x", opened_at=now
        )

    def _elsewhere(self, now):
        # The stranger is somebody: their own project, pledge and machine are no key to others'.
        other = self.people["stranger"]
        elsewhere = make_project(
            creator=other, slug="elsewhere", deadline_at=now + WEEK, compute_ends_at=now + 4 * WEEK
        )
        self.other_agent, self.other_run = Agent(owner=other), make_run(project=elsewhere, created_at=now)
        self.manager_token = settings.CLUSTER_TOKEN
        self.hook = HookEndpoint.objects.create(
            owner=self.people["backer"], url="https://hooks.example/", kinds=[], created_at=now
        )
        self.hook_message = write_test(endpoint=self.hook, now=now)
        self.collection = Collection.objects.create(
            slug="hidden-collection", title="x", text="x", text_html="x", made_by=self.people["admin"], made_at=now
        )
        self.search = SavedSearch.objects.create(
            owner=self.people["backer"], name="x", query="q=x", created_at=now, looked_at=now
        )
        self.output = OutputRelease.objects.create(
            project=self.project, kind="paper", title="x", sha256="f" * 64, license="MIT", source="output:1", card="x",
            released_by=self.people["creator"], released_at=now, public_at=now + WEEK,
        )  # fmt: skip
        OutputFile.objects.create(release=self.output, name="a.pdf", size=1, content=b"x")
        # Programs of the backer, who owns what is asked for, of the stranger, of the creator and of staff.
        owners = (
            ("token", "backer"), ("other-token", "stranger"), ("team-token", "creator"),
            ("reviewer-token", "reviewer"), ("admin-token", "admin"),
        )  # fmt: skip
        self.tokens = {
            name: make_token(owner=self.people[who], name=name, scopes=SCOPES, days=None, now=now)
            for name, who in owners
        }

    def _money(self, now):
        admin = self.people["admin"]
        self.pledge = charged(self.project, backer=self.people["backer"])
        self.dispute = Dispute.objects.create(
            pledge=self.pledge, provider_id="du_1", amount_minor=100, currency="EUR", reason="fraudulent",
            opened_at=now, due_at=now + WEEK,
        )  # fmt: skip
        recipient = PayoutRecipient.objects.create(user=self.people["creator"], account_id="acct_1")
        self.payout = Payout.objects.create(
            kind="tranche", project=self.project, milestone=self.milestone, recipient=recipient, currency="EUR",
            idempotency_key="payout", requested_at=now,
        )  # fmt: skip
        self.support = MonthlySupport.objects.create(
            project=self.project, backer=self.people["backer"], amount_minor=500, currency="EUR", state="active",
            anchor_day=1, created_at=now,
        )  # fmt: skip
        self.hold = Hold.objects.create(project=self.project, reason="x", set_by=admin, set_at=now)
        self.difference = ReconciliationDifference.objects.create(
            reference="txn_1", kind="missing", detail="x", found_at=now
        )

    def _compute(self, now):
        creator = self.people["creator"]
        self.agent, self.run = Agent(), make_run(project=self.project, created_at=now)
        self.people["volunteer"] = self.agent.device.owner
        self.round = open_round(self.run, now=now)
        self.compute_pledge = promise(self.project, 10, device=self.agent.device, now=now)
        self.lease = Lease.objects.create(
            kind="training", run=self.run, round=self.round, device=self.agent.device, peer_id="peer", seed=1,
            nonce="n", batch=1, sequence=1, max_steps=1, segment_steps=1, issued_at=now, expires_at=now + WEEK,
        )  # fmt: skip
        self.team = teams.found_team(name="Team", about="x", by=self.people["volunteer"], now=now)
        self.release = ModelRelease.objects.create(
            run=make_run(project=self.project, state="stopped"), round=self.round, state="released", license="MIT",
            intended_use="x", limitations="y", card="---\n---\n# A card\n", released_by=creator, asked_at=now,
            released_at=now,
        )  # fmt: skip
        self.data_set = DataSet.objects.create(
            owner=creator, name="Words", license="MIT", format="text", source="upload", state="ready", created_at=now
        )
        self.draft = RunDraft.objects.create(
            project=self.project, author=creator, name="draft", config=self.run.config, hyper=self.run.hyper,
            updated_at=now,
        )  # fmt: skip
        self.appeal = Appeal.objects.create(device=self.agent.device, kind="rate", text="x", opened_at=now)
        vendor = SponsorVendor.objects.create(project=self.project, name="Halls")
        self.invoice = SponsorInvoice.objects.create(
            project=self.project, vendor=vendor, reference="A1", amount_minor=100, currency="EUR", billed_us=1,
            starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 2), evidence_sha256="e" * 64, entered_by=creator,
            entered_at=now,
        )  # fmt: skip
        InvoiceEvidence.objects.create(invoice=self.invoice, name="a.pdf", content_type="application/pdf", content=b"x")

    def browser(self, who):
        """Signed in once; a machine and a visitor have none of the site's cookies."""
        if who not in self.browsers:
            self.browsers[who] = Client(raise_request_exception=False)
            if who in self.people:
                self.browsers[who].force_login(self.people[who])
        return self.browsers[who]

    def values(self, namespace, name, wanted):
        """What stands for each part of an address."""
        is_money = namespace == "payments" or name in ("acting_pledge", "refund_pledge")
        known = {
            "slug": self.project.slug, "run_id": self.run.pk, "index": 0, "team_id": self.team.pk,
            "pledge_id": self.pledge.pk if is_money else self.compute_pledge.pk,
            "device_id": self.agent.device.pk, "lease_id": self.lease.pk, "draft_id": self.draft.pk,
            "data_set_id": self.data_set.pk, "invitation": self.team.invitation, "support_id": self.support.pk,
            "dispute_id": self.dispute.pk, "payout_id": self.payout.pk, "hold_id": self.hold.pk,
            "difference_id": self.difference.pk, "appeal_id": self.appeal.pk, "invoice_id": self.invoice.pk,
            "notice_id": self.notice.pk, "note_id": self.note.pk, "comment_id": self.comment.pk,
            "mail_id": self.mail.pk, "delivery_id": self.delivery.pk, "reward_id": self.reward.pk,
            "invitation_id": self.invitation.pk,
            "user_id": self.people["backer"].pk, "number": 1, "year": 2026, "token": "no-such-token",
            "sha256": "a" * 64, "audit_id": self.lease.pk, "starts": date(2026, 6, 1), "ending": "csv",
            "kind": "project", "pk": str(self.project.pk), "name": "config.json", "token_id": None,
            "release_id": self.output.pk, "search_id": self.search.pk,
            "hook_id": self.hook.pk,
        }  # fmt: skip
        special = {
            ("compute", "profile"): {"user_id": self.people["volunteer"].pk},
            ("pages", "dashboard_rows"): {"key": "audits"}, ("payments", "balance_figure"): {"key": "held"},
            ("rest", "answer_line"): {"comment_id": self.line_comment.pk},
            ("projects", "answer_review"): {"comment_id": self.line_comment.pk},
            ("projects", "report"): {"kind": "project", "pk": self.project.pk},
            ("projects", "triage"): {"report_id": self.report.pk},
            ("rest", "triage_one"): {"report_id": self.report.pk},
            ("rest", "take_report"): {"report_id": self.report.pk},
            ("rest", "close_report"): {"report_id": self.report.pk},
            ("rest", "appeal"): {"appeal_id": self.suspension_appeal.pk},
            ("rest", "decide_appeal"): {"appeal_id": self.suspension_appeal.pk},
            ("pages", "suspension_appeal"): {"appeal_id": self.suspension_appeal.pk},
            ("projects", "edit_step"): {"key": "basics"},
            ("pages", "project_by_number"): {"number": self.project.pk},
            ("compute", "release"): {"run_id": self.release.run_id},
            ("compute", "publish_release"): {"run_id": self.release.run_id},
            ("rest", "my_pledge"): {"pledge_id": self.pledge.pk},
            ("rest", "cancel_my_pledge"): {"pledge_id": self.pledge.pk},
            ("rest", "collection"): {"slug": self.collection.slug},
            ("rest", "step"): {"key": "basics"},
            ("rest", "redeliver_message"): {"message_id": self.hook_message.pk},
            ("projects", "collection"): {"slug": self.collection.slug},
            ("projects", "edit_collection"): {"slug": self.collection.slug},
            ("api", "redeliver_hook"): {"message_id": self.hook_message.pk, "hook_id": self.hook.pk},
            ("api", "revoke_token"): {"token_id": self.tokens["token"][0].pk},
        }.get((namespace, name), {})  # fmt: skip
        deeds = {
            "move_project": "suspend", "decide_device": "lift", "decide_seat": "unseat", "decide_appeal": "deny",
            "decide_invoice": "confirm", "change_hook": "pause", "change_support": "pause", "change_course": "pause",
        }  # fmt: skip
        return {part: {**known, "deed": deeds.get(name), **special}[part] for part in wanted}
