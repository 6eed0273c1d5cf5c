"""Sentences with what is meant by them, also where no template of the product says it: texts for the second network.

From three sources: the rules of `meaning.LANGUAGE.grammar`, which have the intents' names and mark slots as
`{kind words}`; the product's own templates, for their words; and, as what means nothing to a house, sentences of all
kinds.  What comes near a sentence of `benchmarks/paraphrases` is thrown away, so that those stay unknown.

    python -m training.text.meaning data/meant.jsonl --each 60000
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from random import Random

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk
from rapidfuzz import fuzz, process

from assistant.language import Sentences, load_packs
from assistant.model.symbols import normalize
from training.text import mixture
from training.text.grammar import Grammar

NONE = "none"
INTENTS = (
    NONE,
    "light.on",
    "light.off",
    "light.brighter",
    "light.dimmer",
    "light.color",
    "media.play",
    "media.pause",
    "media.resume",
    "media.stop",
    "media.next",
    "media.previous",
    "media.volume_up",
    "media.volume_down",
    "media.mute",
    "media.what",
    "calling.call",
    "calling.answer",
    "calling.reject",
    "calling.hang_up",
    "calling.redial",
    "calling.who",
    "timer.start",
    "timer.remaining",
    "timer.cancel",
    "timer.add",
)
KINDS = ("thing", "music", "person", "time", "color")
"""What a slot's words name: a room, lamp, floor or all of them; a title, list, artist or station; somebody; a length of
time; a colour."""
LONGEST = 120
"""Letters; longer texts are not used."""
NEAR = 75
"""Likeness in percent from which a sentence counts as one of the held-out ones."""
VALIDATION = 8
"""Each so manieth alternative of a rule is kept for validation."""

_KIND_OF_LIST = {
    **dict.fromkeys(("room", "device", "floor", "everything", "player", "everywhere"), "thing"),
    **dict.fromkeys(("playlist", "artist", "album", "station", "title"), "music"),
    **dict.fromkeys(("contact", "relation"), "person"),
    "color": "color",
}
_TIME_RULES = ("duration", "long")
_OPEN = re.compile(r"\{(\w+)\s+((?:les? |la |l'|el |los |las |the |my |mi |ma |mon )?)")
_MARKED = re.compile(r"\{(\w+)\s*([^{}]*)\}")
_SAID = {"room": "room", "device": "lamp_name", "floor": "floor", "artist": "artist", "title": "title"}
_OTHER_KINDS = (
    *("free", "talk", "order", "telephone", "hesitation", "general_said", "car_said"),
    *("words", "number", "time", "date", "person", "place"),
)
_PACKS = ("light", "media", "calling", "timer")


@dataclass(frozen=True, slots=True)
class Meant:
    """A normalized text and what is meant by it."""

    text: str
    language: str
    intent: str
    slots: tuple[tuple[int, int, str], ...]
    """First letter, the one after the last, kind."""


def sample(language: str, random: Random, *, validation: bool = False) -> Meant:
    """Return a random sentence of `language`.

    validation: by alternatives of the rules that no other sentence is made of.
    """
    while True:
        marked, intent = _drawn(language, random, validation=validation)
        meant = parsed(marked, language, intent)
        if 1 <= len(meant.text) <= LONGEST and not is_held_out(meant.text, language):
            return meant


def parsed(marked: str, language: str, intent: str) -> Meant:
    """Return what a text with `{kind words}` in it says."""
    outside = _OPEN.sub(lambda found: f"{found[2]}{{{found[1]} ", marked)  # articles are no part of a name
    tidied = mixture.tidy(outside.replace(" }", "}"), language)
    text, slots, end = "", [], 0
    for found in _MARKED.finditer(tidied):
        text = _joined(text, tidied[end : found.start()])
        begin = len(text) + (1 if text and not tidied[: found.start()].endswith("'") else 0)
        text = _joined(text, (" " if begin > len(text) else "") + found[2])
        if begin < len(text):
            slots.append((begin, len(text), found[1]))
        end = found.end()
    return Meant(_joined(text, tidied[end:]), language, intent, tuple(slots))


def is_held_out(text: str, language: str) -> bool:
    """Whether a normalized text is like one of the held-out sentences."""
    return process.extractOne(text, held_out(language), scorer=fuzz.ratio, score_cutoff=NEAR) is not None


@cache
def held_out(language: str) -> tuple[str, ...]:
    """Return the normalized sentences of `benchmarks/paraphrases`."""
    file = Path(__file__).parents[2] / "benchmarks" / "paraphrases" / f"{language}.jsonl"
    return tuple(normalize(json.loads(line)["text"]) for line in file.read_text(encoding="utf-8").splitlines())


def _joined(text: str, more: str) -> str:
    added = normalize(more)
    if not added:
        return text
    return f"{text} {added}" if text and not (text.endswith("'") or more.startswith("'")) else text + added


def _drawn(language: str, random: Random, *, validation: bool) -> tuple[str, str]:
    grammar = _grammar(language, validation)
    chance = random.random()
    if not validation and chance < 0.12:
        return _of_pack(language, random)
    if chance < 0.3:
        kind = random.choice(_OTHER_KINDS)
        return mixture.sample(language, random, kinds=[kind]), NONE
    intent = NONE if chance < 0.42 else random.choice(INTENTS[1:])
    text = grammar.sample(intent, random)
    if random.random() < 0.3:
        text = f"{grammar.sample('hey', random)} {text}"
    if random.random() < 0.2:
        text = f"{text} {grammar.sample('end', random)}"
    return text, intent


@cache
def _grammar(language: str, validation: bool) -> Grammar:
    folder = Path(__file__).parent
    files = (f"{language}.grammar", f"meaning.{language}.grammar")
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in files)
    grammar = Grammar(text, functions=mixture.functions(language))
    for intent in INTENTS:
        grammar.without(intent, every=VALIDATION, kept=validation)
    return grammar


def _of_pack(language: str, random: Random) -> tuple[str, str]:
    """One of the product's own sentences; an intent that only templates say means nothing here."""
    pack = random.choice(_pack(language))
    block = random.choice([block for block in pack.blocks if block.templates])
    name = f"{block.domain}.{block.intent}"
    lists = {**pack.lists, **block.lists}
    walk = _Walk(random, {**pack.rules, **block.rules}, lambda found: _value(found, lists, language, random))
    return walk.of(random.choice(block.templates).expression), name if name in INTENTS else NONE


