"""The wizard's pages: a new draft, the checklist, one page for each step, and the whole page as a visitor sees it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.creating_views import own_project
from projects.editing import create_project
from projects.errors import ChangedElsewhere, TransitionRefused
from projects.licenses import SUGGESTED
from projects.markdown import render_markdown
from projects.models import Project
from projects.review.deciding import decisions_on
from projects.review.lines import open_comments_of
from projects.roles import can
from projects.views import page_context
from projects.wizard.asking import Answer, changed_fields, estimate_asked, is_unjudged, typed_so_far
from projects.wizard.basics import StartForm
from projects.wizard.checklist import checklist, missing_for_review
from projects.wizard.saving import save_step
from projects.wizard.steps import BY_KEY, STEPS, Step, version_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new draft: a title, a promise, a kind; everything else comes step by step."""
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = create_project(creator=signed_in(request), now=business_now(), **form.cleaned_data)
        messages.success(request, _("Your draft is kept. Only you, your team and the reviewers see it."))
        return redirect("projects:edit_step", project.slug, STEPS[0].key)
    return render(request, "projects/wizard/start.html", {"form": form}, status=422 if form.errors else 200)


def _editable(request: HttpRequest, slug: str) -> Project | None:
    project = own_project(request, slug, "edit")
    if project.state in Project.EDITABLE_STATES:
        return project
    messages.error(request, _("A project is edited as a draft or when changes were requested."))
    return None


@login_required
@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The checklist, with a way to each step."""
    project = _editable(request, slug)
    if project is None:
        return redirect("projects:detail", slug)
    now = business_now()
    context = _frame(project) | {
        "missing": missing_for_review(project, now), "at": "check", "may_submit": can(request.user, project, "submit"),
        "reviews": decisions_on(project),
    }  # fmt: skip
    return render(request, "projects/wizard/overview.html", context)


def _frame(project: Project) -> dict[str, Any]:
    """What every page of the wizard shows beside its own: the steps, and what each lacks."""
    checks = checklist(project, business_now())
    lacking = {check.step for check in checks if not check.is_done and not check.is_advice}
    steps = [(step, step.key not in lacking, [check for check in checks if check.step == step.key]) for step in STEPS]
    return {"project": project, "steps": steps}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_step(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One step. A POST saves it; the page's script posts it again while one types."""
    project = _editable(request, slug)
    step = BY_KEY.get(key)
    if step is None:
        raise Http404(_("There is no such step."))
    if project is None:
        return redirect("projects:detail", slug)
    if request.method != "POST":
        forms = [part.blank(project, part.load(project)) for part in step.parts]
        return _page(request, project, step, Answer(forms, version_of(project, step)))
    if is_unjudged(request.POST):
        forms = [part.blank(project, typed_so_far(part, request.POST)) for part in step.parts]
        return _page(request, project, step, Answer(forms, request.POST.get("version", "")))
    return _save(request, project, step)


def _save(request: HttpRequest, project: Project, step: Step) -> HttpResponse:
    forms = [part.filled(project, request.POST) for part in step.parts]
    answer = Answer(forms, request.POST.get("version", ""))
    if all([form.is_valid() for form in forms]):  # noqa: C419  # reason: every form says what is wrong with it
        cleaned = [part.cleaned(form) for part, form in zip(step.parts, forms, strict=True)]
        try:
            answer.version = save_step(
                project_id=project.pk, step=step, by=signed_in(request), version=answer.version, cleaned=cleaned
            )
        except ChangedElsewhere as error:
            answer.conflict = str(error)
            answer.theirs = changed_fields(project, step, request.POST)
            answer.version = version_of(project, step)
        except TransitionRefused as error:
            answer.refused = str(error)
    else:
        answer.refused = _("Something cannot be used; it is marked below. Everything you typed is kept.")
    if request.headers.get("X-Autosave"):
        return JsonResponse(answer.as_json(), status=answer.status)
    if answer.status == 200:
        messages.success(request, _("Saved."))
        return redirect("projects:edit_step", project.slug, _next(step, request.POST))
    return _page(request, project, step, answer)


def _next(step: Step, post: Any) -> str:
    keys = [one.key for one in STEPS]
    onward = keys.index(step.key) + ("next" in post)
    return keys[min(onward, len(keys) - 1)]


def _page(request: HttpRequest, project: Project, step: Step, answer: Answer) -> HttpResponse:
    preview = render_markdown(request.POST.get("story", "")[:40_000]) if "preview" in request.POST else ""
    context = _frame(project) | {
        "step": step, "at": step.key, "answer": answer, "licenses": SUGGESTED, "preview": preview,
        "parts": list(zip(step.parts, answer.forms, strict=True)), "is_last": step == STEPS[-1],
        "estimate_of": estimate_asked(project, request.POST), "said": open_comments_of(project, step.key),
    }  # fmt: skip
    return render(request, "projects/wizard/step.html", context, status=answer.status)


@login_required
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole page as a visitor will see it."""
    project = own_project(request, slug, "see")
    return render(request, "projects/detail.html", page_context(project, None, business_now()) | {"is_preview": True})
