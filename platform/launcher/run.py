"""`make run`: from a checkout to a running platform, one step at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import FrameType

from launcher.errors import LaunchError
from launcher.places import ROOT, Ports, require_free
from launcher.postgres import EmbeddedPostgres
from launcher.processes import Service, Supervisor
from launcher.stack import Stack
from launcher.valkey import valkey_service
from launcher.volunteers import pair_volunteers, volunteer_count


def say(text: str) -> None:
    """One line on the terminal, at once."""
    print(text, flush=True)


def state_dir() -> Path:
    """The one ignored folder that holds all state."""
    return Path(os.environ.get("COMMONWEAVE_STATE_DIR", ROOT / ".commonweave")).resolve()


class Session:
    """One `make run`."""

    def __init__(self) -> None:
        self.state, self.ports = state_dir(), Ports.from_environment()
        self.stop_asked = threading.Event()
        self.started = time.monotonic()

    def require_ports(self) -> None:
        """Name every taken port before anything starts."""
        taken = [("the site", "web", "WEB_PORT"), ("the event stream", "events", "EVENTS_PORT")]
        taken.append(("the Stripe stand-in", "stripe", "STRIPE_STANDIN_PORT"))
        taken.append(("the training anchor", "anchor", "ANCHOR_PORT"))
        if "DATABASE_URL" not in os.environ:
            taken.append(("PostgreSQL", "postgres", "POSTGRES_PORT"))
        if "REDIS_URL" not in os.environ:
            taken.append(("Valkey", "valkey", "VALKEY_PORT"))
        for name, field, variable in taken:
            require_free(getattr(self.ports, field), name, variable)

    def step(self, text: str, supervisor: Supervisor, service: Service) -> None:
        """Start a service and say how long it took. Raises KeyboardInterrupt when asked to stop."""
        if self.stop_asked.is_set():
            raise KeyboardInterrupt
        begun = time.monotonic()
        supervisor.start(service)
        say(f"  {text:<46} {time.monotonic() - begun:5.1f} s")

    def databases(self, supervisor: Supervisor) -> tuple[str, str]:
        """DATABASE_URL and REDIS_URL: the operator's, or of embedded servers started here."""
        database_url = os.environ.get("DATABASE_URL", "")
        if not database_url:
            postgres = EmbeddedPostgres(self.state, self.ports.postgres)
            postgres.initialize()
            self.step("PostgreSQL (embedded)", supervisor, postgres.service())
            database_url = postgres.url
        redis_url = os.environ.get("REDIS_URL", "")
        if not redis_url:
            self.step("Valkey (embedded)", supervisor, valkey_service(self.state, self.ports.valkey))
            redis_url = f"redis://127.0.0.1:{self.ports.valkey}/0"
        return database_url, redis_url

    def command(self, text: str, stack: Stack, *arguments: str) -> None:
        """Run a management command and say how long it took. Raises LaunchError with its output."""
        begun = time.monotonic()
        self.manage(stack, *arguments)
        say(f"  {text:<46} {time.monotonic() - begun:5.1f} s")

    def manage(self, stack: Stack, *arguments: str) -> None:
        """Run a management command. Raises LaunchError with its output."""
        result = subprocess.run(
            stack.manage(*arguments),
            env={**os.environ, **stack.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise LaunchError(f"`manage.py {' '.join(arguments)}` failed:\n{(result.stdout + result.stderr)[-1500:]}")

    def bring_up(self, supervisor: Supervisor) -> Stack:
        """Everything, in order."""
        say("Starting Commonweave. Everything it keeps is in " + str(self.state))
        stack = Stack(self.state, self.ports, *self.databases(supervisor))
        self.command("database schema", stack, "migrate", "--no-input", "-v0")
        self.command("demo people and projects (first time only)", stack, "load_demo")
        for service in stack.web_services():
            self.step(service.name, supervisor, service)
        return stack

    def bring_up_cluster(self, supervisor: Supervisor, stack: Stack) -> None:
        """Manager and demo volunteers, once the pages are there: they share the machine with the person who looks."""
        begun = time.monotonic()
        self.step("cluster-manager", supervisor, stack.manager_service())
        if pair_volunteers(stack, lambda *arguments: self.manage(stack, *arguments)):
            self.manage(stack, "load_demo")
            say(f"  {'demo machines paired by code':<46} {time.monotonic() - begun:5.1f} s")
        for number in range(1, volunteer_count() + 1):
            self.step(f"volunteer-{number}", supervisor, stack.volunteer_service(number))
        if os.environ.get("DEMO_BACKERS", "1") != "0":
            self.back(stack)

    def back(self, stack: Stack) -> None:
        """The demo's pledges. Without them the platform is whole, so that a failure is said and ends nothing."""
        say("  charging the demo's cards: until it is done, projects of the past look live (first time only)")
        try:
            self.command("demo backers and their cards (first time only)", stack, "back_demo")
        except LaunchError as error:
            say(f"  The demo's backers are not all there; the next start goes on with them. {error}")

    def watch(self, supervisor: Supervisor) -> int:
        """Wait for Ctrl-C, or for a program that ends by itself."""
        while not self.stop_asked.wait(0.5):
            for child in supervisor.drop_dead_extras():
                status = child.process.returncode
                say(f"{child.service.name} ended with status {status}; the rest goes on. See {child.log}")
            if dead := supervisor.first_dead():
                say(f"\n{dead.service.name} ended with status {dead.process.returncode}; stopping. See {dead.log}")
                return 1
        return 0


WELCOME = """
Commonweave is running:  {site}     (ready after {seconds:.0f} s)

  Demo accounts, all with the password  commonweave-demo
    creator@demo.example     posts projects and trains models
    backer@demo.example      backs with money
    volunteer@demo.example   lends machines
    reviewer1@demo.example   reviews projects (reviewer2 as well)
    admin@demo.example       sees every cent and every GPU-second

  Mail that the platform sends:  {site}/demo/mail/
  Test card 4242 4242 4242 4242, any future date, any code.   Ctrl-C stops everything.
"""


def run() -> int:
    """Start, watch, stop in reverse order. Returns the exit status."""
    session = Session()
    session.require_ports()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        session.stop_asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    supervisor = Supervisor(session.state / "logs")
    try:
        stack = session.bring_up(supervisor)
        say(WELCOME.format(site=stack.site, seconds=time.monotonic() - session.started))
        session.bring_up_cluster(supervisor, stack)
        say("\nThe demo's machines are training. Watch them on the page of Pocket Python.")
        return session.watch(supervisor)
    except KeyboardInterrupt:
        return 0
    finally:
        say("\nStopping ...")
        supervisor.stop()
        say("Stopped. The data stays in " + str(session.state))
