"""Licences in plain words: what one lets you do, in a sentence. No legal advice, and said so on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.licenses import OWN_PREFIX, is_open

PERMISSIVE = _("Use, change, share and sell it freely, as long as its notice stays.")
PATENTS = _("Use, change, share and sell it freely, with a grant of patents, as long as its notice stays.")
NO_CONDITIONS = _("Use it for anything, without any condition.")
CREDIT = _("Use, change, share and sell it freely, as long as you name its makers.")
SAME_TERMS = _("Use, change, share and sell it, as long as you name its makers and pass it on under the same terms.")
COPYLEFT = _("Use, change, share and sell it; what you pass on with it in it comes with its source, on the same terms.")
NETWORK = _("As above, and whoever uses it over a network gets the source too.")
NO_SALE = _("Use and share it, but not for commercial ends.")
NO_CHANGES = _("Share it unchanged, and name its makers.")
OWN = _("Use is restricted by terms of its own: read them before you use it. This is not open source.")
OTHER = _("A licence that SPDX lists: read its text for what it allows.")
# The first that fits; SPDX identifiers as they are written.
WORDS: tuple[tuple[str, Promise], ...] = (
    (OWN_PREFIX, OWN), (r"CC-BY-NC", NO_SALE), (r"CC-BY-ND", NO_CHANGES), (r"CC-BY-SA|ODbL", SAME_TERMS),
    (r"CC-BY|ODC-By|CDLA-Permissive", CREDIT), (r"CC0|Unlicense|0BSD|PDDL|WTFPL", NO_CONDITIONS),
    (r"AGPL", NETWORK), (r"GPL|MPL|EUPL|EPL|OSL", COPYLEFT), (r"Apache", PATENTS),
    (r"MIT|BSD|ISC|Zlib|PSF|PostgreSQL|NCSA|BSL", PERMISSIVE),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """A licence as the page shows it; `link` leads to its text at SPDX where it is a single one."""

    what: str
    expression: str
    words: str
    is_open: bool
    link: str


def terms_of(what: str, expression: str) -> Terms:
    """An expression of several licences is told by its most restricting part."""
    parts = re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression)
    words = next((words for pattern, words in WORDS for part in parts if re.match(pattern, part)), OTHER)
    is_single = re.fullmatch(r"[A-Za-z0-9.+-]+", expression) and not expression.startswith(OWN_PREFIX)
    link = f"https://spdx.org/licenses/{expression}.html" if is_single else ""
    return Terms(what, expression, str(words), is_open(expression), link)
