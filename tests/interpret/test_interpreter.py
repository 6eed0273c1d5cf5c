import threading

import pytest

from assistant.config import HouseholdConfig
from assistant.errors import SentenceError
from assistant.interpret import Interpreter
from assistant.language import Entry, catalog_entries, household_catalogs, load_packs, load_text, number_words
from assistant.messages import Posteriors
from tests.interpret.rendering import rendered

CALLS = """
language: en
intents:
  calling.call: {data: [{sentences: ["(call|ring) {contact} [now]", "call {contact:who} back"]}]}
  calling.hang_up: {data: [{sentences: ["hang up"]}]}
lists: {contact: {values: []}}
"""


GOING_ON = """
language: en
skip_words: [thanks]
intents:
  light.on:
    data:
      - sentences: ["turn on {lamp} [in the {room}] [please]"]
  light.off:
    data:
      - sentences: ["turn off {lamp} [(please|right now)]", "all (lamp|lamps) off"]
  light.dim: {data: [{sentences: ["brightness {level}", "{level} percent"]}]}
  media.stop: {data: [{sentences: ["stop [please]"], slots: {what: all}}]}
  media.stop_one: {data: [{sentences: [stop the music]}]}
  system.stop: {data: [{sentences: ["stop [please]", "halt [please]"]}]}
  system.halt: {data: [{sentences: ["halt [please]"]}]}
  calling.dial: {data: [{sentences: ["dial {digits}"]}]}
lists:
  lamp: {values: [desk, desk lamp, mirror]}
  room: {values: [kitchen]}
  level: {range: {from: 0, to: 100}}
"""


def said(interpreter, text, **only):
    heard = interpreter.interpret(rendered(text), **only).hypotheses
    return (f"{heard[0].domain}.{heard[0].intent}", dict(heard[0].slots)) if heard else None


def of(text, **options):
    return Interpreter(load_text(text).sentences, **options)


def test_everything_of_a_hypothesis():
    interpreter = of("""
language: fr
intents:
  light.on: {data: [{sentences: ["allume (la |le |l'){lamp:device}[ à {level} pourcent]"], slots: {from: voice}}]}
lists: {lamp: {values: [{in: "Entrée 2", out: hall}]}, level: {range: {from: 0, to: 100}}}
""")
    understood = interpreter.interpret(rendered("allume l'entrée deux à quatre-vingt-dix pourcent"))
    (best,) = understood.hypotheses
    assert (best.language, best.domain, best.intent) == ("fr", "light", "on")
    assert best.text == "allume l'entrée deux à quatre vingt dix pourcent"
    assert dict(best.slots) == {"device": "hall", "level": 90, "from": "voice"}
    assert dict(best.spoken) == {"device": "entrée deux", "level": "quatre vingt dix"}
    assert best.confidence > 0.9
    assert understood.share == 1.0


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        pytest.param("turn on mirror", True, id="a list may follow"),
        pytest.param("turn on mirror please", False, id="nothing may follow"),
        pytest.param("turn on mirror in the kitchen", False, id="only words without meaning"),
        pytest.param("turn off mirror", False, id="only words without meaning, without a list before"),
        pytest.param("turn off desk", True, id="a longer name"),
        pytest.param("turn off desk lamp", False, id="the longer name"),
        pytest.param("turn off desk thanks", False, id="a skip word ends the name"),
        pytest.param("turn on desk in the kitchen", False, id="the shorter name in the middle"),
        pytest.param("all lamp off", False, id="letters inside"),
        pytest.param("brightness twenty", True, id="a longer number"),
        pytest.param("brightness twenty five", True, id="any number"),
        pytest.param("twenty five percent", False, id="the unit ends the number"),
        pytest.param("stop", True, id="another intent goes on"),
        pytest.param("stop please", False, id="and does not any more"),
        pytest.param("halt", False, id="two intents go on alike"),
        pytest.param("dial five five five one two", True, id="digits"),
    ],
)
def test_what_could_go_on_is_known(text, goes_on):
    understood = of(GOING_ON).interpret(rendered(text))
    assert understood.hypotheses[0].text == text.replace(" thanks", "") or "thanks" in text
    assert understood.goes_on == goes_on


@pytest.mark.parametrize("text", ["turn on", "turn on desk in the", "brightness twen", "dial"])
def test_the_beginning_of_a_sentence_is_one(text):
    begun = of(GOING_ON).begun(rendered(text))
    assert (begun.text, begun.whole) == (text, False)
    assert begun.command > 0.5


@pytest.mark.parametrize("text", ["turn on desk", "turn on desk lamp", "stop", "brightness twenty five"])
def test_a_whole_sentence_is_one_also_where_it_could_go_on(text):
    begun = of(GOING_ON).begun(rendered(text))
    assert (begun.text, begun.whole) == (text, True)


