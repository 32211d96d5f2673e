"""How much of each kind waits for a project's team, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from projects.models import Project

_COUNTS = """
SELECT (SELECT count(*) FROM payments_dispute d JOIN payments_cashpledge p ON p.id = d.pledge_id
        WHERE p.project_id = %(project)s AND d.state = 'needs_response'),
       (SELECT count(*) FROM projects_linecomment WHERE project_id = %(project)s AND answered_at IS NULL),
       (SELECT count(*) FROM compute_pledges_computepledge
        WHERE project_id = %(project)s AND state = 'offered' AND welcomed_at IS NULL),
       r.broken, d.mine, d.owed,
       (SELECT count(*) FROM projects_comment WHERE project_id = %(project)s AND kind = 'question'
        AND answered_at IS NULL AND deleted_at IS NULL AND hidden_at IS NULL),
       (SELECT count(*) FROM projects_promisedoutput o WHERE o.project_id = %(project)s AND o.due_on < %(today)s
        AND NOT EXISTS (SELECT 1 FROM projects_outputrelease k WHERE k.promise_id = o.id AND k.public_at <= %(now)s
                        AND k.verdict <> 'differs')),
       r.going, r.stopped
FROM (SELECT count(*) FILTER (WHERE state = 'running' AND error <> '') AS broken,
             count(*) FILTER (WHERE state <> 'stopped') AS going, count(*) FILTER (WHERE state = 'stopped') AS stopped
      FROM compute_pledges_trainingrun WHERE project_id = %(project)s) r,
     (SELECT count(*) FILTER (WHERE state <> 'sent') AS mine, count(*) AS owed FROM projects_delivery
      WHERE project_id = %(project)s AND state IN ('todo', 'in_work', 'sent')) d
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts: disputes without an answer, reviewers' open comments, offers of GPU time that nobody took, runs in
    trouble, rewards to deliver, rewards owed (sent ones included), questions, promised outputs that are late, runs
    that go on, runs that are over.
    """

    disputes: int
    line_comments: int
    offers: int
    broken_runs: int
    deliveries: int
    owed: int
    questions: int
    late_outputs: int
    going_runs: int
    stopped_runs: int


def waiting_for(project: Project, now: datetime) -> Waiting:
    """All of them, whoever may see them. `now` is business time."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"project": project.pk, "now": now, "today": now.date()})
        return Waiting(*cursor.fetchone())
