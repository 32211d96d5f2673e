"""Calls the stand-in over HTTP and checks each request and each answer against the specification."""

import requests

from payments.stripe_standin.routes import OPERATIONS
from tests.factories.standin import SECRET
from tests.payments.standin.specification import answer_schema, official, problems, request_problems


def template_of(method, path):
    """The route that answers `path`."""
    parts = path.split("/")
    for known, template in OPERATIONS:
        names = template.split("/")
        if (
            known == method
            and len(names) == len(parts)
            and all(name[:1] == "{" or name == part for name, part in zip(names, parts, strict=True))
        ):
            return template
    raise AssertionError(f"{method} {path} is no operation of the stand-in")


class Caller:
    """Calls one operation, remembers that it was answered, and collects what the specification does not allow."""

    def __init__(self, base):
        self.base, self.seen, self.wrong = base, set(), []
        self.headers = {"Authorization": f"Bearer {SECRET}"}

    def __call__(self, method, path, **values):
        template = template_of(method, path.partition("?")[0])
        sent = {"json": values} if path.startswith("/v2/") else {"data": values}
        if method == "GET":
            sent = {"params": values}
        answer = requests.request(method, self.base + path, headers=self.headers, timeout=10, **sent)
        body = answer.json()
        sent = answer.request
        self.wrong += request_problems(method, path, sent.body or "", sent.url.partition("?")[2])
        if answer.status_code == 200:
            self.seen.add((method, template))
        schema = answer_schema(method, official(template), answer.status_code)
        self.wrong += [f"{method} {template} {answer.status_code} {line}" for line in problems(schema, body)]
        return body

    def get(self, path, **values):
        return self("GET", path, **values)

    def post(self, path, **values):
        return self("POST", path, **values)

    def control(self, **values):
        return requests.post(f"{self.base}/standin/control", json=values, headers=self.headers, timeout=10).json()
