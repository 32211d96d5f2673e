"""Pages travel compressed, events and files do not."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import reverse

from config.compressing import PageGZipMiddleware


@pytest.mark.django_db
def test_a_page_is_compressed_for_who_takes_it(client):
    address = reverse("projects:discover")
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content).startswith(b"<!doctype html>")
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in client.get(address)


@pytest.mark.parametrize(
    "answer",
    [HttpResponse(b"x" * 999, content_type="text/csv"), StreamingHttpResponse([b"x" * 999], content_type="text/html")],
)
def test_files_and_streams_are_not(answer):
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in PageGZipMiddleware(lambda _: answer)(request)