def test_what_begins_no_sentence_does_not():
    interpreter = of(GOING_ON)
    assert interpreter.begun(rendered("my mother is here")).command < 0.1
    assert interpreter.begun(Posteriors(rendered("stop").symbols[:0], 20)).command == 0
    assert interpreter.begun(rendered("turn on"), only=["system.stop"]).command < 0.1


def test_a_catalog_is_heard_as_soon_as_it_is_replaced():
    interpreter = of(CALLS)
    assert said(interpreter, "call anna") in (None, ("calling.hang_up", {}))
    assert interpreter.replace_catalog("contact", {"en": [Entry("Anna", 1), Entry("Zoë Müller", 2)]}) == 1
    assert said(interpreter, "call anna now") == ("calling.call", {"contact": 1})
    assert said(interpreter, "call zoë müller back") == ("calling.call", {"who": 2})
    interpreter.replace_catalog("contact", catalog_entries([("Bob", 3, None)], ["en"]))
    assert said(interpreter, "ring bob") == ("calling.call", {"contact": 3})
    assert said(interpreter, "hang up") == ("calling.hang_up", {})
    assert interpreter.replace_catalog("nobody", {"en": []}) == 0
    assert interpreter.replace_catalog("contact", {"fr": [Entry("Anne", 4)]}) == 0


def test_a_catalog_is_replaced_while_others_listen():
    interpreter = of(CALLS)
    interpreter.replace_catalog("contact", {"en": [Entry("Anna", 1)]})
    failures = []

    def listen():
        failures.extend(said(interpreter, "call anna") != ("calling.call", {"contact": 1}) for _ in range(60))

    listener = threading.Thread(target=listen)
    listener.start()
    for count in range(30):
        entries = [Entry("Anna", 1)] + [Entry(f"other {'x' * count}", 2)] * count
        interpreter.replace_catalog("contact", {"en": entries})
    listener.join()
    assert not any(failures)


def test_a_catalog_beyond_measure_leaves_the_old_one(monkeypatch):
    monkeypatch.setattr("assistant.interpret.graph.MOST_NODES", 1000)
    interpreter = of(CALLS)
    interpreter.replace_catalog("contact", {"en": [Entry("Anna", 1)]})
    many = [Entry(f"{number:b}".translate({48: "a", 49: "b"}), 2) for number in range(500)]
    with pytest.raises(SentenceError, match=r"\{contact\} has 500 names"):
        interpreter.replace_catalog("contact", {"en": many})
    assert said(interpreter, "call anna") == ("calling.call", {"contact": 1})
    assert said(interpreter, "hang up", only=["hang_up"]) == ("calling.hang_up", {})


def test_many_names():
    interpreter = of(CALLS)
    names = [f"{first}{middle} {last}ez" for first in "abcdefghij" for middle in "aeiou" for last in "klmnprst"]
    interpreter.replace_catalog("contact", {"en": [Entry(name, name) for name in names]})
    for name in names[::37]:
        assert said(interpreter, f"call {name}") == ("calling.call", {"contact": name})


def test_a_library_is_in_the_graph_once():
    packs = load_packs(["media"], ["en", "es", "fr"])
    library = {"title": {}}
    interpreter = Interpreter(packs, catalogs=library)
    empty = interpreter.graph.states
    titles = [Entry(f"{word} song number {number_words(number, 'en')[0]}", number)
              for number, word in enumerate(["blue", "green", "grey", "silent"] * 20)]  # fmt: skip
    interpreter.replace_catalog("title", {"en": titles})
    added = interpreter.graph.states - empty
    interpreter.replace_catalog("title", dict.fromkeys(("en", "es", "fr"), titles))
    assert interpreter.graph.states - empty == added

    for text, language, slots in [
        ("play silent song number seven", "en", {"title": 7}),
        ("pon green song number nine por favor", "es", {"title": 9}),
        ("mets blue song number eight dans toute la maison", "fr", {"title": 8, "scope": "all"}),
    ]:
        best = interpreter.interpret(rendered(text)).hypotheses[0]
        assert (best.language, best.intent, best.slots) == (language, "play", slots)


def test_only_some_intents():
    interpreter = Interpreter(load_packs(["light", "system"], ["en", "es", "fr"]))
    assert said(interpreter, "stop", only=["system.cancel"]) != ("system.stop", {})
    assert said(interpreter, "never mind", only=["cancel"]) == ("system.cancel", {})
    assert said(interpreter, "never mind", only=["nothing"]) is None
    assert said(interpreter, "never mind") == ("system.cancel", {})


@pytest.mark.parametrize("intents", ["{}", "{A: {data: [{sentences: ['{device}']}]}}"])
def test_nothing_to_say(intents):
    understood = of(f"language: en\nintents: {intents}").interpret(rendered("turn on the light"))
    assert (understood.hypotheses, understood.heard != "") == ((), True)


