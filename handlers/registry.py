"""The handlers that are installed: those that come with Oyez, and those of other packages by their entry points.

One that is broken is named, and everything else goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from assistant.config import HouseholdConfig, Section
from assistant.errors import OyezError
from assistant.messages import Vocabulary
from assistant.mqtt import Outgoing
from handlers.base import Description
from handlers.runner import HandlerRunner, Memory

log = logging.getLogger(__name__)

GROUP = "oyez.handlers"
"""The group of entry points; each names a `Description`."""
BUILT_IN: Mapping[str, str] = {
    "calling": "handlers.calling:HANDLER",
    "light": "handlers.light:HANDLER",
    "media": "handlers.media:HANDLER",
    "timer": "handlers.timer:HANDLER",
}
OURS = "oyez"


@dataclass(frozen=True, slots=True)
class Installed:
    """A handler that can be asked for by name; nothing of it is imported before `description`."""

    name: str
    origin: str
    """The distribution that it comes from, with its version."""
    entry: EntryPoint

    def description(self) -> Description:
        """Import it.

        Raises OyezError where that fails, or where its entry point names something else.
        """
        try:
            found = self.entry.load()
        except Exception as error:  # whatever a module of somebody else does while it is imported
            log.debug("handler %s", self.name, exc_info=True)
            what = f"{type(error).__name__}: {error}"
            raise OyezError(f'the handler "{self.name}" of {self.origin} cannot be imported: {what}') from error
        if not isinstance(found, Description):
            raise OyezError(
                f'the handler "{self.name}" of {self.origin}: {self.entry.value} is no handlers.base.Description'
            )
        return found


def installed() -> Mapping[str, Installed]:
    """Return every handler by name; one that takes the name of a built-in handler is left out and named."""
    found = {name: Installed(name, OURS, EntryPoint(name, value, GROUP)) for name, value in BUILT_IN.items()}
    for entry in entry_points(group=GROUP):
        origin = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
        if entry.name in found:
            taken = found[entry.name].origin
            log.warning('a second handler "%s" in %s is left out; %s has one', entry.name, origin, taken)
            continue
        found[entry.name] = Installed(entry.name, origin, entry)
    return found


def find(name: str) -> Installed:
    """Return the handler called `name`.

    Raises OyezError where there is none of that name.
    """
    found = installed()
    if name not in found:
        raise OyezError(f'no handler "{name}"; there are: {", ".join(sorted(found))}')
    return found[name]


def sections() -> Mapping[str, type[Section]]:
    """Return what may stand in `handlers.options`, by handler; broken handlers are told of when they are to run."""
    found = {}
    for name, one in installed().items():
        try:
            kind = one.description().options
        except OyezError as error:
            log.debug("%s", error)
        else:
            found[name] = kind or Section
    return found


def vocabularies(household: HouseholdConfig) -> tuple[Vocabulary, ...]:
    """Return what the handlers in use add to what may be said.

    In use are those that run in the assistant, and those with options: they may run elsewhere.
    """
    names = dict.fromkeys((*household.handlers.run, *household.handlers.options))
    handlers = installed()
    return tuple(
        vocabulary for name in names if name in handlers and (vocabulary := _vocabulary(handlers[name], household))
    )


def runner(
    name: str,
    household: HouseholdConfig,
    *,
    url: str | None = None,
    memory: Memory | None = None,
    beside: Callable[[Outgoing], None] = lambda _: None,
) -> HandlerRunner:
    """Return the handler called `name`, ready to be entered.

    memory: which intents it has done before, where it ran before.  beside: takes what it publishes, too.
    Raises OyezError where there is none of that name, or it cannot run.
    """
    return HandlerRunner(name, find(name).description(), household, url=url, memory=memory, beside=beside)


def _vocabulary(handler: Installed, household: HouseholdConfig) -> Vocabulary | None:
    try:
        description = handler.description()
        catalogs = description.catalogs(household)
    except OyezError as error:
        log.error("nothing can be said to handler %s: %s", handler.name, error)
        return None
    except Exception:
        log.exception("nothing can be said to handler %s: its catalogs failed", handler.name)
        return None
    return Vocabulary(
        handler.name,
        sentences=tuple(description.sentences),
        catalogs={name: tuple(values) for name, values in catalogs.items()},
    )
