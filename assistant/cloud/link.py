"""The connection to the provider: one question at a time, one retry, and nothing asked of a service that is away."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from typing import Self

from assistant.cloud.breaker import Breaker
from assistant.cloud.http import Http, Request, Response
from assistant.cloud.providers import PROVIDERS
from assistant.cloud.query import Answer, Query
from assistant.config import CloudConfig, read_secret
from assistant.errors import (
    CloudContentError,
    CloudError,
    CloudRefusedError,
    CloudUnansweredError,
    ConfigurationError,
    Fault,
    OyezError,
)

RETRY_S = (0.05, 0.25)
"""How long after a failure it is tried once more, drawn anew each time: not in step with other houses."""
LEAST_SHARE = 1 / 8
"""Of the household's timeout: with less left nothing is asked, for silence would then say nothing of the provider."""


class Link:
    """Asks the household's provider, from any thread; a context manager."""

    def __init__(self, config: CloudConfig) -> None:
        """Read the token and choose the provider, which is not "none".

        Raises ConfigurationError where the token or httpx is missing.
        """
        self._provider = PROVIDERS[config.provider](config, _token(config))
        self._least_s = LEAST_SHARE * config.timeout_ms / 1000
        self._http = Http()
        self._breaker = Breaker(clock=time.monotonic)
        self._lock = threading.Lock()  # guards the breaker
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.__exit__()

    @property
    def takes_sound(self) -> bool:
        """Whether what was not understood goes out as sound."""
        return self._provider.takes_sound

    @property
    def wait_s(self) -> float:
        """How long the provider is still left alone, because it did not answer."""
        with self._lock:
            return self._breaker.wait_s

    @property
    def reachable(self) -> bool:
        """Whether it has answered lately, or was not asked yet."""
        with self._lock:
            return self._breaker.reachable

    def ask(self, query: Query, *, deadline: float) -> Answer:
        """Return what the provider makes of a query.  deadline: monotonic seconds.

        Raises CloudError where it does not answer in time, has too little of it or is left alone, CloudRefusedError
        where it wants none of us, CloudContentError where it can make nothing of this query, or we of its answer.
        """
        if deadline - time.monotonic() < self._least_s:
            raise CloudError("too little time was left to ask")
        with self._lock:
            if not self._breaker.admit():
                raise CloudError(f"the provider has not answered; it is asked again in {self._breaker.wait_s:.0f} s")
        try:
            answer = self._provider.answer(self._send(query, deadline=deadline), query)
        except (CloudRefusedError, CloudContentError):
            self._answered(True)
            raise
        except BaseException:
            self._answered(False)
            raise
        self._answered(True)
        return answer

    def _send(self, query: Query, *, deadline: float) -> Response:
        try:
            return self._http.post(self._request(query), deadline=deadline)
        except (CloudRefusedError, CloudContentError):
            raise
        except CloudError as error:
            if isinstance(error, CloudUnansweredError) and not self._provider.knows_repeats:
                raise
            pause_s = random.uniform(*RETRY_S)
            if time.monotonic() + pause_s >= deadline or self._closing.wait(pause_s):
                raise
        return self._http.post(self._request(query), deadline=deadline)

    def _request(self, query: Query) -> Request:
        return self._provider.request(query, now=datetime.now(UTC))

    def _answered(self, answered: bool) -> None:
        with self._lock:
            if answered:
                self._breaker.answered()
            else:
                self._breaker.failed()


def _token(config: CloudConfig) -> str:
    """The first line of the token's file; empty where none is named."""
    if config.token_file is None:
        return ""
    try:
        token = read_secret(config.token_file).strip()
    except OyezError as error:
        raise ConfigurationError([Fault("cloud.token_file", str(error))]) from error
    if not token.isascii() or len(token.split()) != 1:
        raise ConfigurationError([Fault("cloud.token_file", f"{config.token_file} does not begin with a token")])
    return token
