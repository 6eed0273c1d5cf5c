"""A loudspeaker of Snapcast, or a group of them: loudness only, by the server's JSON-RPC on TCP.

What plays comes from elsewhere, an MPD or another player of the same room: its transport, this player's volume.
A group's loudness is the mean of its loudspeakers', and changes keep their balance: louder moves each by the same
share of what it has left to full, quieter by the same share of what it has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.config import PlayerConfig
from assistant.mqtt import Incoming
from handlers.players.contract import (
    Action,
    Command,
    Library,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    PlayerOptions,
    PlayerState,
    RefusedError,
    Wiring,
)
from handlers.players.jsonrpc import Connection, Params

PORT = 1705

FEATURES: frozenset[Action] = frozenset({"volume", "mute"})


class Options(PlayerOptions):
    """Which loudspeakers; without any, all of a server that has only one."""

    client: str | None = None
    """Identifier, name or host of one loudspeaker."""
    group: str | None = None
    """Identifier or name of a group."""


class _Part(BaseModel):
    """Of what the server tells only the known fields are looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Volume(_Part):
    percent: int = Field(ge=0, le=100)
    muted: bool


class _Config(_Part):
    name: str = ""
    volume: _Volume


class _Host(_Part):
    name: str = ""


class _Client(_Part):
    id: str
    connected: bool
    config: _Config
    host: _Host = _Host()

    @property
    def names(self) -> set[str]:
        return {self.id, self.config.name, self.host.name}


class _Group(_Part):
    id: str
    name: str = ""
    muted: bool
    stream_id: str = ""
    clients: tuple[_Client, ...]


class _Stream(_Part):
    id: str
    status: str = ""


class _Server(_Part):
    groups: tuple[_Group, ...]
    streams: tuple[_Stream, ...] = ()


class _Status(_Part):
    server: _Server


class Snapcast:
    """One loudspeaker or group."""

    features = FEATURES
    confirms = True

    def __init__(self, name: str, player: PlayerConfig, wiring: Wiring) -> None:
        self._name = name
        self._options = Options.model_validate(player.options)
        self._timeout_s = player.timeout_ms / 1000
        self._notify = wiring.notify
        self._server = Connection(
            player.host, player.port or PORT, timeout_s=self._timeout_s, on_notification=self._notified
        )

    def start(self) -> None:
        """Hear from the server what others change."""
        self._server.follow(lambda: self._notify("state"))

    def state(self) -> PlayerState:
        """Ask the server."""
        server = self._status(self._deadline())
        group, clients = self._chosen(server)
        if not any(client.connected for client in clients):
            raise NoAnswerError(f"{self._name}: the loudspeaker is not connected to the server")
        muted = group.muted or all(client.config.volume.muted for client in clients)
        streams = {stream.id: stream.status for stream in server.streams}
        return PlayerState(
            playback="playing" if streams.get(group.stream_id) == "playing" else "stopped",
            volume=mean([client.config.volume.percent for client in clients]),
            muted=muted,
        )

    def perform(self, command: Command) -> None:
        """Set volume or muting."""
        deadline = self._deadline()
        group, clients = self._chosen(self._status(deadline))
        if command.action == "mute":
            self._mute(group, clients, muted=bool(command.value), deadline=deadline)
        elif command.action == "volume":
            volumes = balanced([client.config.volume.percent for client in clients], int(command.value or 0))
            for client, volume in zip(clients, volumes, strict=True):
                self._set(client, {"percent": volume, "muted": client.config.volume.muted}, deadline)
        else:
            raise NotPossibleError(f"{self._name}: Snapcast has no {command.action}; name the player that plays on it")

    def library(self) -> Library:
        """Nothing can be played by it."""
        return {}

    def close(self) -> None:
        """End the connection."""
        self._server.close()

    def subscriptions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def received(self, message: Incoming) -> None:
        """Nothing comes by MQTT."""

    def connected(self) -> None:
        """Nothing comes by MQTT."""

    def _mute(self, group: _Group, clients: Sequence[_Client], *, muted: bool, deadline: float) -> None:
        """A group is muted as one; a loudspeaker also lets go of its group's muting, or it would stay silent."""
        if self._options.client is None or (group.muted and not muted):
            self._call("Group.SetMute", {"id": group.id, "mute": muted}, deadline)
        for client in clients:
            if self._options.client is not None or (client.config.volume.muted and not muted):
                self._set(client, {"percent": client.config.volume.percent, "muted": muted}, deadline)

    def _set(self, client: _Client, volume: Params, deadline: float) -> None:
        self._call("Client.SetVolume", {"id": client.id, "volume": volume}, deadline)

    def _call(self, method: str, params: Params, deadline: float) -> Any:
        return self._server.call(method, params, deadline=deadline)

    def _status(self, deadline: float) -> _Server:
        answer = self._server.call("Server.GetStatus", deadline=deadline)
        try:
            return _Status.model_validate(answer).server
        except ValidationError as error:
            raise RefusedError(f"{self._name}: the server tells something else than Snapcast: {error}") from error

    def _chosen(self, server: _Server) -> tuple[_Group, Sequence[_Client]]:
        """Return the loudspeakers that are meant, with their group."""
        wanted = self._options
        for group in server.groups:
            if wanted.client is not None:
                for client in group.clients:
                    if wanted.client in client.names:
                        return group, (client,)
            elif group.clients and (wanted.group in {group.id, group.name} or _only(server, wanted)):
                return group, group.clients
        there = sorted(client.config.name or client.id for group in server.groups for client in group.clients)
        what = f"{wanted.client or wanted.group or 'one loudspeaker alone'}"
        raise NotFoundError(f"{self._name}: no {what} on the server; there are {', '.join(there) or 'none'}")

    def _notified(self, _: str, __: Mapping[str, Any]) -> None:
        self._notify("state")

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s


def build(name: str, player: PlayerConfig, wiring: Wiring) -> Snapcast:
    """Return the driver of a player."""
    return Snapcast(name, player, wiring)


def mean(volumes: Sequence[int]) -> int:
    """Return the loudness of several loudspeakers as one figure, halves rounded up."""
    return (2 * sum(volumes) + len(volumes)) // (2 * len(volumes))


def balanced(volumes: Sequence[int], asked: int) -> list[int]:
    """Return each loudspeaker's volume when their mean becomes exactly `asked`; 0 to 100."""
    now = sum(volumes) / len(volumes)
    if asked >= now:
        share = (asked - now) / (100 - now) if now < 100 else 0.0
        exact = [volume + (100 - volume) * share for volume in volumes]
    else:
        exact = [volume * asked / now for volume in volumes]
    # What rounding takes from one goes to the next: the sum comes out whole.
    found: list[int] = []
    for index in range(len(exact)):
        found.append(round(sum(exact[: index + 1])) - sum(found))
    return found


def _only(server: _Server, wanted: Options) -> bool:
    return wanted.group is None and len([group for group in server.groups if group.clients]) == 1
