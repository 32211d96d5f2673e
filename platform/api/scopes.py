"""What a personal token may do. Reading what everybody may see needs no token."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

READ, PLEDGE, PROJECTS, COMMUNITY = "account:read", "pledges:write", "projects:write", "community:write"
HOOKS, STAFF = "webhooks:write", "staff:write"
SCOPES = {
    READ: _("Read your account: pledges, machines, projects, rewards, notices, webhooks"),
    PLEDGE: _("Promise GPU time, withdraw it, and cancel card pledges"),
    PROJECTS: _("Work on your projects: drafts, lab notes, rewards, releases, moderation"),
    COMMUNITY: _("Comment, follow, report, save searches, answer for your rewards, mark notices as read"),
    HOOKS: _("Register webhooks, read their secrets and change them"),
    STAFF: _("Review projects, look at reports, suspend, decide appeals, search what staff did, as far as you may"),
}
