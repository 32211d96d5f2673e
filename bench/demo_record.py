"""Records a run for the demo from a demo's own machines.

    python -m bench.demo_record declare bird-ledger     while `make run` is up, before its machines have pledged
    python -m bench.demo_record export bird-ledger      once it has trained: platform/pages/demo/curves/<slug>.json

Both need the demo's DATABASE_URL. A run is declared in a demo of its own: the demo's machines train one project.
"""

from __future__ import annotations

import argparse
import json

import django

ANSWER_CHARACTERS = 200


def main() -> None:
    """Declare or export. Raises SystemExit for a project that nothing is planned for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deed", choices=("declare", "export"))
    parser.add_argument("slug")
    asked = parser.parse_args()
    django.setup()
    (declare if asked.deed == "declare" else export)(asked.slug)


def declare(slug: str) -> None:
    """The run, and the pledges of the demo's machines to it."""
    from django.utils import timezone

    from pages.demo.recorded import RECORDINGS
    from pages.demo.recorded import declare as declare_run
    from pages.demo.training import pledge_demo_devices
    from projects.models import Project

    if slug not in RECORDINGS:
        raise SystemExit(f"Nothing is planned for {slug!r}, only for {', '.join(RECORDINGS)}.")
    declare_run(project=Project.objects.get(slug=slug), recording=RECORDINGS[slug], now=timezone.now())
    pledge_demo_devices(slug=slug)


def export(slug: str) -> None:
    """The run's closed rounds, as the demo loads them."""
    from compute_pledges.models import Round
    from pages.demo.recorded import FOLDER

    rounds = Round.objects.filter(run__project__slug=slug, closed_at__isnull=False, is_rolled_back=False)
    rows = [
        {
            "loss": round(one.held_out_loss or 0, 6), "seconds": round(one.duration_seconds, 3),
            "theta_sha256": one.theta_sha256, "sample": one.sample[:ANSWER_CHARACTERS],
        }
        for one in rounds.order_by("index")
    ]  # fmt: skip
    (FOLDER / f"{slug}.json").write_text(json.dumps(rows, indent=0) + "\n")


if __name__ == "__main__":
    main()
