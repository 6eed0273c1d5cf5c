"""`oyez interpret`: what sound files say, one JSON line a file, through the same path as the microphone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import CONFIG_HELP, own_household
from assistant.errors import AudioError, ConfigurationError

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig, ListenConfig
    from assistant.messages import Hypothesis, Interpretation
    from assistant.recognizer import Recognizer

LANGUAGES = ("en", "es", "fr")
_EPILOG = """\
Each line holds: file, accepted, language, domain, intent, slots, confidence, reason, alternatives, audio_ms,
compute_ms, text, utterances; a file that cannot be read has "error" instead.  Without --json people at a terminal get a
readable line instead; whatever is no terminal gets JSON in any case.
Exit status: 0 every file could be read, 1 some could not, 2 wrong usage or a faulty --config or --sentences file.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "interpret",
        help="say what sound files mean",
        description="Read WAV or FLAC files of any rate and print what was understood in each.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", nargs="*", metavar="AUDIO", help="WAV or FLAC file")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.add_argument(
        "-s",
        "--sentences",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="sentence files (.yaml); without --config only these are loaded, and no built-in pack",
    )
    parser.add_argument(
        "-l",
        "--language",
        nargs="+",
        action="extend",
        default=[],
        metavar="LANGUAGE",
        help="en, es, fr: hear these only",
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines on a terminal too")
    parser.add_argument("--whole", action="store_true", help="take each file as one utterance, without segmenting it")
    parser.add_argument("--model", type=Path, metavar="FILE", help="another network than the one shipped")
    parser.set_defaults(execute=execute, status_of_faults=2, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Interpret the files; returns 1 when one of them could not be read."""
    request = sort_arguments(options)
    listen, recognizer = _recognizer(request, model=options.model)
    readable = sys.stdout.isatty() and not options.json
    failed = False
    for file in request.audio:
        try:
            line = interpret_file(file, recognizer=recognizer, listen=listen, whole=options.whole)
        except AudioError as error:
            failed = True
            line = {"file": file, "error": str(error)}
        print(_readable(line) if readable else json.dumps(line, ensure_ascii=False), flush=True)
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class Request:
    """The command line, sorted out."""

    audio: Sequence[str]
    sentences: Sequence[Path]
    languages: Sequence[str]
    config: Path | None


def sort_arguments(options: argparse.Namespace) -> Request:
    """Sort files that stand behind `--sentences` or `--language` without being any: `--language en a.wav b.wav`."""
    sentences, after_sentences = _parted(options.sentences, lambda word: word.lower().endswith((".yaml", ".yml")))
    words = [part for word in options.language for part in ([word] if Path(word).suffix else word.split(","))]
    languages, after_languages = _parted(words, lambda word: word in LANGUAGES)
    wrong = [word for word in after_languages if not Path(word).suffix and not Path(word).exists()]
    if wrong or (options.language and not languages):
        options.fail(f'argument --language: no language "{(wrong or words)[0]}"; there are {", ".join(LANGUAGES)}')
    if options.sentences and not sentences:
        options.fail(f'argument --sentences: "{options.sentences[0]}" is no sentence file (.yaml)')
    audio = [*options.audio, *after_sentences, *after_languages]
    if not audio:
        options.fail("the following arguments are required: AUDIO")
    return Request(
        audio=audio, sentences=[Path(name) for name in sentences], languages=languages, config=options.config
    )


def _parted(words: Sequence[str], belongs: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    return [word for word in words if belongs(word)], [word for word in words if not belongs(word)]


def _recognizer(request: Request, *, model: Path | None) -> tuple[ListenConfig, Recognizer]:
    from assistant.config import HouseholdConfig
    from assistant.model import Model
    from assistant.recognizer import for_household, for_sentences
    from handlers.registry import vocabularies

    missing = [path for path in request.sentences if not path.is_file()]
    if missing:
        raise ConfigurationError([_no_file(path) for path in missing])
    if request.sentences and request.config is None:
        household = HouseholdConfig()
        network = Model.load(model)
        return household.listen, for_sentences(
            list(request.sentences), network, languages=list(request.languages) or None
        )
    household = _household(request)
    network = Model.load(model or household.model)
    return household.listen, for_household(household, network, vocabularies=vocabularies(household))


def _household(request: Request) -> HouseholdConfig:
    household = own_household(request.config)
    changes: dict[str, Any] = {"sentences": [*household.sentences, *(path.absolute() for path in request.sentences)]}
    if request.languages:
        changes["languages"] = list(request.languages)
    return household.model_copy(update=changes)


def _no_file(path: Path) -> Any:
    from assistant.errors import Fault

    return Fault(str(path), "no such file")


def interpret_file(file: str, *, recognizer: Recognizer, listen: ListenConfig, whole: bool) -> dict[str, Any]:
    """What the file says, as the JSON line's mapping.

    Raises AudioError when it cannot be read.
    """
    from assistant.audio import read_file
    from assistant.recognizer import recognize_samples

    heard, utterances = recognize_samples(recognizer, read_file(Path(file)), listen=listen, whole=whole)
    return {"file": file, **_line(heard), "utterances": utterances}


def _line(heard: Interpretation) -> dict[str, Any]:
    return {
        "accepted": heard.accepted,
        **_meaning(heard.best),
        "reason": heard.reason,
        "alternatives": [_meaning(other) for other in heard.alternatives],
        "audio_ms": heard.audio_ms,
        "compute_ms": round(heard.compute_ms, 1),
    }


def _meaning(hypothesis: Hypothesis | None) -> dict[str, Any]:
    if hypothesis is None:
        return {"language": None, "domain": None, "intent": None, "text": "", "slots": {}, "confidence": 0.0}
    return {
        "language": hypothesis.language,
        "domain": hypothesis.domain,
        "intent": hypothesis.intent,
        "text": hypothesis.text,
        "slots": dict(hypothesis.slots),
        "confidence": round(hypothesis.confidence, 4),
    }


def _readable(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"{line['file']}: {line['error']}"
    slots = " ".join(f"{name}={value}" for name, value in line["slots"].items())
    meaning = f"{line['language']} {line['domain']}/{line['intent']} {slots}".strip() if line["intent"] else "nothing"
    verdict = "" if line["accepted"] else f"  rejected: {line['reason']}"
    return (
        f'{line["file"]}: "{line["text"]}"  {meaning}  {line["confidence"]:.0%}  {line["compute_ms"]:.0f} ms{verdict}'
    )
