"""SPDX expressions in the Hub's words, and back."""

from __future__ import annotations

import re

# SPDX identifiers that the Hub has under the same letters, in small ones.
SAME = frozenset(
    {
        "AFL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0",
        "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0",
        "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0",
        "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0",
        "ECL-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "ISC", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA",
        "OFL-1.1", "OSL-3.0", "PostgreSQL", "Unlicense", "WTFPL", "Zlib",
    }
)  # fmt: skip
OTHERWISE = {
    "C-UDA-1.0": "c-uda", "ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl", "etalab-2.0": "etalab-2.0",
    **{f"{name}-{ending}": name.lower() for ending in ("only", "or-later")
       for name in ("AGPL-3.0", "GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0")},
}  # fmt: skip


def license_values(expression: str, *, address: str) -> dict[str, str]:
    """An SPDX expression in the Hub's words; `address` is where a license of one's own is told of."""
    known = expression.lower() if expression in SAME else OTHERWISE.get(expression)
    if known is not None:
        return {"license": known}
    is_single = " " not in expression and not expression.startswith("LicenseRef-")
    link = f"https://spdx.org/licenses/{expression}.html" if is_single else address
    name = re.sub(r"[^a-z0-9.]+", "-", expression.lower())
    return {"license": "other", "license_name": name, "license_link": link}


def spdx_of(name: str) -> str:
    """The Hub's word as SPDX writes it; what is none of its words stays as it is."""
    back = {hub: spdx for spdx, hub in OTHERWISE.items()}
    return back.get(name) or next((spdx for spdx in SAME if spdx.lower() == name.lower()), name)
