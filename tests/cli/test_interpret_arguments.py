"""Files that stand behind `--sentences` or `--language` are audio when they look like it."""

import argparse
from pathlib import Path

import pytest

from assistant.cli.commands import build_parser
from assistant.cli.interpret import sort_arguments


def sorted_arguments(line: str) -> tuple[list[str], list[str], list[str]]:
    options: argparse.Namespace = build_parser().parse_args(["interpret", *line.split()])
    request = sort_arguments(options)
    return list(request.audio), [str(path) for path in request.sentences], list(request.languages)


@pytest.mark.parametrize(
    ("line", "audio", "sentences", "languages"),
    [
        ("a.wav", ["a.wav"], [], []),
        ("a.wav b.flac --json", ["a.wav", "b.flac"], [], []),
        ("--sentences s.yaml --language en --json a.wav b.wav", ["a.wav", "b.wav"], ["s.yaml"], ["en"]),
        ("--sentences s.yaml t.yml a.wav", ["a.wav"], ["s.yaml", "t.yml"], []),
        ("--sentences s.yaml --sentences t.yaml a.wav", ["a.wav"], ["s.yaml", "t.yaml"], []),
        ("--language en fr a.wav", ["a.wav"], [], ["en", "fr"]),
        ("--language en --language fr a.wav", ["a.wav"], [], ["en", "fr"]),
        ("--language en,fr a.wav", ["a.wav"], [], ["en", "fr"]),
        ("a.wav --sentences s.yaml b.wav", ["a.wav", "b.wav"], ["s.yaml"], []),
        ("--language en a.wav --language fr b.wav", ["a.wav", "b.wav"], [], ["en", "fr"]),
        ("--language en -- fr", ["fr"], [], ["en"]),
        ("--language en a,b.wav", ["a,b.wav"], [], ["en"]),
    ],
)
def test_the_command_line_is_sorted_out(
    line: str, audio: list[str], sentences: list[str], languages: list[str]
) -> None:
    assert sorted_arguments(line) == (audio, sentences, languages)


def test_paths_are_paths() -> None:
    options = build_parser().parse_args(["interpret", "--config", "x.yaml", "a.wav"])
    assert sort_arguments(options).config == Path("x.yaml")
