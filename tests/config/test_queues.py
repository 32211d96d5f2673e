"""What reads from other people's servers for minutes never stands before money and mail."""

from celery import current_app
from django.conf import settings

from config.sweeps import OUTWARD, beat_schedule
from launcher.places import Ports
from launcher.stack import Stack

SLOW = {"projects.tasks.check_links", "compute_pledges.tasks.fetch_data_sets"}


def queue_of(task):
    return current_app.amqp.router.route({}, task)["queue"].name


def test_slow_tasks_and_no_others_have_the_queue_of_their_own():
    tasks = {entry["task"] for entry in beat_schedule(is_production=True).values()}
    assert {task for task in tasks if queue_of(task) == OUTWARD} == SLOW
    assert {queue_of(task) for task in tasks - SLOW} == {"celery"}


def test_messages_that_waited_behind_a_long_one_expire():
    for is_production in (True, False):
        slow = [row for row in beat_schedule(is_production=is_production).values() if row["task"] in SLOW]
        assert [row["options"]["expires"] == row["schedule"] for row in slow] == [True, True]


def test_a_worker_without_a_choice_serves_every_queue():
    assert set(current_app.amqp.queues) == set(settings.CELERY_TASK_QUEUES) == {"celery", OUTWARD}


def test_the_demo_has_one_small_worker_for_them(tmp_path):
    services = Stack(tmp_path, Ports(), "postgresql://x", "redis://x").web_services()
    workers = {service.name: service.argv for service in services if "worker" in service.argv}
    queues = {name: argv[argv.index("-Q") + 1] for name, argv in workers.items()}
    assert queues == {"worker": "celery", "worker-outward": OUTWARD}
    assert "solo" in workers["worker-outward"]