def test_silence():
    for silence in (rendered("", noise=0.5), Posteriors(rendered("").symbols[:0], 20)):
        understood = of(CALLS).interpret(silence)
        assert (understood.heard, understood.command < 0.1) == ("", True)


def test_two_lamps_of_one_name_compete():
    house = HouseholdConfig.model_validate(
        {"devices": {name: {"topic": name, "names": {"en": "lamp"}} for name in ("a", "b")}}
    )
    interpreter = Interpreter(load_packs(["light"], ["en"]), catalogs=household_catalogs(house))
    understood = interpreter.interpret(rendered("switch on the lamp"))
    meanings = [dict(one.slots) for one in understood.hypotheses]
    assert {"device": "a"} in meanings
    assert {"device": "b"} in meanings
    assert understood.share < 0.6


def test_the_first_of_two_intents_with_the_same_words():
    understood = of("""
language: en
intents:
  First: {data: [{sentences: ["[please] play {song}"]}]}
  Second: {data: [{sentences: ["play {song}"], slots: {x: 1}}, {sentences: ["play it"]}]}
lists: {song: {values: [alpha, beta]}}
""").interpret(rendered("play beta"))
    assert [one.intent for one in understood.hypotheses] == ["First"]
    assert understood.share == 1.0


def test_homophones_of_two_values_keep_the_first():
    text = """
language: en
intents: {A: {data: [{sentences: ['go {x}']}]}}
lists: {x: {values: [{in: home, out: 1}, {in: HOME, out: 2}]}}
"""
    assert said(of(text), "go home") == ("custom.A", {"x": 1})
    assert len(load_text(text).faults) == 1


CONTEXT = """
language: en
intents:
  On: {data: [{sentences: ["turn on {name}"], requires_context: {domain: light}}]}
  Open: {data: [{sentences: ["turn on {name}", "open {name}"], requires_context: {domain: [cover, door]}}]}
  Here: {data: [{sentences: ["turn on the lights"], requires_context: {area: {slot: true}}}]}
  Never: {data: [{sentences: ["beam me up"], requires_context: {planet: mars}}]}
  Not: {data: [{sentences: ["check {name}"], excludes_context: {domain: door}}]}
lists:
  name:
    values:
      - {in: lamp, out: lamp, context: {domain: light}}
      - {in: gate, out: gate, context: {domain: cover}}
      - {in: front door, out: door, context: {domain: door}}
      - {in: thing, out: thing}
"""


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("turn on lamp", ("custom.On", {"name": "lamp"})),
        ("turn on gate", ("custom.Open", {"name": "gate"})),
        ("open front door", ("custom.Open", {"name": "door"})),
        ("turn on the lights", ("custom.Here", {"area": "kitchen"})),
        ("check thing", ("custom.Not", {"name": "thing"})),
    ],
)
def test_context(text, meaning):
    assert said(of(CONTEXT, context={"area": "kitchen"}), text) == meaning


def test_context_that_does_not_hold():
    interpreter = of(CONTEXT)
    for text, intent in (("turn on the lights", "custom.Here"), ("beam me up", "custom.Never")):
        heard = said(interpreter, text)
        assert heard is None or heard[0] != intent
    assert said(interpreter, "check front door") != ("custom.Not", {"name": "door"})


def test_skip_words():
    interpreter = of("""
language: en
intents: {A: {data: [{sentences: ['go {x} now']}]}}
lists: {x: {values: [home]}}
skip_words: [please, 'could you']
""")
    for text in ("go home now", "could you please go home now", "go please home now please", "go home please now"):
        assert said(interpreter, text) == ("custom.A", {"x": "home"})


def test_spaces_missing_and_doubled():
    interpreter = Interpreter(load_packs(["light"], ["en"]))
    for text in ("turnon the lights", "turn on thelights", "turn on the lights"):
        assert said(interpreter, text) == ("light.on", {})


def test_sentences_that_no_graph_can_hold():
    interpreter = of("language: en\nintents: {A: {data: [{sentences: ['(a;b;c;d;e;f;g;h;i)', 'go']}]}}")
    assert said(interpreter, "go") == ("custom.A", {})
    assert "more than 8 parts" in interpreter.left_out[0]


def test_a_sentence_nobody_can_say():
    long = " ".join(["word"] * 700)
    interpreter = of(f"language: en\nintents: {{A: {{data: [{{sentences: ['{long} a', '{long} b', go]}}]}}}}")
    assert said(interpreter, "go") == ("custom.A", {})


def test_a_name_that_is_less_likely_to_be_said_costs_as_much():
    costs = []
    for cost in (0.0, 3.0):
        interpreter = of(CALLS)
        interpreter.replace_catalog("contact", {"en": (Entry("anne", "anne", {}, cost),)})
        costs.append(interpreter.interpret(rendered("call anne")).cost)
    assert costs[1] - costs[0] == pytest.approx(3, abs=0.01)
