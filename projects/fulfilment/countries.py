"""Where something can be sent: countries by ISO 3166, named by CLDR."""

from __future__ import annotations

from babel import Locale

# Regions of CLDR that are no country: groups, and codes for private use or tests.
_NOT = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


def _countries() -> list[tuple[str, str]]:
    names = Locale("en").territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NOT]
    return sorted(found, key=lambda country: country[1])


COUNTRIES = _countries()
