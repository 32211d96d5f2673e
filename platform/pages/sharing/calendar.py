"""Deadlines as a calendar: of all live projects, and by a signed link of those that a person backs or follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from icalendar import Calendar, Event

from accounts.current import signed_in, watcher
from accounts.models import User
from clock.services import business_now
from compute_pledges.models import ComputePledge
from pages.models import CalendarLink
from payments.models import CashPledge
from projects.models import Project
from projects.sharing.addresses import site, without_controls

MOST = 500
SHOWN = 100


def _live() -> QuerySet[Project]:
    return Project.objects.filter(state=Project.State.LIVE).order_by("deadline_at", "pk")


def deadlines_of(person: User) -> QuerySet[Project]:
    """Live projects that the person backs, with money or GPU time, or follows."""
    cash = CashPledge.objects.filter(backer=person, state__in=CashPledge.COUNTED).values("project")
    compute = ComputePledge.objects.filter(backer=person, state__in=ComputePledge.OPEN_STATES).values("project")
    return _live().filter(Q(pk__in=cash) | Q(pk__in=compute) | Q(follows__user=person)).distinct()


def _signer() -> Signer:
    return Signer(salt="pages.calendar")


def _stamp(person: User) -> str:
    """What the newest address is of; it also changes with the password."""
    kept = CalendarLink.objects.filter(person=person).values_list("generation", flat=True).first()
    return f"{kept or 0}.{person.password[-8:]}"


def _token_of(person: User) -> str:
    return _signer().sign(f"{person.pk}:{_stamp(person)}").replace(":", "~")


def _person_of(token: str) -> User:
    """Raises Http404 for what is no address of anyone, or none any more."""
    try:
        pk, stamp = _signer().unsign(token.replace("~", ":")).split(":", 1)
    except (BadSignature, ValueError) as error:
        raise Http404 from error
    person = User.objects.filter(pk=pk, is_active=True).first()
    if person is None or _stamp(person) != stamp:
        raise Http404
    return person


@login_required
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """A new address for one's own calendar: the one before opens nothing any more."""
    link, is_new = CalendarLink.objects.get_or_create(person=signed_in(request), defaults={"generation": 1})
    if not is_new:
        CalendarLink.objects.filter(pk=link.pk).update(generation=F("generation") + 1)
    messages.success(request, _("Your calendar has a new address. The old one opens nothing any more."))
    return redirect("pages:calendar")


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Deadlines to come as a page, with the addresses that calendars subscribe to."""
    person = watcher(request)
    context = {
        "projects": _live().filter(deadline_at__gt=business_now())[:SHOWN],
        "all_address": site(reverse("pages:all_deadlines")),
    }
    if isinstance(person, User):
        context["own_address"] = site(reverse("pages:own_deadlines", args=[_token_of(person)]))
    return render(request, "sharing/calendar.html", context)


@require_safe
def all_deadlines(request: HttpRequest) -> HttpResponse:
    """Every live project's deadline."""
    return _answer(_live()[:MOST], _("Deadlines"))


@require_safe
def own_deadlines(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link: calendars cannot sign in."""
    return _answer(deadlines_of(_person_of(token))[:MOST], _("My deadlines"))


def _answer(projects: Iterable[Project], name: str) -> HttpResponse:
    made = Calendar()
    made.add("prodid", "-//Commonweave//Deadlines//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"{settings.PLATFORM_NAME}: {name}")
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    now = business_now()
    for project in projects:
        made.add_component(_event(project, now))
    headers = {"Content-Disposition": 'inline; filename="deadlines.ics"', "Cache-Control": "private, max-age=300"}
    return HttpResponse(made.to_ical(), content_type="text/calendar; charset=utf-8", headers=headers)


def _event(project: Project, now: datetime) -> Event:
    event, address = Event(), site(project.get_absolute_url())
    event.add("uid", f"project-{project.pk}-deadline@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", now)
    event.add("dtstart", project.deadline_at)
    event.add("dtend", project.deadline_at + timedelta(minutes=15))
    event.add("summary", _("Funding ends: %(title)s") % {"title": without_controls(project.title)})
    event.add("description", f"{without_controls(project.promise)}\n{address}")
    event.add("url", address)
    return event
