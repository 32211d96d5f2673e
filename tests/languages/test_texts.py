"""Every text of a template goes through gettext, and the public pages are whole in each language that is offered."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.translation.template import templatize

from tests.languages.test_code_texts import GETTEXT

ROOT = Path(settings.ROOT)
FOLDER = ROOT / "templates"
# The tags of this one are put together from parts; it has no words.
TEMPLATES = sorted({*FOLDER.rglob("*.html")} - {FOLDER / "allauth" / "elements" / "button.html"})
# What is read without signing in; of parts that show more to some people, all of it.
PUBLIC = (
    "40*.html", "50*.html", "base.html", "components/*.html", "projects/discover.html", "projects/detail.html",
    "projects/_card.html", "projects/_facets.html", "projects/_follow.html", "projects/_head.html",
    "projects/_laid_open.html", "projects/_liveliest.html", "projects/_runs.html", "projects/_similar.html",
    "projects/_start_rows.html", "projects/_training.html", "projects/_actions.html", "projects/collection.html",
    "projects/collections.html", "projects/discussion/_*.html", "projects/discussion/page.html",
    "projects/discussion/faq.html", "projects/discussion/thread.html", "projects/notes/_*.html",
    "projects/notes/list.html", "projects/notes/note.html", "projects/people/person.html", "projects/life/_banner.html",
    "projects/rewards/_section.html", "projects/rewards/_promised.html",
    "compute/_answer.html", "compute/_explained.html", "compute/_live.html", "compute/_panes.html",
    "compute/_run_history.html", "compute/_runs_table.html", "compute/_weave.html", "compute/cells.html",
    "compute/project_runs.html", "compute/release.html", "compute/run.html", "compute/worker.html",
    "compute/_install.html", "standing/board.html", "standing/profile.html", "standing/statistics.html",
    "standing/_badge.html", "standing/_history.html", "payments/ledger.html", "pages/sponsored.html",
    "pages/figures.html", "sharing/*.html", "openness/*.html", "projects/home.html", "projects/_search.html",
    "payments/pledge.html", "payments/card.html", "idp/**/*.html", "api/reference.html", "api/_fields.html",
)  # fmt: skip
# What code says on those pages, and in mails.
PUBLIC_CODE = (
    "compute_pledges/declared.py", "compute_pledges/live.py", "compute_pledges/models/runs.py",
    "compute_pledges/standing/certificate_pdf.py", "compute_pledges/standing/history.py", "compute_pledges/watching.py",
    "compute_pledges/weave_rows.py",
    "payments/papers/public_ledger.py", "payments/web/forms.py", "platform/pages/figures/*.py", "platform/values/*.py",
    "projects/discovering.py", "projects/discovery/facets.py", "projects/licenses.py", "projects/meters.py",
    "compute_pledges/services/mail_texts.py", "payments/services/mail_texts.py", "platform/notices/facts.py",
    "platform/notices/kinds.py", "platform/notices/services.py", "platform/notices/sweep.py",
    "projects/life/telling.py", "projects/review/telling.py", "projects/team_mail.py",
)  # fmt: skip
OFFERED = [code for code, _ in settings.LANGUAGES if code != "en"]
# Names and signs that are the same in every language.
NAMES = {
    "Commonweave", "GPU", "GiB", "UTC", "CSV", "JSON", "kWh", "SHA", "URL", "Apache", "Newsreader",
    "Atkinson", "Hyperlegible", "BibTeX", "PDF", "iCal", "Atom", "SVG", "oEmbed", "API", "OpenAPI", "Markdown", "HTML",
}  # fmt: skip
ATTRIBUTES = re.compile(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"')


def words_outside_gettext(source):
    """What a template says by itself, without the parts that gettext, programs or styles read."""
    kept, inside = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            inside = name in ("blocktranslate", "blocktrans") or (inside and not name.startswith("endblocktrans"))
            if name == "block" and token.contents.split()[1] == "main_class":
                inside = True
            elif name == "endblock":
                inside = False
        elif token.token_type == TokenType.TEXT and not inside:
            kept.append(token.contents)
        elif token.token_type == TokenType.VAR:
            kept.append("0")
    text = re.sub(r"<(script|style|pre|code|textarea)\b.*?</\1>", "", "".join(kept), flags=re.DOTALL)
    said = " ".join([*ATTRIBUTES.findall(text), re.sub(r"<[^>]*>", " ", text)])
    return [word for word in re.findall(r"[A-Za-z]{3,}", re.sub(r"&\w+;", " ", said)) if word not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_says_nothing_by_itself(path):
    assert words_outside_gettext(path.read_text()) == []


def test_the_check_sees_words_outside_gettext():
    assert words_outside_gettext('<p title="Hidden">{% translate "Kept" %} Seen {{ x }}</p>') == ["Hidden", "Seen"]
    assert words_outside_gettext("{% blocktranslate %}Kept {{ x }}{% endblocktranslate %} seen") == ["seen"]


LITERAL = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
ASKED = re.compile(rf"\b(?:n?gettext|_)\s*\(\s*({LITERAL})")


def texts_of(path):
    """What gettext is asked for by a template, plural forms by their singular."""
    source = templatize(path.read_text(), origin=str(path))
    return [ast.literal_eval(found) for found in ASKED.findall(source)]


def texts_of_code(path):
    """What gettext is asked for by a module, plural forms by their singular."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args)
    asked = (node.args[0] for node in calls if getattr(node.func, "id", "") in GETTEXT)
    return [text.value for text in asked if isinstance(text, ast.Constant)]


@pytest.mark.parametrize("language", OFFERED)
def test_what_everyone_reads_is_translated(language):
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    paths = {path for pattern in PUBLIC for path in FOLDER.glob(pattern)}
    assert len(paths) > 50
    modules = {path for pattern in PUBLIC_CODE for path in ROOT.glob(pattern)}
    asked = [(path, texts_of(path)) for path in paths] + [(path, texts_of_code(path)) for path in modules]
    missing = {}
    for path, texts in sorted(asked):
        for text in texts:
            message = catalog.get(text)
            if message is None or not all([message.string] if isinstance(message.string, str) else message.string):
                missing.setdefault(str(path.relative_to(ROOT)), []).append(text)
    assert missing == {}


@pytest.mark.parametrize("language", OFFERED)
def test_a_catalog_keeps_placeholders_and_is_up_to_date(language):
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    for message in catalog:
        if not message.id:
            continue
        asked = {message.id} if isinstance(message.id, str) else set(message.id)
        given = {message.string} if isinstance(message.string, str) else set(message.string)
        names = {name for text in asked for name in re.findall(r"%\((\w+)\)s", text)}
        for text in given - {""}:
            assert set(re.findall(r"%\((\w+)\)s", text)) <= names, (message.id, text)
            assert text.count("<") == message.id[0].count("<") if not isinstance(message.id, str) else True
            if isinstance(message.id, str):
                assert re.findall(r"</?\w+", text) == re.findall(r"</?\w+", message.id), (message.id, text)


@pytest.mark.parametrize("language", OFFERED)
def test_figures_follow_the_language(language):
    from values.gpu_time import format_gpu_time
    from values.money import Money

    money = {"de": "1.234,50 €", "es": "1.234,50 €", "fr": "1\u202f234,50\xa0€"}
    with translation.override(language):
        assert str(Money(123_450, "EUR")).replace("\xa0", " ") == money[language].replace("\xa0", " ")
        assert format_gpu_time(5_400_000_000) == "1,5 GPU-h"
    assert str(Money(123_450, "EUR")) == "€1,234.50"
