"""What programs say to people goes through gettext, too; what only machines or operators read is listed with why."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.ROOT)
APPS = ("projects", "payments", "compute_pledges", "platform")
# Read by machines, by operators or by programmers; or the same in every language.
NOT_FOR_PEOPLE = {
    "*/migrations/*": "history",
    "*/management/*": "operators",
    "*/invariants/*": "operators",
    "platform/launcher/*": "operators",
    "platform/config/*": "operators",
    "payments/stripe_standin/*": "stands for another company's service",
    "platform/pages/demo/*": "made-up content",
    "platform/audit/invariants.py": "operators",
    "platform/api/*": "the API and its documents are English",
    "compute_pledges/api/*": "read by the agent",
    "compute_pledges/dumps/*": "files of statistics, with English columns",
    "compute_pledges/catalog.py": "names of products and of their data sheets",
    "compute_pledges/releasing/*": "model cards are English",
    "projects/openness/project_cards.py": "model cards are English",
    "compute_pledges/services/corpus.py": "the name of a data set",
    "compute_pledges/services/sweeps.py": "the log",
    "compute_pledges/standing/credit_sql.py": "SQL",
    "payments/pacing.py": "Lua",
    "payments/papers/accounting.py": "columns that bookkeeping programs import",
    "payments/services/reconciling.py": "kept kinds of differences",
    "payments/web/webhook_view.py": "read by the provider",
    "platform/pages/duty_mail.py": "the log",
    "platform/pages/event_stream.py": "read by a program",
    "projects/community/citing.py": "citations, which keep their language",
    "projects/fulfilment/forms.py": "autocomplete tokens of HTML",
    "projects/markdown.py": "HTML",
    "projects/review/parts.py": "what comments quote, which keeps its language",
    "projects/sharing/embedding.py": "HTML",
}
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Calls whose words nobody is shown.
UNSEEN = {
    "debug", "info", "warning", "exception", "error", "execute", "RuntimeError", "ValueError", "TypeError", "KeyError",
    "LookupError", "CommandError", "ImproperlyConfigured", "RawSQL", "TooSlow", "compile",
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}|[A-Z][a-z]+['\u2019]s [a-z]{3,}|^(an?|the) [a-z]{3,}")
CODE = re.compile(
    r"\b(SELECT|WITH|FROM|WHERE|UPDATE|INSERT|ORDER BY)\b|^(text|application|default-src)\b|max-age|^def |^<rect "
)


def bare_words(source):
    """Sentences in code that gettext does not see, with their lines."""
    tree, found = ast.parse(source), []
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, scopes) and node.body and isinstance(node.body[0], ast.Expr)
    }

    def visit(node):
        if node in docs or (isinstance(node, ast.FunctionDef) and node.name in ("__str__", "__repr__")):
            return
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in GETTEXT | UNSEEN:
                return
        text = None
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        if text is not None:
            if WORDS.search(text) and not CODE.search(text):
                found.append((node.lineno, text))
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def is_for_people(path):
    return not any(path.relative_to(ROOT).match(pattern) or _below(path, pattern) for pattern in NOT_FOR_PEOPLE)


def _below(path, pattern):
    if not pattern.endswith("/*"):
        return False
    folder = pattern.removesuffix("/*").removeprefix("*/")
    return f"/{folder}/" in f"/{path.relative_to(ROOT)}"


MODULES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if is_for_people(path))


@pytest.mark.parametrize("app", APPS)
def test_code_says_nothing_by_itself(app):
    bare = {
        f"{path.relative_to(ROOT)}:{line}": text
        for path in MODULES
        if path.is_relative_to(ROOT / app)
        for line, text in bare_words(path.read_text())
    }
    assert bare == {}


def test_the_check_sees_words_outside_gettext():
    assert bare_words('x = f"You have {n} machines here."') == [(1, "You have {} machines here.")]
    assert bare_words('"""A module of words."""\nx = gettext("You have some.")') == []
    assert bare_words('def f():\n    """Words of it."""\n    return "no reason given"') == [(3, "no reason given")]


def test_no_alias_hides_a_text_from_the_collecting():
    hidden = [path for path in MODULES if re.search(r"\bn?gettext(_lazy)? as (?!_\b)\w+", path.read_text())]
    assert hidden == []


@pytest.mark.parametrize("pattern", NOT_FOR_PEOPLE)
def test_an_exception_names_something_that_is_there(pattern):
    folder = pattern.removesuffix("/*").removeprefix("*/")
    assert any(ROOT.glob(f"**/{folder}" if pattern.startswith("*/") else folder))


SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
COMMENT = re.compile(r"^\s*//.*$| // .*$", re.MULTILINE)


def words_of_script(source):
    """What a script would say itself: texts with a capital and small letters, or of several words."""
    texts = [text for _, text in re.findall(r'(["`])((?:\\.|(?!\1).)*)\1', COMMENT.sub("", source))]
    return [text for text in texts if re.search(r"[A-Z][a-z]+[ .]|[a-z]{2,} [a-z]{2,}|^[A-Z][a-z]+$", text)]


# Selectors, names of events and tags, and what only the console reads.
OF_PROGRAMS = {"SHA-256", "The challenge has no answer.", "signed out", "Content-Type", "Event"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_takes_its_words_from_the_page(path):
    said = [text for text in words_of_script(path.read_text()) if text not in OF_PROGRAMS and "[" not in text]
    assert said == []


def test_the_check_sees_what_a_script_says():
    assert words_of_script('a = "Paused."; b = `No news for ${s} s`; c = "weave:drawn"; // "A comment here"') == [
        "Paused.", "No news for ${s} s"
    ]  # fmt: skip
