"""What people say to players, beside lamps, telephones and timers: every domain's sentences in one graph."""

import pytest

from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter
from assistant.language import catalog_entries, household_catalogs, load_packs
from assistant.model.symbols import normalize
from tests.interpret.rendering import rendered

LANGUAGES = ("en", "es", "fr")
HOUSE = HouseholdConfig.model_validate(
    {
        "rooms": {
            "kitchen": {"en": "kitchen", "es": "cocina", "fr": "cuisine"},
            "bedroom": {"en": "bedroom", "es": "dormitorio", "fr": "chambre"},
        },
        "devices": {"reading": {"names": {"en": "reading lamp", "es": "flexo", "fr": "liseuse"}, "topic": "a"}},
        "scenes": {"movie": {"names": {"en": "movie night", "es": "noche de cine", "fr": "soirée cinéma"}}},
        "contacts": {"people": {"anne": {"names": {"en": "Anne"}, "numbers": {"mobile": "0612345678"}}}},
        "players": {
            "stereo": {"names": {"en": "stereo", "es": "equipo", "fr": "ampli"}},
            "screen": {"kind": "television", "names": {"en": "big screen", "es": "pantalla", "fr": "grand écran"}},
        },
    }
)
LIBRARY = {
    "playlist": ["Sunday Brunch", "Cocina", "Soirée"],
    "artist": ["Miles Davis", "Juanes", "L'Impératrice", "The Beatles", "Beatles"],
    "album": ["Kind of Blue", "Mi Sangre"],
    "station": ["France Inter", "Radio Nacional"],
    "title": ["La camisa negra", "Yesterday", "Stop", "Movie Night", "Agitations tropicales", "La vie en rose"],
    "channel": ["Discovery", "Arte", "La Uno"],
}
SAID = {
    "en": {
        "put on some Miles Davis": ("play", {"artist": "Miles Davis"}),
        "play the Beatles in the kitchen": ("play", {"artist": "The Beatles", "room": "kitchen"}),
        "could you play Yesterday by the Beatles on the stereo please":
            ("play", {"title": "Yesterday", "artist": "The Beatles", "player": "stereo"}),
        "I want to listen to the album Kind of Blue": ("play", {"album": "Kind of Blue"}),
        "play my Sunday Brunch playlist everywhere": ("play", {"playlist": "Sunday Brunch", "scope": "all"}),
        "tune in to France Inter": ("play", {"station": "France Inter"}),
        "play some music": ("play", {}),
        "pause": ("pause", {}),
        "pause the music in the bedroom": ("pause", {"room": "bedroom"}),
        "resume": ("resume", {}),
        "keep playing": ("resume", {}),
        "stop the music": ("stop", {}),
        "turn off the stereo": ("stop", {"player": "stereo"}),
        "turn the radio off": ("stop", {}),
        "next song": ("next", {}),
        "skip this one": ("next", {}),
        "go back one song": ("previous", {}),
        "skip ahead thirty seconds": ("seek", {"seconds": 30}),
        "rewind two minutes": ("seek", {"seconds": -120}),
        "go to minute five": ("seek", {"position": 300}),
        "start the song from the beginning": ("seek", {"position": 0}),
        "turn it up": ("volume_up", {}),
        "louder please": ("volume_up", {}),
        "turn the volume down a bit in the kitchen": ("volume_down", {"room": "kitchen"}),
        "turn the stereo down by twenty percent": ("volume_down", {"player": "stereo", "amount": 20}),
        "volume thirty": ("volume", {"volume": 30}),
        "set the volume to forty five percent": ("volume", {"volume": 45}),
        "full volume": ("volume", {"volume": 100}),
        "mute": ("mute", {}),
        "unmute the big screen": ("unmute", {"player": "screen"}),
        "shuffle my music": ("shuffle", {"state": True}),
        "turn shuffle off": ("shuffle", {"state": False}),
        "repeat this song": ("repeat", {"state": "one"}),
        "repeat off": ("repeat", {"state": "off"}),
        "what's playing": ("what", {}),
        "who sings this": ("what", {}),
        "what song is this": ("what", {}),
        "channel up": ("channel_up", {}),
        "go to the previous channel": ("channel_down", {}),
        "channel four hundred one": ("channel", {"channel": 401}),
        "switch to Discovery": ("channel", {"channel": "Discovery"}),
        "next page": ("page_next", {}),
        "page up": ("page_previous", {}),
        "go to the home screen": ("home", {}),
        "go back": ("back", {}),
        # Other domains keep what is theirs.
        "stop": ("system.stop", {}),
        "repeat that": ("system.repeat", {}),
        "again": ("system.again", {}),
        "turn on the reading lamp": ("light.on", {"device": "reading"}),
        "movie night": ("light.scene", {"scene": "movie"}),
        "make it brighter": ("light.brighter", {}),
        "call Anne": ("calling.call", {"contact": "anne"}),
    },
    "es": {
        "pon algo de Juanes": ("play", {"artist": "Juanes"}),
        "pon la lista de cocina": ("play", {"playlist": "Cocina"}),
        "reproduce La camisa negra de Juanes en el equipo":
            ("play", {"title": "La camisa negra", "artist": "Juanes", "player": "stereo"}),
        "ponme el disco Mi Sangre en la cocina": ("play", {"album": "Mi Sangre", "room": "kitchen"}),
        "sintoniza Radio Nacional": ("play", {"station": "Radio Nacional"}),
        "pon música": ("play", {}),
        "pausa": ("pause", {}),
        "pon la música en pausa": ("pause", {}),
        "sigue": ("resume", {}),
        "reanuda la música": ("resume", {}),
        "para la música": ("stop", {}),
        "apaga el equipo": ("stop", {"player": "stereo"}),
        "quita la radio de la cocina": ("stop", {"room": "kitchen"}),
        "siguiente canción": ("next", {}),
        "pasa de canción": ("next", {}),
        "la anterior": ("previous", {}),
        "adelanta treinta segundos": ("seek", {"seconds": 30}),
        "retrocede un minuto": ("seek", {"seconds": -60}),
        "ve al minuto diez": ("seek", {"position": 600}),
        "sube el volumen": ("volume_up", {}),
        "súbele un poco": ("volume_up", {}),
        "más alto por favor": ("volume_up", {}),
        "baja la música en el dormitorio": ("volume_down", {"room": "bedroom"}),
        "baja el volumen un veinte por ciento": ("volume_down", {"amount": 20}),
        "volumen treinta": ("volume", {"volume": 30}),
        "pon el volumen del equipo al cuarenta": ("volume", {"volume": 40, "player": "stereo"}),
        "silencia la tele": ("mute", {}),
        "quita el sonido": ("mute", {}),
        "activa el sonido": ("unmute", {}),
        "pon el modo aleatorio": ("shuffle", {"state": True}),
        "quita el modo aleatorio": ("shuffle", {"state": False}),
        "repite esta canción": ("repeat", {"state": "one"}),
        "qué canción es esta": ("what", {}),
        "quién canta esto": ("what", {}),
        "qué suena": ("what", {}),
        "siguiente canal": ("channel_up", {}),
        "baja de canal": ("channel_down", {}),
        "pon el canal doce": ("channel", {"channel": 12}),
        "pon Discovery": ("channel", {"channel": "Discovery"}),
        "página siguiente": ("page_next", {}),
        "página anterior": ("page_previous", {}),
        "ve al inicio": ("home", {}),
        "ve atrás": ("back", {}),
        "para": ("system.stop", {}),
        "vuelve atrás": ("system.undo", {}),
        "enciende el flexo": ("light.on", {"device": "reading"}),
        "llama a Anne": ("calling.call", {"contact": "anne"}),
    },
    "fr": {
        "mets France Inter": ("play", {"station": "France Inter"}),
        "mets du Miles Davis": ("play", {"artist": "Miles Davis"}),
        "je voudrais écouter L'Impératrice dans la cuisine": ("play", {"artist": "L'Impératrice", "room": "kitchen"}),
        "joue La vie en rose sur l'ampli": ("play", {"title": "La vie en rose", "player": "stereo"}),
        "lance la playlist Soirée partout": ("play", {"playlist": "Soirée", "scope": "all"}),
        "mets de la musique": ("play", {}),
        "mets en pause": ("pause", {}),
        "pause": ("pause", {}),
        "reprends": ("resume", {}),
        "arrête la musique": ("stop", {}),
        "éteins l'ampli": ("stop", {"player": "stereo"}),
        "coupe la radio dans la chambre": ("stop", {"room": "bedroom"}),
        "chanson suivante": ("next", {}),
        "passe à la suivante": ("next", {}),
        "le morceau précédent": ("previous", {}),
        "avance de trente secondes": ("seek", {"seconds": 30}),
        "recule de deux minutes": ("seek", {"seconds": -120}),
        "va à la minute cinq": ("seek", {"position": 300}),
        "monte le son": ("volume_up", {}),
        "plus fort s'il te plaît": ("volume_up", {}),
        "baisse un peu le volume": ("volume_down", {}),
        "baisse la musique dans la cuisine": ("volume_down", {"room": "kitchen"}),
        "volume trente": ("volume", {"volume": 30}),
        "mets le son de l'ampli à quarante pour cent": ("volume", {"volume": 40, "player": "stereo"}),
        "coupe le son": ("mute", {}),
        "remets le son": ("unmute", {}),
        "lecture aléatoire": ("shuffle", {"state": True}),
        "désactive la lecture aléatoire": ("shuffle", {"state": False}),
        "mets ce morceau en boucle": ("repeat", {"state": "one"}),
        "c'est quoi cette chanson": ("what", {}),
        "qui chante": ("what", {}),
        "chaîne suivante": ("channel_up", {}),
        "mets la chaîne douze": ("channel", {"channel": 12}),
        "mets la deux": ("channel", {"channel": 2}),
        "passe sur Arte": ("channel", {"channel": "Arte"}),
        "page suivante": ("page_next", {}),
        "page précédente": ("page_previous", {}),
        "va à l'accueil": ("home", {}),
        "retour": ("back", {}),
        "arrête": ("system.stop", {}),
        "allume la liseuse": ("light.on", {"device": "reading"}),
        "mets la lumière plus fort": ("light.brighter", {}),
        "appelle Anne": ("calling.call", {"contact": "anne"}),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def everything():
    library = {
        name: catalog_entries([(said, "The Beatles" if said == "Beatles" else said, None) for said in names], LANGUAGES)
        for name, names in LIBRARY.items()
    }
    return Interpreter(
        load_packs(["light", "media", "calling", "timer", "system"], LANGUAGES),
        catalogs=household_catalogs(HOUSE) | library,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_say(everything, language):
    wrong = {}
    for number, (text, (intent, slots)) in enumerate(SAID[language].items()):
        found = everything.interpret(rendered(text, seed=number, clarity=12.0)).hypotheses
        heard = found[0] if found else None
        name = f"{heard.domain}.{heard.intent}".removeprefix("media.") if heard else None
        if heard is None or (heard.text, name, heard.slots) != (normalize(text), intent, slots):
            wrong[text] = heard
    assert wrong == {}
