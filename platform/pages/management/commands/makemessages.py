"""Django's command without guesses: a new text waits for a translator, and does not wear that of a similar one."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
