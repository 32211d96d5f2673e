"""What a watcher of a run sees beside the weave: four panes, and one prompt answered by every checkpoint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import Device, Lease, Round, TrainingRun, WorkResult
from compute_pledges.standing.credit import Credit, Scope, credit_of
from compute_pledges.standing.teams import membership_of
from values.languages import language_words
from values.numbers import number_words

# Open leases of one account that are read, and of those how many are told one by one.
MOST_OPEN, DOING = 100, 6
SPARK_ROUNDS, SPARK_WIDTH, SPARK_HEIGHT = 120, 240, 48


@dataclass(frozen=True, slots=True)
class Shard:
    """Of the run's data: what a machine reads now, or all of it. `number` is 0 where no machine is meant."""

    name: str
    license: str
    language: str
    number: int
    of: int
    size: int
    sha256: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """What one of the account's machines does, in plain words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Panes:
    """The four panes. `credit` is the account's in this run; None for who is not signed in.

    `machines` says what each one does where the account has several at work; the sentence then sums them up.
    """

    sentence: str
    detail: str
    machines: list[Doing]
    shard: Shard
    credit: Credit | None
    team: str
    losses: list[tuple[int, float]]

    @property
    def spark(self) -> str:
        """The loss as SVG points."""
        if len(self.losses) < 2:
            return ""
        low, high = min(loss for _, loss in self.losses), max(loss for _, loss in self.losses)
        wide, span = SPARK_WIDTH / (len(self.losses) - 1), max(high - low, 1e-9)
        room = SPARK_HEIGHT - 6
        points = (f"{n * wide:.1f},{3 + (high - loss) / span * room:.1f}" for n, (_, loss) in enumerate(self.losses))
        return " ".join(points)


def panes_of(*, run: TrainingRun, user: User | AnonymousUser, now: datetime) -> Panes:
    """Six queries at most."""
    rounds = Round.objects.filter(run=run, held_out_loss__isnull=False).order_by("-index")
    newest = rounds.only("index", "held_out_loss")[:SPARK_ROUNDS]
    losses = [(row.index, row.held_out_loss or 0.0) for row in newest][::-1]
    if not isinstance(user, User):
        sentence, detail = _everyone(run)
        return Panes(sentence, detail, [], _shard(run, None), None, "", losses)
    leases = _own_leases(run, user)
    sentence, detail = _mine(run, user, leases, now)
    machines = [Doing(lease.device.name, _work(lease, now)) for lease in leases[:DOING]] if len(leases) > 1 else []
    member = membership_of(user)
    credit = credit_of(user_id=user.pk, scope=Scope(now, run_id=run.pk))
    team = member.team.name if member else ""
    return Panes(sentence, detail, machines, _shard(run, leases[0] if leases else None), credit, team, losses)


def _own_leases(run: TrainingRun, user: User) -> list[Lease]:
    open_leases = Lease.objects.filter(run=run, device__owner=user, state=Lease.State.OPEN)
    return list(open_leases.select_related("device", "round").order_by("-issued_at", "pk")[:MOST_OPEN])


def _work(lease: Lease, now: datetime) -> str:
    """Below the sentence of a machine: how much it may do, and when it is due."""
    left = max(int((lease.expires_at - now).total_seconds()), 0)
    return gettext("round %(index)s, up to %(max_steps)s steps of %(sequence)s tokens, due in %(left)s s") % {
        "index": lease.round.index,
        "max_steps": lease.max_steps,
        "sequence": number_words(lease.batch * lease.sequence),
        "left": left,
    }


def _everyone(run: TrainingRun) -> tuple[str, str]:
    if run.state != TrainingRun.State.RUNNING:
        return gettext("The run is %(get_state_display)s.") % {"get_state_display": run.get_state_display()}, gettext(
            "No machine works on it now."
        )
    working = Lease.objects.filter(run=run, state=Lease.State.OPEN).count()
    many = (
        gettext("%(working)s machines train") % {"working": number_words(working)}
        if working != 1
        else gettext("One machine trains")
    )
    if not working:
        return gettext("No machine trains at this moment."), gettext("Between two rounds the changes are averaged.")
    return gettext("%(many)s at this moment.") % {"many": many}, gettext("Sign in to see what yours does.")


def _mine(run: TrainingRun, user: User, leases: list[Lease], now: datetime) -> tuple[str, str]:
    """What the account's machines do, in one plain sentence, and a second one below it."""
    if len(leases) == MOST_OPEN:
        return gettext("At least %(most_open)s of your machines train.") % {"most_open": MOST_OPEN}, gettext(
            "The newest %(doing)s:"
        ) % {"doing": DOING}
    if len(leases) > 1:
        more = len(leases) - DOING
        return gettext("%(leases)s of your machines train.") % {"leases": len(leases)}, gettext(
            "The newest %(doing)s:"
        ) % {"doing": DOING} if more > 0 else ""
    if leases:
        (lease,) = leases
        words = _work(lease, now)
        return gettext("%(name)s trains round %(index)s.") % {
            "name": lease.device.name,
            "index": lease.round.index,
        }, words.partition(", ")[2].capitalize() + "."
    last = WorkResult.objects.filter(device__owner=user, lease__run=run).select_related("device", "lease__round")
    newest = last.order_by("-received_at").first()
    if newest is not None:
        sentence = gettext("%(name)s has sent its block of round %(index)s.") % {
            "name": newest.device.name,
            "index": newest.lease.round.index,
        }
        return sentence, gettext("%(steps)s steps, %(tokens)s tokens: %(get_state_display)s.") % {
            "steps": newest.steps,
            "tokens": number_words(newest.tokens),
            "get_state_display": newest.get_state_display(),
        }
    if Device.objects.filter(owner=user, state=Device.State.ACTIVE).exists():
        return gettext("Your machines have not trained this run yet."), gettext(
            "They do in the hours that you pledged to its project."
        )
    return gettext("You have no machine here yet."), gettext("Pair one, and its row is woven in.")


def _shard(run: TrainingRun, lease: Lease | None) -> Shard:
    """The shard of a lease is drawn by its seed, as the cluster draws it."""
    data: dict[str, Any] = run.data
    given = data.get("train") or []
    shards: list[dict[str, Any]] = given if isinstance(given, list) else [given]
    told = (str(data.get("name", "")), str(data.get("license", "")), language_words(str(data.get("language", ""))))
    if lease is None or not shards:
        return Shard(*told, 0, len(shards), sum(int(shard["bytes"]) for shard in shards), "")
    digest = hashlib.sha256(f"shard|{lease.seed}".encode()).digest()
    number = int.from_bytes(digest[:8], "big") % len(shards)
    shard = shards[number]
    size, sha256 = int(shard["bytes"]), str(shard["sha256"])
    return Shard(*told, number + 1, len(shards), size, sha256, lease.device.name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the checkpoint after `round` writes to the run's prompt, among rounds `first` to `last`."""

    round: Round | None
    first: int
    last: int


def answer_of(*, run: TrainingRun, index: int | None) -> Answer:
    """The newest closed round up to `index`, the very newest without one. Three queries."""
    closed = Round.objects.filter(run=run, closed_at__isnull=False).order_by("index")
    newest = closed.last()
    if newest is None:
        return Answer(None, 0, 0)
    oldest = closed.values_list("index", flat=True)[0]
    found = newest if index is None else closed.filter(index__lte=index).last()
    return Answer(found or closed.first(), oldest, newest.index)
