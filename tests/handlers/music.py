"""A real MPD with a generated library: tones without sound (null output), a software mixer, and real tags."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import mpd
import numpy as np
import soundfile

from assistant.mqtt.broker import free_port
from tests import freezing

START_S = 30.0
RATE_HZ = 8000
TAGS = ("Artist", "Album", "AlbumArtist", "Title", "Name")
"""All that it reads; a database with others is begun anew."""

SONGS: Sequence[Mapping[str, str]] = (
    {"artist": "Miles Davis", "album": "Kind of Blue (Legacy Edition)", "title": "So What"},
    {"artist": "Miles Davis", "album": "Kind of Blue (Legacy Edition)", "title": "Blue in Green"},
    {"artist": "The Beatles", "album": "1", "title": "Yesterday - Remastered 2015"},
    {"artist": "The Beatles", "album": "1", "title": "Help!"},
    {"artist": "Juanes", "album": "Mi Sangre", "title": "La camisa negra"},
    {"artist": "L'Impératrice", "album": "Matahari", "title": "Agitations tropicales"},
)


class Mpd:
    """A server on a free port, as a context manager; it may be stopped, hung and killed."""

    def __init__(self, folder: Path, *, songs: Iterable[Mapping[str, str]] = SONGS, mixer: str = "software") -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._songs = list(songs)
        for name in ("music", "playlists"):
            (folder / name).mkdir()
        for number, song in enumerate(self._songs):
            write_song(folder / "music" / f"{number:03}.flac", song)
        self._configuration = folder / "mpd.conf"
        self._configuration.write_text(
            f"""
            music_directory "{folder}/music"
            playlist_directory "{folder}/playlists"
            db_file "{folder}/database"
            log_file "{folder}/log"
            zeroconf_enabled "no"
            metadata_to_use "{",".join(TAGS)}"
            bind_to_address "127.0.0.1"
            port "{self.port}"
            audio_output {{
                type "null"
                name "nothing"
                mixer_type "{mixer}"
            }}
            """
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def playlist(self, name: str, *lines: str) -> None:
        """Write a stored playlist: songs by number, or `Name=http://...` for streams."""
        text = ["#EXTM3U"]
        for line in lines:
            station, equals, address = line.partition("=")
            text += [f"#EXTINF:-1,{station}", address] if equals else [line]
        (self._folder / "playlists" / f"{name}.m3u").write_text("\n".join(text) + "\n", encoding="utf-8")

    def database(self, songs: Iterable[Mapping[str, str]]) -> None:
        """Write a database of songs that need no files (`100/7.flac` is number 107), before it starts."""
        lines = ["info_begin", "format: 2", "mpd_version: 0.23.12", "fs_charset: UTF-8"]
        lines += [*(f"tag: {tag}" for tag in TAGS), "info_end"]
        every = list(songs)
        for begin in range(0, len(every), 100):  # of a folder with thousands of songs the server is slow
            lines += [f"directory: {begin}", "mtime: 1700000000", f"begin: {begin}"]
            for number, song in enumerate(every[begin : begin + 100]):
                lines += [f"song_begin: {number}.flac", "Time: 180.000000"]
                lines += [f"{tag.capitalize()}: {value}" for tag, value in song.items()]
                lines += ["mtime: 1700000000", "song_end"]
            lines.append(f"end: {begin}")
        (self._folder / "database").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start it and read its songs."""
        fresh = not (self._folder / "database").exists()
        self.start_unasked()
        if fresh:
            client = self.client()
            client.update()
            while "updating_db" in client.status():
                time.sleep(0.01)
            client.disconnect()

    def start_unasked(self) -> None:
        """Start it; back when it listens."""
        program = shutil.which("mpd", path=f"{os.environ['PATH']}:/usr/bin")
        assert program, "mpd is not installed; apt-get install mpd"
        command = [program, "--no-daemon", str(self._configuration)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.client().disconnect()
            except OSError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, "mpd does not listen"
                time.sleep(0.01)
            else:
                return

    def client(self) -> Any:
        """A connection of somebody else: another program that the household uses."""
        client = mpd.MPDClient()
        client.timeout = START_S
        client.connect("127.0.0.1", self.port)
        return client

    def now(self) -> dict[str, str]:
        """What it does and plays, as it tells others."""
        client = self.client()
        try:
            return {**client.status(), **client.currentsong()}
        finally:
            client.disconnect()

    def ask(self, command: str, *arguments: object) -> Any:
        client = self.client()
        try:
            return getattr(client, command)(*arguments)
        finally:
            client.disconnect()

    def hang(self) -> None:
        """Stop answering, with every connection open."""
        assert self._process is not None
        freezing.freeze(self._process.pid)

    def go_on(self) -> None:
        assert self._process is not None
        freezing.thaw(self._process.pid)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_S)
        self._process = None


def write_song(path: Path, tags: Mapping[str, str], *, seconds: float = 100.0) -> None:
    with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
        for tag, value in tags.items():
            setattr(file, tag, value)
        file.write(np.zeros(round(seconds * RATE_HZ), np.int16))


class Radio:
    """An internet radio that sends for ever, as a context manager; `mute` ones accept and send nothing."""

    def __init__(self, *, mute: bool = False) -> None:
        sound = io.BytesIO()
        noise = np.random.default_rng(1).normal(0, 0.1, 44_100).astype(np.float32)
        soundfile.write(sound, noise, 44_100, format="MP3")
        ended = self._ended = threading.Event()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "audio/mpeg")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while not ended.wait(0.1):
                        self.wfile.write(b"" if mute else sound.getvalue())

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/stream.mp3"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="radio", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
