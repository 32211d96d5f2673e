"""Full-text search, and what is spelled alike where nothing has the words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

from projects.discovery.folding import is_unparted, words_of
from projects.models import Project

MOST_WORDS = 8
SHORTEST_ALIKE = 3
# Every list of results is sorted, counted and paged among so many.
MOST = 500
_EXACT = """
WITH asked AS (SELECT to_tsquery('english', %(query)s) AS query)
SELECT project_id FROM (
    SELECT l.project_id, ts_rank(l.document, asked.query) AS rank
    FROM projects_projectlisting l, asked WHERE l.document @@ asked.query
    UNION ALL
    SELECT l.project_id, 0.1 FROM projects_projectlisting l
    WHERE cardinality(%(within)s::text[]) > 0
    AND NOT EXISTS (SELECT 1 FROM unnest(%(within)s::text[]) w WHERE position(w IN l.words) = 0)
    UNION ALL
    SELECT p.id, 0.5 FROM projects_project p JOIN accounts_user u ON u.id = p.creator_id
    WHERE u.name ILIKE %(name)s
) m JOIN projects_project p ON p.id = project_id
WHERE p.state <> ALL(%(private)s) GROUP BY project_id ORDER BY max(rank) DESC, project_id DESC LIMIT %(most)s
"""
# A transposed letter leaves few trigrams in common: the threshold is low, and what is far behind the best goes. A
# quarter is what a word of three letters has in common with each that begins alike; shorter ones are not compared.
# What is alike within one word counts twice: a stretch over several is chance.
_ALIKE = """
SELECT project_id FROM (
    SELECT *, max(score) OVER () AS best FROM (
        SELECT l.project_id,
            (SELECT sum(word_similarity(w, l.words) + strict_word_similarity(w, l.words))
             FROM unnest(%(words)s::text[]) w) AS score
        FROM projects_projectlisting l JOIN projects_project p ON p.id = l.project_id
        WHERE p.state <> ALL(%(private)s) AND l.project_id IN (SELECT projects_alike(%(longest)s))
        AND NOT EXISTS (SELECT 1 FROM unnest(%(words)s::text[]) w WHERE word_similarity(w, l.words) <= 0.25)
    ) alike
) scored WHERE score >= 0.7 * best ORDER BY score DESC, project_id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Matched:
    """The best matches, best first; `is_alike` where no project has the words and these are spelled alike."""

    ids: list[int]
    is_alike: bool = False


def matching(text: str) -> Matched:
    """Public projects by title, promise, tags, story and creator's name. One query, a second one for typos."""
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return Matched([])
    # The beginning of a word is enough; quotes keep the parser from reading a word as an operator.
    query = " & ".join(f"'{word}':*" for word in words)
    name = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
    within = words if any(map(is_unparted, words)) else []
    if exact := _ids(_EXACT, query=query, name=name, within=within):
        return Matched(exact)
    long_ones = [word for word in words if len(word) >= SHORTEST_ALIKE]
    if not long_ones:
        return Matched([])
    return Matched(_ids(_ALIKE, words=long_ones, longest=max(long_ones, key=len)), is_alike=True)


def _ids(question: str, **values: str | list[str]) -> list[int]:
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"private": list(Project.PRIVATE_STATES), "most": MOST, **values}
        cursor.execute(question, given)
        return [row[0] for row in cursor.fetchall()]
