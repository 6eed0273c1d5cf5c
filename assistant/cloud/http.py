"""One HTTP request and its answer, within a deadline and a size: the only file that touches the network.

Redirects are not followed, and no proxy or login is taken from the environment: what is said in a house goes to the
address that its owner wrote down, and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Self

from assistant.errors import CloudContentError, CloudError, CloudRefusedError, ConfigurationError, Fault

MOST_ANSWER_BYTES = 1024 * 1024
_AWAY = {408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529}
"""Answers of a service that is not there just now, its proxies' included."""
_OURS = {401, 402, 403, 404, 405, 407}
"""Answers that hold for whatever we send."""


@dataclass(frozen=True, slots=True)
class Request:
    """A POST; header values and the body do not show in its `repr`."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back with a good status."""

    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


class Http:
    """Connections to one provider, as a context manager.  Safe for several threads."""

    def __init__(self, *, timeout_s: float) -> None:
        """timeout_s: the longest silence; the deadline of `post` bounds the whole.

        Raises ConfigurationError where httpx is not installed.
        """
        self._httpx = _httpx()
        self._client: Any = self._httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            limits=self._httpx.Limits(max_connections=4, keepalive_expiry=30),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, request: Request, *, deadline: float) -> Response:
        """Return the answer.  deadline: monotonic seconds.

        Raises CloudError where there is none in time, CloudRefusedError and CloudContentError as the status says.
        """
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise CloudError("no answer in time")
        # Compressed answers could unfold to any size.
        headers = {"Accept-Encoding": "identity", **request.headers}
        try:
            with self._client.stream(
                "POST", request.url, headers=headers, content=request.body, timeout=left_s
            ) as answer:
                _check(answer.status_code)
                body = b""
                for part in answer.iter_raw():
                    body += part
                    if len(body) > MOST_ANSWER_BYTES:
                        raise CloudContentError(f"the answer is longer than {MOST_ANSWER_BYTES} bytes")
                    if time.monotonic() > deadline:
                        raise CloudError("the answer did not end in time")
                return Response({name.lower(): value for name, value in answer.headers.items()}, body)
        except (self._httpx.InvalidURL, self._httpx.UnsupportedProtocol, self._httpx.LocalProtocolError) as error:
            raise CloudRefusedError(f"cloud.url or the token cannot be sent: {type(error).__name__}") from error
        except (self._httpx.HTTPError, RuntimeError, OSError) as error:  # RuntimeError: closed while in use
            raise CloudError(f"{type(error).__name__}: {error}") from error


def _check(status: int) -> None:
    """Raise what an answer's status means.

    Raises CloudError, CloudRefusedError, CloudContentError.
    """
    if 200 <= status < 300:
        return
    if status in _AWAY:
        raise CloudError(f"the provider answers {status}")
    if status in _OURS:
        raise CloudRefusedError(f"the provider answers {status}; look at cloud.url and cloud.token_file")
    if 300 <= status < 400:
        raise CloudRefusedError(f"the provider answers {status} and wants another address; write that into cloud.url")
    raise CloudContentError(f"the provider answers {status} to what was sent")


def _httpx() -> ModuleType:
    try:
        import httpx  # noqa: PLC0415 - only households with a cloud need it
    except ImportError as error:
        fault = Fault("cloud.provider", "needs httpx; install it: pip install 'oyez[cloud]'")
        raise ConfigurationError([fault]) from error
    return httpx
