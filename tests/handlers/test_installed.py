"""Handlers of other packages: the guide's example, really installed, and broken ones, which harm only themselves."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from assistant.catalogs import list_values
from assistant.cli import main
from assistant.cli.household_file import known_names
from assistant.config import HouseholdConfig, LoadedHousehold, parse_household
from assistant.errors import ConfigurationError, OyezError, SentenceError
from assistant.interpret import graph
from assistant.messages import Choice, Interpretation, Posteriors, Utterance, Vocabulary
from assistant.mqtt import CatalogPayload
from assistant.recognizer import check_sentences, for_household
from handlers import registry
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber
from tests.interpret.rendering import rendered
from tests.speech import silence, speak

EXAMPLE = Path(__file__).parents[2] / "examples" / "blinds"
HOUSEHOLD = """\
packs: [light]
handlers:
  run: [light, blinds]
  options:
    blinds:
      timeout_s: 5
      blinds:
        kitchen: {names: {en: kitchen blind, es: persiana de la cocina, fr: store de la cuisine}, topic: cover/kitchen}
        roof: {names: {en: [skylight, roof blind]}, topic: cover/roof}
"""


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of installed packages, with the example in it."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    packages = folder / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(packages), str(source)], check=True, timeout=100)
    sys.path.insert(0, str(packages))
    yield packages
    sys.path.remove(str(packages))
    for name in [name for name in sys.modules if name.startswith("oyez_")]:
        del sys.modules[name]


@dataclass
class Saying:
    """A network that hears one text."""

    text: str

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        del samples, languages
        return rendered(self.text)


def household(text: str = HOUSEHOLD) -> LoadedHousehold:
    return parse_household(text, path=Path("oyez.yaml"), known=known_names())


def heard(text: str, config: HouseholdConfig) -> Interpretation:
    recognizer = for_household(config, Saying(text), vocabularies=registry.vocabularies(config))
    return recognizer.recognize(utterance())


def utterance() -> Utterance:
    return Utterance(samples=np.zeros(16_000, np.int16), started=datetime.now(UTC))


@pytest.mark.usefixtures("site_packages")
def test_an_installed_package_brings_its_handler() -> None:
    handler = registry.installed()["blinds"]
    assert handler.origin == "oyez-blinds 1.0"
    assert tuple(handler.description().domains) == ("blinds",)
    assert {"light", "timer"} <= set(registry.installed())


SAID = {
    "open the kitchen blind": ("en", "open", {"blind": "kitchen"}),
    "please set the roof blind to forty percent": ("en", "set", {"blind": "roof", "position": 40}),
    "pon la persiana de la cocina a la mitad": ("es", "set", {"blind": "kitchen", "position": 50}),
    "ferme le store de la cuisine": ("fr", "close", {"blind": "kitchen"}),
    "turn on the lights": ("en", "on", {}),
}


@pytest.mark.usefixtures("site_packages")
@pytest.mark.parametrize(("text", "meaning"), SAID.items(), ids=SAID)
def test_its_sentences_and_names_are_heard(text: str, meaning: tuple[str, str, dict[str, Any]]) -> None:
    understood = heard(text, household().config)
    assert understood.accepted
    assert understood.best is not None
    assert (understood.best.language, understood.best.intent, dict(understood.best.slots)) == meaning


@pytest.mark.usefixtures("site_packages")
def test_names_that_come_at_run_time_join_those_of_the_file() -> None:
    config = household().config
    vocabularies = registry.vocabularies(config)
    catalog = CatalogPayload.model_validate({"values": [{"in": "attic blind", "out": "attic"}]})
    values = list_values(config, "blind", catalog, vocabularies=vocabularies)
    assert [entry.out for entry in values["en"]] == ["kitchen", "roof", "roof", "attic"]


FAULTY = {
    "wrong type": (
        "timeout_s: 5",
        "timeout_s: soon",
        '6:18 handlers.options.blinds.timeout_s: must be a number, not "soon"',
    ),
    "unknown key": (
        "timeout_s: 5",
        "timeot_s: 5",
        '6:7 handlers.options.blinds.timeot_s: unknown key "timeot_s"; did you mean "timeout_s"?',
    ),
    "unknown key inside": (
        "topic: cover/roof",
        "topik: cover/roof",
        '9:53 handlers.options.blinds.blinds.roof.topik: unknown key "topik"; did you mean "topic"?',
    ),
}


@pytest.mark.usefixtures("site_packages")
@pytest.mark.parametrize(("right", "wrong", "told"), FAULTY.values(), ids=FAULTY)
def test_a_mistake_in_its_options_is_told_with_its_place(right: str, wrong: str, told: str) -> None:
    loaded = household(HOUSEHOLD.replace(right, wrong))
    assert f"oyez.yaml:{told}" in map(str, loaded.faults)
    with pytest.raises(ConfigurationError):
        registry.runner("blinds", loaded.config, url="mqtt://localhost")
    understood = heard("turn on the lights", loaded.config)
    assert understood.accepted


@pytest.mark.usefixtures("site_packages")
def test_options_of_a_handler_that_is_not_there_are_a_mistake() -> None:
    with pytest.raises(
        ConfigurationError, match=r'4:3 handlers\.options\.blindz: no handler "blindz"; did you mean "blinds"\?'
    ):
        household("handlers:\n run: [light]\n options:\n  blindz: {}\n")


BROKEN = {
    "not_there": ("", "cannot be imported: AttributeError"),
    "raising": ("raise RuntimeError('no such library')", "cannot be imported: RuntimeError: no such library"),
    "of_another_kind": ("HANDLER = object", "is no handlers.base.Description"),
    "without_files": (
        "HANDLER = Description(domains=('x',), build=None, sentences=[Path('nowhere.yaml')])",
        "fails at its start: TypeError",
    ),
    "with_bad_lists": (
        "HANDLER = Description(domains=('x',), build=None, catalogs=lambda household: 1 / 0)",
        "fails at its start: TypeError",
    ),
    "with_our_lists": (
        "HANDLER = Description(domains=('x',), build=None, catalogs=lambda household: {'room': []})",
        "fails at its start: TypeError",
    ),
}


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package full of handlers that do not work, and one that takes the name of ours."""
    package = tmp_path / "oyez_broken"
    package.mkdir()
    (package / "__init__.py").write_text("")
    begin = "from pathlib import Path\nfrom handlers.base import Description\n"
    for name, (program, _) in BROKEN.items():
        (package / f"{name}.py").write_text(begin + program)
    entries = "\n".join(f"{name} = oyez_broken.{name}:HANDLER" for name in [*BROKEN])
    described = tmp_path / "oyez_broken-0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: oyez-broken\nVersion: 0\n")
    (described / "entry_points.txt").write_text(f"[oyez.handlers]\n{entries}\nlight = oyez_broken.raising:HANDLER\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(("name", "why"), [(name, why) for name, (_, why) in BROKEN.items()], ids=BROKEN)
def test_a_broken_handler_is_named_and_everything_else_goes_on(name: str, why: str) -> None:
    config = household(f"packs: [light]\nhandlers: {{run: [light, {name}]}}").config
    with pytest.raises(OyezError, match=f'"{name}"') as raised:
        registry.runner(name, config, url="mqtt://localhost")
    assert why in str(raised.value)
    assert heard("turn on the lights", config).accepted


@pytest.mark.usefixtures("broken")
def test_a_sentence_file_that_is_missing_is_told() -> None:
    config = household("handlers: {run: [without_files]}").config
    faults = check_sentences(config, vocabularies=registry.vocabularies(config))
    assert any("nowhere.yaml" in fault.where for fault in faults)


@pytest.mark.usefixtures("broken")
def test_nobody_takes_the_name_of_a_built_in_handler() -> None:
    assert registry.installed()["light"].origin == registry.OURS


@pytest.mark.usefixtures("site_packages", "broken")
def test_the_list_says_where_handlers_come_from_and_what_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text(HOUSEHOLD)
    assert main(["handler", "list", "--config", str(file)]) == 1
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == "HANDLER DOMAINS FROM HERE"
    assert "blinds blinds oyez-blinds 1.0 runs in the assistant" in rows
    assert "light light oyez runs in the assistant" in rows
    assert "media media oyez not used" in rows
    assert "raising broken oyez-broken 0 not used" in rows
    assert any("no such library" in row for row in rows)


def test_it_moves_a_blind_when_it_is_asked_to_by_voice(site_packages: Path, broken: Path, tmp_path: Path) -> None:
    """The whole way, beside a broken handler: Pico's voice, the network, the graph, the handler's own process."""
    said = np.concatenate([silence(0.3), speak("open the kitchen blind"), silence(1)])
    soundfile.write(tmp_path / "said.wav", said, 16_000)
    with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as bus:
        file = tmp_path / "oyez.yaml"
        text = HOUSEHOLD.replace("run: [light, blinds]", "run: [light, raising, blinds]")
        file.write_text(f"site: test\n{text}mqtt: {{url: '{broker.url}'}}\nstate: state\n")
        paths = {"PYTHONPATH": f"{site_packages}:{broken}"}
        with Oyez(
            "--config", file, "--play", tmp_path / "said.wav", "--fast", folder=tmp_path, environment=paths
        ) as oyez:
            asked = bus.wait_for("cover/kitchen/set")
            bus.publish("cover/kitchen/position", asked)
            done = bus.wait_for("oyez/test/result")
            oyez.wait_for("handler raising does not run")
            assert oyez.end() == 0
    assert (asked, done["handler"], done["code"], done["ok"]) == (100, "blinds", "done", True)
    assert done["text"]["en"] == "The kitchen blind is at 100 percent."


def test_the_guide_shows_the_example_as_it_is() -> None:
    guide = (EXAMPLE.parents[1] / "docs" / "handlers.md").read_text(encoding="utf-8")
    for file in ("pyproject.toml", "oyez_blinds/__init__.py", "oyez_blinds/en.yaml"):
        assert (EXAMPLE / file).read_text(encoding="utf-8") in guide, file
    assert HOUSEHOLD.partition("\n")[2] in guide


def test_a_handler_whose_names_are_too_many_leaves_the_household_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "MOST_NODES", 50_000)  # the real limit takes half a minute to reach
    file = tmp_path / "crowd.yaml"
    file.write_text("language: en\nintents: {crowd.call: {data: [{sentences: ['call {crowd} now']}]}}\n")
    names = ("".join(letters) + " and so on" * 10 for letters in itertools.product("abcdefghij", repeat=3))
    crowd = Vocabulary("crowd", (file,), {"crowd": tuple(Choice(name, {"en": (name,)}) for name in names)})
    config = HouseholdConfig(packs=["light"], languages=["en"])
    with pytest.raises(SentenceError, match=r"the list \{crowd\} has 1000 names"):
        check_sentences(config, vocabularies=[crowd])
    recognizer = for_household(config, Saying("turn on the lights"), vocabularies=[crowd])
    assert recognizer.recognize(utterance()).accepted
