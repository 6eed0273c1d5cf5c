"""The letters of a template's graph are the texts that the template stands for."""

import random

import pytest
from hassil.parse_expression import parse_sentence

from assistant.interpret.joining import join
from assistant.interpret.letters import Builder, LetterGraph, TooLargeError, normalized_piece
from assistant.interpret.skips import Skips
from assistant.language.expand import expand
from assistant.model.symbols import decode, normalize

TEMPLATES = [
    "turn on [the] light[s]",
    "[please] (turn|switch) (on|off) [[the] [big]] lamp [now]",
    " [ a ]  b [ c]",
    "(a|b)[c](d|)",
    "[a;b;c] end",
    "(x [y];[z];w) q",
    "l' (entrée|été)",
    "(la |le |l')porte[ d'entrée]",
    "rez-de-chaussée [s'il te plaît]",
    "a[a[a[a]]]",
    "(one|one two|one two three) [two] [three]",
    "'s (quoted|'s)",
]


def build(templates, rules=None):
    graph = LetterGraph()
    builder = Builder(graph, rules=rules or {}, language="en", call_label=lambda _: None)
    node = graph.dead
    for template in templates:
        start = builder.before(parse_sentence(template).expression, graph.end)
        node = graph.union(node, graph.without_leading_space(start))
    return graph, node


def texts(graph, node, so_far=()):
    if graph.final[node]:
        yield decode(list(so_far))
    for label, target in graph.arcs[node]:
        yield from texts(graph, target, (*so_far, label))


def expected(template):
    return {normalize(text) for text in expand(parse_sentence(template).expression, {})} - {""}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_all_its_texts_once(template):
    graph, node = build([template])
    found = [text for text in texts(graph, node) if text]
    assert sorted(found) == sorted(expected(template))


def test_many_templates_are_one_graph():
    graph, node = build(TEMPLATES)
    found = [text for text in texts(graph, node) if text]
    assert sorted(found) == sorted(set().union(*map(expected, TEMPLATES)))


def test_random_templates():
    rng = random.Random(5)

    def part(depth):
        kinds = ["a", "b c", "ab", " "] if depth == 0 else ["({0}|{1})", "[{0}]", "{0} {1}", "{0}{1}", "({0};{1})"]
        return rng.choice(kinds).format(*(part(depth - 1) for _ in range(2))) if depth else rng.choice(kinds)

    for _ in range(300):
        template = part(3)
        graph, node = build([template])
        assert sorted(text for text in texts(graph, node) if text) == sorted(expected(template)), template


def test_alternatives_share_letters():
    said = [f"turn {state} the {lamp} please" for state in ("on", "off") for lamp in ("light", "lamp", "fan")]
    graph, node = build(said)
    reached, waiting = {node}, [node]
    while waiting:
        new = {target for _, target in graph.arcs[waiting.pop()]} - reached
        reached |= new
        waiting += new
    assert len(reached) < 1.1 * len("turn on ff the light amp fan please")


def test_permutations_do_not_enumerate():
    graph, _ = build(["(one;two;three;four;five;six;seven;eight)"])
    assert len(graph.arcs) < 10_000
    with pytest.raises(TooLargeError):
        build(["(" + ";".join("abcdefghi") + ")"])


def test_rules_that_double_do_not_explode():
    rules = {f"r{n}": parse_sentence(f"[<r{n + 1}>] [<r{n + 1}>]").expression for n in range(30)}
    rules["r30"] = parse_sentence("x").expression
    with pytest.raises(TooLargeError):
        build(["<r0>"], rules)


@pytest.mark.parametrize(
    ("piece", "normal"),
    [(" lights", " lights"), ("TURN on ", "turn on "), ("'", "'"), ("l'", "l'"), (" - ", " "), ("", ""), ("é!", "é ")],
)
def test_pieces_keep_their_spaces(piece, normal):
    assert normalized_piece(piece) == normal


def test_skip_words_between_all_words():
    graph, node = build(["go home"])
    found = set(texts(graph, Skips(graph, ["please", "um"]).around(node)))
    assert found >= {"go home", "please go home", "um please go home", "go um home", "go home please"}
    assert "um go please home um" in found
    assert not {"please", "gohome", "go please", ""} & found


def test_groups_share_beginnings_and_keep_apart():
    graph = LetterGraph()
    builder = Builder(graph, rules={}, language="en", call_label=lambda _: None)
    templates = ("turn [the] light on", "turn [the] light off", "turn [the] light on", "stop")
    starts = [builder.before(parse_sentence(template).expression, graph.end) for template in templates]
    joined = join(graph, list(enumerate(starts)))

    def walk(node, text="", groups=()):
        if node == joined.end:
            yield (text, *groups)
        for source, label, target, group in joined.arcs:
            if source == node:
                yield from walk(target, text + decode([label]), groups if group is None else (*groups, group))

    meant = [("on", 0), ("off", 1), ("on", 2)]
    lights = [(f"turn {the}light {state}", group) for the in ("", "the ") for state, group in meant]
    assert sorted(walk(joined.start)) == sorted([("stop", 3), *lights])
    assert joined.nodes < 45
