"""What the packages export and who imports whom: widening either is a visible act."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "assistant": ["__version__"],
    "assistant.cli": ["main"],
    "assistant.config": [
        "AudioConfig",
        "CallGuardConfig",
        "CallingConfig",
        "ContactsConfig",
        "DeviceConfig",
        "DialogueConfig",
        "FloorConfig",
        "HandlersConfig",
        "HouseholdConfig",
        "Identifier",
        "Known",
        "Language",
        "ListenConfig",
        "LoadedHousehold",
        "MediaConfig",
        "MqttConfig",
        "Named",
        "Option",
        "PersonConfig",
        "PlayerConfig",
        "QuietConfig",
        "RepliesConfig",
        "ReplyMode",
        "RoomConfig",
        "SceneConfig",
        "Section",
        "VoiceConfig",
        "WakeConfig",
        "household_schema",
        "load_household",
        "nearest",
        "parse_household",
    ],
    "assistant.contacts": [
        "Card",
        "Number",
        "Person",
        "Phonebook",
        "Spoken",
        "begins",
        "country_of",
        "dialable",
        "load_phonebook",
        "make_phonebook",
        "normalized",
        "read_cards",
    ],
    "assistant.dialogue": [
        "Dialogue",
        "Earcon",
        "Expected",
        "Hush",
        "Listen",
        "Naming",
        "Play",
        "Publish",
        "Say",
        "Step",
        "Steps",
        "described",
    ],
    "assistant.demo": ["HOUSEHOLD", "DemoClip", "SimulatedLamps", "demo_clips"],
    "assistant.audio": [
        "Device",
        "Level",
        "Loudspeaker",
        "Microphone",
        "RecordingCheck",
        "WavMicrophone",
        "check_recording",
        "has_microphone",
        "list_devices",
        "measure",
        "play",
        "rates",
        "read_file",
    ],
    "assistant.interpret": ["Calibration", "Evidence", "Interpreter", "Understood"],
    "assistant.language": [
        "CATALOGS",
        "CUSTOM_DOMAIN",
        "DIALOGUE",
        "DIGITS",
        "LANGUAGES",
        "MORE_DIGITS",
        "PACKS",
        "Block",
        "Catalogs",
        "Entry",
        "Loaded",
        "Sentences",
        "Template",
        "catalog_entries",
        "digit_groups",
        "digits_of",
        "household_catalogs",
        "inline_entries",
        "load_files",
        "load_packs",
        "load_text",
        "number_words",
        "spellings",
        "spoken_pieces",
    ],
    "assistant.listen": [
        "Listener",
        "ListenerCounts",
        "ListenerState",
        "Segmenter",
        "Source",
        "WakeEngine",
        "segment",
        "wake_engine",
    ],
    "assistant.model": ["LONGEST_MS", "SHIPPED", "Model", "Stream"],
    "assistant.mqtt": [
        "PAYLOADS",
        "AssistantState",
        "CancelPayload",
        "CatalogPayload",
        "Client",
        "Connection",
        "EmbeddedBroker",
        "Gate",
        "HealthPayload",
        "HeardPayload",
        "Incoming",
        "IntentPayload",
        "ListenPayload",
        "MutePayload",
        "Outgoing",
        "PartialPayload",
        "Payload",
        "RejectedPayload",
        "ReplyPayload",
        "ResultPayload",
        "Retry",
        "SayPayload",
        "StatePayload",
        "StatusPayload",
        "TimerPart",
        "TimersPayload",
    ],
    "assistant.speak": [
        "EARCONS",
        "EarconName",
        "Output",
        "Speaker",
        "Voice",
        "at_volume",
        "earcon",
        "sentences",
        "voice_of",
    ],
    "handlers.drivers": [
        "ALL_FEATURES",
        "DRIVERS",
        "OPTIONS",
        "Driver",
        "DriverOptions",
        "Feature",
        "Light",
        "Message",
        "Report",
        "build",
        "faults",
    ],
    "handlers.players": [
        "ALL_ACTIONS",
        "DRIVERS",
        "KINDS",
        "Action",
        "Build",
        "Catalog",
        "Command",
        "GoneError",
        "Kind",
        "Library",
        "Name",
        "NoAnswerError",
        "NotFoundError",
        "NotPossibleError",
        "PlayerDriver",
        "PlayerError",
        "PlayerOptions",
        "PlayerState",
        "RefusedError",
        "Wiring",
        "build",
        "faults",
    ],
    "assistant.observe": ["Counters", "Readings", "configure_logging", "give_back_memory"],
}


@pytest.mark.parametrize(("package", "names"), PUBLIC.items(), ids=PUBLIC)
def test_a_package_exports_what_is_listed_here(package: str, names: list[str]) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(names)
    assert all(hasattr(module, name) for name in names)


def test_imports_point_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [str(command), "--config", "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_quick_commands_import_nothing_heavy() -> None:
    program = (
        "import sys; from assistant.cli.commands import build_parser, main; main(['version']);"
        "heavy = {'numpy', 'onnxruntime', 'pydantic', 'yaml', 'paho', 'sounddevice'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    asked = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