@cache
def _pack(language: str) -> tuple[Sentences, ...]:
    return load_packs(_PACKS, [language])


def _value(name: str, lists: Mapping[str, tuple[object, ...]], language: str, random: Random) -> str:
    entries = lists.get(name)
    if entries:
        said = str(getattr(random.choice(entries), "spoken"))  # noqa: B009
    elif name in _SAID:
        said = _grammar(language, False).sample(_SAID[name], random)
    elif name in ("contact", "timer"):
        said = _grammar(language, False).sample("person" if name == "contact" else "timer_name", random)
    elif name == "digits":
        said = mixture.functions(language)["digits"](random, "4-9")
    else:
        said = _grammar(language, False).sample("title", random)
    kind = _KIND_OF_LIST.get(name)
    return f"{{{kind} {said} }}" if kind else said


@dataclass(frozen=True, slots=True)
class _Walk:
    """Says a template at random."""

    random: Random
    rules: Mapping[str, Expression]
    value: Callable[[str], str]

    def of(self, expression: Expression) -> str:
        if isinstance(expression, TextChunk):
            return str(expression.original_text)
        if isinstance(expression, ListReference):
            return self.value(expression.list_name)
        if isinstance(expression, RuleReference):
            said = self.of(self.rules[expression.rule_name])
            return f"{{time {said} }}" if expression.rule_name in _TIME_RULES and "{" not in said else said
        if isinstance(expression, Alternative):
            return self.of(self.random.choice(expression.items))
        items = list(expression.items) if isinstance(expression, Group) else []
        if isinstance(expression, Permutation):
            self.random.shuffle(items)
        return "".join(self.of(item) for item in items)


def main() -> None:
    """Write sentences of all languages, those of each in turns; the last hundredth of them for validation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--each", type=int, required=True, help="sentences of each language")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random = Random(chosen.seed)
    with chosen.out.open("w", encoding="utf-8") as file:
        for number in range(chosen.each):
            for language in mixture.LANGUAGES:
                meant = sample(language, random, validation=number >= chosen.each - max(1, chosen.each // 100))
                file.write(json.dumps(asdict(meant), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
