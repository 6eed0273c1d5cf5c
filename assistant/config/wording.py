"""What pydantic found wrong, in the words of somebody who edits a household's file."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from assistant.config.base import Language
from assistant.config.document import Document, KeyPath

NEAR = 0.6
"""Share of letters that must agree for a spelling to be suggested."""
_NOUNS = {
    "languages": "language",
    "features": "feature",
    "names": "language",
    "run": "handler",
    "options": "handler",
    "packs": "pack",
    "kind": "kind of device",
    "relations": "relation",
    "numbers": "kind of number",
}
_KINDS = {
    "dict_type": "must be a mapping (key: value), not {was}",
    "model_type": "must be a mapping (key: value), not {was}",
    "model_attributes_type": "must be a mapping (key: value), not {was}",
    "list_type": "must be a list ([a, b]), not {was}",
    "string_type": "must be text, not {was}",
    "int_type": "must be a whole number, not {was}",
    "int_parsing": "must be a whole number, not {was}",
    "int_from_float": "must be a whole number, not {was}",
    "float_type": "must be a number, not {was}",
    "float_parsing": "must be a number, not {was}",
    "bool_type": "must be true or false, not {was}",
    "bool_parsing": "must be true or false, not {was}",
    "path_type": "must be the path of a file, not {was}",
    "greater_than_equal": "must be at least {ge}, not {was}",
    "less_than_equal": "must be at most {le}, not {was}",
    "greater_than": "must be more than {gt}, not {was}",
    "less_than": "must be less than {lt}, not {was}",
    "too_short": "needs at least {min_length} entry",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
}


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    best = process.extractOne(
        word.lower(), list(known), scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=NEAR
    )
    return str(best[0]) if best else None


def unknown(noun: str, word: object, known: Collection[str]) -> str:
    """`no driver "zigbe2mqtt"; did you mean "zigbee2mqtt"?`, or what there is when nothing is near."""
    near = nearest(str(word), known)
    if near:
        return f'no {noun} "{word}"; did you mean "{near}"?'
    if not known:
        return f'no {noun} "{word}"; there are none in this file'
    return f'no {noun} "{word}"; there are {", ".join(sorted(known))}'


def describe(
    error: Mapping[str, Any], *, document: Document, model: type[BaseModel], below: KeyPath = ()
) -> tuple[KeyPath, str, bool]:
    """Path in the file, sentence, and whether the key (not its value) is at fault.

    below: where in the file the section of type `model` stands.
    """
    path, about_key = path_in_file((*below, *error["loc"]), document.value)
    if error["type"] == "extra_forbidden":
        return path, _unknown_key(path, error["loc"], model), True
    if error["type"] == "missing":
        return path, f'"{error["loc"][-1]}" is missing', True
    return path, _sentence(error, path, about_key=about_key), about_key


def _sentence(error: Mapping[str, Any], path: KeyPath, *, about_key: bool) -> str:
    """What is wrong with one value or key, and what would be right."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return unknown(noun_of(path, about_key=about_key), error["input"], choices)
    if kind == "string_pattern_mismatch":
        return _identifier(str(error["input"]))
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind not in _KINDS:
        return str(error["msg"])
    limits = {name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in context.items()}
    return _KINDS[kind].format(was=_shown(error["input"]), **limits)


def path_in_file(location: tuple[str | int, ...], value: object) -> tuple[KeyPath, bool]:
    """A place in the model as a place in the file, and whether it is a key.

    The model knows steps that the file leaves out (`names` of a room that is `{en: kitchen}`, a list around one name,
    the branch of a union); they are passed over.
    """
    path: list[str | int] = []
    for step in location:
        if step == "[key]":
            return tuple(path), True
        if (isinstance(value, dict) and step in value) or (isinstance(value, list) and step in range(len(value))):
            value = value[step]  # type: ignore[index]
            path.append(step)
    return tuple(path), False


def _unknown_key(path: KeyPath, location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    key = str(path[-1]) if path else str(location[-1])
    fields = _model_at(location[:-1], model)
    near = nearest(key, fields)
    if "names" in fields and len(key) == 2:
        return unknown("language", key, get_args(Language))
    if near:
        return f'unknown key "{key}"; did you mean "{near}"?'
    return f'unknown key "{key}"; known here: {", ".join(fields)}'


def _model_at(location: tuple[str | int, ...], model: Any) -> list[str]:
    """Names of the fields of the section that stands at `location`."""
    for step in location:
        if isinstance(model, type) and issubclass(model, BaseModel):
            found = model.model_fields.get(str(step))
            model = found.annotation if found else model
        else:
            arguments = [part for part in get_args(model) if part is not types.NoneType]
            model = arguments[-1] if arguments else model
    while not isinstance(model, type) and get_args(model):
        model = get_args(model)[0]
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def noun_of(path: KeyPath, *, about_key: bool = False) -> str:
    """What the value (or the key) at `path` is called in a sentence."""
    names = [step for step in (path[:-1] if about_key else path) if isinstance(step, str)]
    last = names[-1] if names else "value"
    return _NOUNS.get(last, "language" if about_key else last)


def _identifier(word: str) -> str:
    proposal = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in word.lower()).strip("_")
    example = f', such as "{proposal}"' if proposal else ""
    return f'"{word}" is no identifier: small letters a-z, digits, - and _ only{example}'


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)
