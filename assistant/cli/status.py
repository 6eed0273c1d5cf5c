"""`oyez status`: how the running assistant is, as it tells on its broker's retained topics."""

from __future__ import annotations

import argparse
import json
import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import add_config_flag, broker_of, running_household
from assistant.cli.timespan import timespan

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig
    from assistant.mqtt import HealthPayload, StatePayload, StatusPayload

WELL, UNWELL, NO_ANSWER = 0, 1, 2
ANSWER_S = 5.0
"""How long the broker may take, and then the topics."""
STALE = timedelta(minutes=3)
"""Health is told every minute."""
HANGS_S = 60.0
"""A part that has not gone on for so long does not come back by itself."""
NO_HANDLERS = {"mqtt", "listener"}
"""Parts with a heartbeat that are no handlers."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the topics of a site say; None where nothing is there."""

    status: StatusPayload | None = None
    state: StatePayload | None = None
    health: HealthPayload | None = None


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "status",
        help="tell how the running assistant is",
        description="Ask the household's broker how the assistant is; what is counted is told every minute.",
        epilog=f"Exit status: {WELL} it is well, {UNWELL} it is not, {NO_ANSWER} nobody answers.",
    )
    add_config_flag(parser)
    parser.add_argument("--mqtt", metavar="URL", help="broker to ask, as mqtt.url in the household file")
    parser.add_argument("--json", action="store_true", help="print everything that is told, as JSON")
    parser.set_defaults(execute=execute, status_of_faults=NO_ANSWER, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Ask and print; returns the exit status."""
    from assistant.errors import BrokerError
    from assistant.observe import configure_logging

    configure_logging(logging.CRITICAL)  # what goes wrong is told below
    household = running_household(options.config)
    url = options.mqtt or broker_of(household)
    no_answer = ""
    told = Told()
    try:
        told = ask(household, url)
    except BrokerError as error:
        no_answer = str(error)
    if not no_answer and told.status is None:
        no_answer = f"the broker at {url} knows of no assistant of the site {household.site}"
    problems = [no_answer] if no_answer else problems_of(told, household.handlers.run, now=datetime.now(UTC))
    print(_as_json(household.site, told, problems) if options.json else described(household.site, told, problems))
    return NO_ANSWER if no_answer else UNWELL if problems else WELL


def ask(household: HouseholdConfig, url: str) -> Told:
    """Return what the broker has of the household's site.

    Raises BrokerError where the broker does not answer.
    """
    from assistant.errors import BrokerError
    from assistant.mqtt import Client, HealthPayload, Payload, StatePayload, StatusPayload

    kinds = (StatusPayload, StatePayload, HealthPayload)
    told: dict[type[Payload], Any] = {}
    everything = threading.Event()

    def note(payload: Payload, _parts: object) -> None:
        told[type(payload)] = payload
        if len(told) == len(kinds):
            everything.set()

    client = Client(household.mqtt, site=household.site, name="status", url=url, announce=False)
    for kind in kinds:
        client.on(kind, note)
    with client:
        if not client.connection.wait_ready(ANSWER_S):
            raise BrokerError(f"no answer from {url}: {client.connection.problem or 'no reason is given'}")
        everything.wait(ANSWER_S)
    return Told(*(told.get(kind) for kind in kinds))


def problems_of(told: Told, handlers: list[str], *, now: datetime) -> list[str]:
    """Return what is wrong; nothing where all is well.

    handlers: those that are to run inside the assistant.
    """
    if told.status is None or told.status.status == "offline":
        return ["the assistant does not run"]
    health = told.health
    if health is None:
        return ["the assistant tells nothing of its health"]
    if now - health.time > STALE:
        return [f"nothing was told for {timespan(now - health.time)}: the assistant hangs, or a clock is wrong"]
    problems = [health.problem] if health.problem else []
    problems += [f"{part} hangs" for part, age_s in sorted(health.heartbeats_s.items()) if age_s > HANGS_S]
    problems += [f"the {name} handler does not run" for name in handlers if name not in health.heartbeats_s]
    return problems


def described(site: str, told: Told, problems: list[str], *, now: datetime | None = None) -> str:
    """Return what a person wants to know, a line each."""
    now = now or datetime.now(UTC)
    rows = [(site, problem) for problem in problems] or [(site, "well")]
    if told.state is not None and told.status is not None and told.status.status == "online":
        rows.append(("state", told.state.state))
    if told.health is not None:
        rows += _health_rows(told.health, now=now)
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name:<{width}}{text}" for name, text in rows)


def _health_rows(health: HealthPayload, *, now: datetime) -> list[tuple[str, str]]:
    counted, held, took = health.counters, health.gauges, health.timings_ms
    handlers = sorted(set(health.heartbeats_s) - NO_HANDLERS)
    waiting = {name.removesuffix("_waiting"): held[name] for name in sorted(held) if name.endswith("_waiting")}
    heard = f"{counted.get('utterances', 0)} utterances, {counted.get('accepted', 0)} understood"
    if health.last_heard is not None:
        heard += f", the last {timespan(now - health.last_heard)} ago"
    rows = [
        ("version", health.version),
        ("up for", timespan(timedelta(seconds=health.uptime_s))),
        ("heard", heard),
        ("handlers", ", ".join(handlers) or "none in the assistant"),
        ("waiting", ", ".join(f"{name} {count:.0f}" for name, count in waiting.items() if count) or "nothing"),
    ]
    if "interpretation_median" in took:
        times = f"{took['interpretation_median']:.0f} ms, {took['interpretation_worst']:.0f} ms at worst"
        rows.append(("computing", times))
    if "memory_mb" in held:
        rows.append(("memory", f"{held['memory_mb']:.0f} MB"))
    rows.append(("told", f"{timespan(now - health.time)} ago"))
    return rows


def _as_json(site: str, told: Told, problems: list[str]) -> str:
    everything = {
        "site": site,
        "well": not problems,
        "problems": problems,
        "status": told.status.status if told.status else None,
        "state": told.state.model_dump(mode="json") if told.state else None,
        "health": told.health.model_dump(mode="json") if told.health else None,
    }
    return json.dumps(everything, indent=2, ensure_ascii=False)
