"""50,000 titles: from the real MPD through the broker into the graph of three languages, and played."""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path

from assistant.catalogs import list_values
from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter
from assistant.language import LANGUAGES, LIBRARY, household_catalogs, load_packs
from assistant.mqtt import CatalogPayload
from assistant.mqtt.topics import CATALOG
from benchmarks.scale import made_up_names
from tests.broker import Mosquitto
from tests.handlers.media.house import House, changes, player, wait_until
from tests.handlers.music import Mpd, write_song
from tests.interpret.rendering import rendered

TITLES = 50_000
PLAYED = 31_415
"""The only one that has a file."""


def test_fifty_thousand_titles(shared_broker: Mosquitto, tmp_path: Path) -> None:
    titles = made_up_names(TITLES, random.Random(8))
    songs = [{"artist": f"{title.split()[0]} Band", "title": title} for title in titles]
    server = Mpd(tmp_path, songs=[])
    server.database(songs)
    file = tmp_path / "music" / str(PLAYED // 100 * 100) / f"{PLAYED % 100}.flac"
    file.parent.mkdir()
    write_song(file, {})
    with ExitStack() as stack:
        stack.enter_context(server)
        house = House(stack, shared_broker, state=tmp_path / "state", config={"players": {"stereo": player(server)}})
        catalogs = {kind: catalog_of(house, kind) for kind in LIBRARY}
        assert {kind: len(catalog.values) for kind, catalog in catalogs.items()} == {
            "playlist": 0,
            "artist": len({song["artist"] for song in songs}),
            "album": 0,
            "station": 0,
            "title": TITLES,
            "channel": 0,
        }

        config = HouseholdConfig.model_validate({"players": {"stereo": {}}})
        graph = Interpreter(load_packs(["light", "media", "system"], LANGUAGES), catalogs=household_catalogs(config))
        graph.replace_catalogs({kind: list_values(config, kind, catalog) for kind, catalog in catalogs.items()})
        for verb in ("play", "reproduce", "mets"):
            (best, *_) = graph.interpret(rendered(f"{verb} {titles[PLAYED]}")).hypotheses
            assert (best.intent, best.slots) == ("play", {"title": titles[PLAYED]})

        result = house.say("play", **best.slots)
        assert (result.code, changes(result)["stereo", "playback"]) == ("done", "playing")
        assert server.now()["title"] == titles[PLAYED]


def catalog_of(house: House, kind: str) -> CatalogPayload:
    topic = CATALOG.topic(house.site, name=kind)
    wait_until(lambda: bool(house.peer.on(topic)), f"{kind}s")
    return CatalogPayload.from_bytes(house.peer.on(topic)[-1].payload, topic=topic)
