"""A provider for tests, in a process of its own (`tests.cloud.server`), which does what a test says."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from assistant.mqtt.broker import free_port
from tests.child import Child


@dataclass(frozen=True)
class Plan:
    """What one request is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    wait_s: float = 0.0
    """Before the first byte."""
    drip_s: float = 0.0
    """Between any two bytes; all at once when 0."""
    cut_at: int | None = None
    """How many bytes are sent, headers included, before the connection breaks."""
    length: bool = True
    """Whether the headers say how long the answer is; else it ends with the connection."""
    repeated: int = 1
    """How many times the body comes."""

    @classmethod
    def of(cls, answer: object, **others: Any) -> Self:
        """The answer as JSON."""
        return cls(body=json.dumps(answer), **others)


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """The provider's process, as a context manager; it may be killed and started again at the same address."""

    def __init__(self) -> None:
        self._port = free_port()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._child = Child("tests.cloud.server", str(self._port), environment={})
        self._child.next("ready")

    def kill(self) -> None:
        if self._child is not None:
            self._child.__exit__()
        self._child = None

    def plan(self, *plans: Plan) -> None:
        """Answer the next requests so, one after the other."""
        for plan in plans:
            self._order({"plan": asdict(plan)})

    def always(self, plan: Plan) -> None:
        """Answer so whatever has no plan."""
        self._order({"always": asdict(plan)})

    def forget(self) -> None:
        """Forget all plans, and what was asked."""
        self._order({"forget": True})

    def asked(self) -> Asked:
        """The next request, as soon as it comes."""
        assert self._child is not None
        request = self._child.next("request")
        return Asked(request["path"], request["headers"], base64.b64decode(request["body"]))

    def wait_gone(self) -> None:
        """Return when somebody has hung up while they were being answered."""
        assert self._child is not None
        self._child.next("gone")

    @property
    def count(self) -> int:
        """How many requests there have been; those that `asked` has not returned yet are forgotten."""
        return self._order({})

    def _order(self, order: dict[str, Any]) -> int:
        assert self._child is not None
        self._child.order(json.dumps(order))
        return int(self._child.next("taken"))
