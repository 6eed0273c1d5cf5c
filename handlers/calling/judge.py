"""What the telephone's events say of a command: done, failed and why, or nothing yet.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal, TypeAlias

from handlers.calling.line import Change
from handlers.telephones import Event, Reason

Verdict: TypeAlias = Literal["done"] | Reason
Judge: TypeAlias = Callable[[Sequence[Change]], Verdict | None]


def dialled(changes: Sequence[Change]) -> Verdict | None:
    """Judge a call: it rings or somebody talks, unless it has ended since, or it has ended before."""
    verdict: Verdict | None = None
    ours: set[str] = set()
    for change in changes:
        event = change.event
        if event.kind in ("refused", "absent"):
            return why(event)
        if event.kind == "dialing":
            ours.add(event.call)
        elif event.kind == "ringing" or (event.kind == "established" and _is_ours(change, ours)):
            verdict = "done"
        elif event.kind == "closed" and _is_ours(change, ours):
            if change.before is not None and change.before.state == "established":
                return "done"  # somebody has talked, if briefly
            return why(event)
    return verdict


def why(event: Event) -> Reason:
    """Return why a call that nobody has taken has ended, or a command was not taken."""
    return "not-answered" if event.reason == "ended" else event.reason or "failed"


def begun(changes: Sequence[Change]) -> bool:
    """Return whether the telephone has said that it dials."""
    return any(change.event.kind == "dialing" for change in changes)


def has_failed(change: Change) -> bool:
    """Return whether a call of ours has ended before anybody took it, and not by our own hand."""
    call, event = change.before, change.event
    if event.kind == "closed":
        return call is not None and call.outgoing and call.state != "established" and event.reason != "hung-up"
    return event.kind == "absent"


def answered(call: str) -> Judge:
    """Judge whether an incoming call was taken."""

    def judge(changes: Sequence[Change]) -> Verdict | None:
        for event in (change.event for change in changes):
            if event.kind == "established" and event.call == call:
                return "done"
            if event.kind in ("refused", "absent"):
                return why(event)
            if event.kind == "closed" and event.call == call:
                return "hung-up"  # the caller was faster
        return None

    return judge


def over(calls: Collection[str]) -> Judge:
    """Judge whether calls have ended."""

    def judge(changes: Sequence[Change]) -> Verdict | None:
        left = set(calls)
        for event in (change.event for change in changes):
            if event.kind == "closed":
                left.discard(event.call)
                if not left:
                    return "done"
            if event.kind == "absent":
                return "done"
            if event.kind == "refused":
                return why(event)
        return None

    return judge


def muted(*, muted: bool) -> Judge:
    """Judge whether the microphone is closed, or open."""

    def judge(changes: Sequence[Change]) -> Verdict | None:
        for event in (change.event for change in changes):
            if event.kind == ("muted" if muted else "unmuted"):
                return "done"
            if event.kind in ("refused", "absent"):
                return why(event)
        return None

    return judge


def _is_ours(change: Change, ours: Collection[str]) -> bool:
    return change.event.call in ours or change.before is None or change.before.outgoing
