"""Model cards in Hugging Face's form: YAML between two lines of dashes, then Markdown. Read safely, written back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from projects.errors import CardRefused
from projects.licenses import LicenseError, parse_license
from projects.openness.hub_licenses import spdx_of
from values.languages import LanguageError, parse_languages

LARGEST = 200_000
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?(.*)\Z", re.DOTALL | re.MULTILINE)
# The Hub's words for kinds of models, by the task that a card names.
KINDS = {
    "text-generation": "language", "fill-mask": "language", "text-classification": "language",
    "translation": "language", "summarization": "language", "feature-extraction": "language",
    "text-to-image": "vision", "image-classification": "vision", "object-detection": "vision",
    "unconditional-image-generation": "vision", "image-segmentation": "vision",
    "automatic-speech-recognition": "audio", "text-to-speech": "audio", "audio-classification": "audio",
    "text-to-audio": "audio", "image-text-to-text": "multimodal", "any-to-any": "multimodal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says that a project or a release asks for; `notes` are sentences on what was left out and why."""

    title: str = ""
    text: str = ""
    license: str = ""
    languages: str = ""
    tags: str = ""
    kind: str = ""
    notes: list[str] = field(default_factory=list)


class _PlainLoader(yaml.SafeLoader):
    """Neither objects nor aliases: an alias can grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise CardRefused(_("The front matter refers to itself with “*”. Write each value where it stands."))
        return super().compose_node(parent, index)


def read_card(source: str) -> Card:
    """Raises CardRefused with a sentence on what cannot be read, and where."""
    if len(source) > LARGEST:
        raise CardRefused(_("A model card has at most 200,000 characters."))
    match = _FRONT.match(source)
    if match is None:
        raise CardRefused(_("A model card begins with YAML between two lines of three dashes."))
    values, text = _front(match[1]), match[2].strip()
    notes: list[str] = []
    heading = re.search(r"^#\s+(.+?)\s*#*$", text, re.MULTILINE)
    return Card(
        title=str(values.get("model_name") or (heading[1] if heading else ""))[:80], text=text,
        license=_license(values, notes), languages=_languages(values, notes),
        tags=", ".join(_texts(values, "tags")[:8]), kind=KINDS.get(str(values.get("pipeline_tag", "")), ""),
        notes=notes,
    )  # fmt: skip


def _front(source: str) -> dict[str, Any]:
    try:
        found = yaml.load(source, _PlainLoader)  # noqa: S506  # reason: a SafeLoader with less
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        raise CardRefused(
            _("Line %(line)s of the card is no YAML: %(problem)s.") % {"line": line, "problem": error.problem}
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CardRefused(_("The front matter is no YAML that can be read.")) from error
    if not isinstance(found, dict):
        raise CardRefused(_("The front matter has no names and values, like “license: apache-2.0”."))
    return {str(name): value for name, value in found.items()}


def _texts(values: dict[str, Any], name: str) -> list[str]:
    given = values.get(name) or []
    rows = given if isinstance(given, list) else [given]
    return [" ".join(str(row).split()).lower()[:40] for row in rows if isinstance(row, str | int | float | bool)]


def _license(values: dict[str, Any], notes: list[str]) -> str:
    name = str(values.get("license") or "").strip()
    if name == "other":
        own = re.sub(r"[^A-Za-z0-9.-]+", "-", str(values.get("license_name") or "other"))[:60]
        return f"LicenseRef-{own}"
    if not name:
        return ""
    try:
        return parse_license(spdx_of(name))
    except LicenseError:
        notes.append(_("The licence “%(name)s” is none that SPDX knows; choose one.") % {"name": name[:60]})
        return ""


def _languages(values: dict[str, Any], notes: list[str]) -> str:
    given = values.get("language") or []
    tags = [str(tag) for tag in (given if isinstance(given, list) else [given])]
    try:
        return parse_languages(", ".join(tags))
    except LanguageError as error:
        notes.append(str(error))
        return ""


def write_card(*, title: str, text: str, license_values: dict[str, str], languages: list[str], tags: list[str]) -> str:
    """A card that reads back as it was. Values are JSON, which YAML is: no text can leave its quotes."""
    values: dict[str, Any] = {**license_values, "language": languages, "tags": tags, "model_name": title}
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items() if value)
    return f"---\n{''.join(lines)}---\n\n{text.strip()}\n"
