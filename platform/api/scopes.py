"""What a personal token may do. Reading what everybody may see needs no token."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

READ, PLEDGE, PROJECTS, COMMUNITY = "account:read", "pledges:write", "projects:write", "community:write"
SCOPES = {
    READ: _("Read your account: pledges, machines, projects, notices"),
    PLEDGE: _("Promise GPU time, withdraw it, and cancel card pledges"),
    PROJECTS: _("Write lab notes of your projects"),
    COMMUNITY: _("Follow projects and mark notices as read"),
}
