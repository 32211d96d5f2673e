"""Writes down which parameters Stripe takes and the stand-in does not: they answer 501, unknown ones 400.

python -m tests.payments.standin.not_implemented
"""

import json
from pathlib import Path

from payments.stripe_standin import routes
from tests.payments.standin.specification import parameters

FILE = Path(routes.__file__).with_name("assets") / "not_implemented.json"


def listed():
    found = {}
    for (method, path), operation in sorted(routes.OPERATIONS.items(), key=lambda item: (item[0][1], item[0][0])):
        missing = parameters(method, path) - operation.allowed
        if missing:
            found[f"{method} {path}"] = sorted(missing)
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(listed(), indent=1) + "\n")
