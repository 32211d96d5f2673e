"""A certificate on paper: Latin, Greek and Cyrillic are drawn; what cannot be is replaced, and that is said."""

from pathlib import Path

import pytest
from django.utils import timezone

from compute_pledges.standing.certificate import certificate_of
from compute_pledges.standing.certificate_pdf import certificate_pdf, names_on_paper
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_user
from tests.factories.pledges import machine, worked
from values.typeface import lacking, typeface

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _read_fonts_again():
    typeface.cache_clear()
    yield
    typeface.cache_clear()


def paper(name, run_name="run"):
    user = make_user()
    user.name = name
    user.save(update_fields=["name"])
    run = make_run(name=run_name)
    worked(run, open_round(run), machine(owner=user), 3)
    return certificate_of(run=run, holder=user, now=timezone.now())


@pytest.mark.parametrize(
    "name",
    ["Zoë Łukasiewicz", "Nguyễn Thị Hạnh", "Ἀριστοτέλης Ὁ Σταγειρίτης", "Екатерина Ђорђевић-Їжак", "Hákon Þór Æsir",
     "Ẹ̀bùn Ọlá", "Զարուհի", "ნინო", "e\u0301mile"],
)  # fmt: skip
def test_names_in_european_scripts_are_drawn_as_they_are(name):
    if typeface().plain != "DejaVuSans":
        pytest.skip("DejaVu Sans is not installed: run `npm ci`.")
    found = names_on_paper(paper(name))
    assert (found.lacking, found.note) == ([], "")
    assert found.holder == name.replace("e\u0301", "é")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Li 漢字", ["漢", "字"]), ("שרה", ["ש", "ר", "ה"]), ("ق", ["ق"]), ("सारा", ["स", "ा", "र"]),
     ("A🙂B", ["🙂"]), ("a\u202eb", ["\u202e"]), ("a\u200bb", ["\u200b"])],
)  # fmt: skip
def test_what_cannot_be_drawn_is_replaced_and_said_on_paper(name, letters):
    certificate = paper(name)
    found = names_on_paper(certificate)
    assert found.lacking == letters
    assert (found.holder, found.run) == (f"Member {certificate.holder.pk}", "run")
    assert f"U+{ord(letters[0]):04X}" in found.note
    assert lacking(found.holder + found.note) == []


def test_a_run_that_cannot_be_drawn_has_its_number():
    certificate = paper("Ada", "模型")
    found = names_on_paper(certificate)
    assert (found.holder, found.run) == ("Ada", f"Run {str(certificate.run.pk)[:8]}")


def test_without_dejavu_greek_is_replaced_not_mangled(settings):
    settings.PAPER_TYPEFACES = [Path("/nowhere")]
    assert typeface().plain == "Vera"
    found = names_on_paper(paper("Σωκράτης"))
    assert found.holder.startswith("Member ")
    assert names_on_paper(paper("Zoë")).holder == "Zoë"


def test_the_page_says_before_the_download_what_the_file_will_lack(client):
    certificate = paper("漢 <b>")
    client.force_login(certificate.holder)
    page = client.get(f"/runs/{certificate.run.pk}/certificate/").content.decode()
    assert "The PDF cannot draw" in page
    assert f"“Member {certificate.holder.pk}”" in page
    assert "漢 &lt;b&gt;</h1>" in page
    plain = paper("Ada")
    client.force_login(plain.holder)
    assert "cannot draw" not in client.get(f"/runs/{plain.run.pk}/certificate/").content.decode()


def test_the_same_certificate_gives_the_same_bytes():
    certificate = paper("Ada")
    assert certificate_pdf(certificate) == certificate_pdf(certificate)
