"""People and titles that there might be in a household of three languages: common names and words, put together."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

GIVEN: Mapping[str, str] = {
    "en": """Olivia Emma Amelia Charlotte Sophia Grace Emily Hannah Lucy Alice Megan Chloe Jessica Rebecca Rachel Laura
        Sarah Katherine Margaret Elizabeth Victoria Samantha Nicole Heather Amanda Oliver George Harry Jack William
        James Thomas Henry Edward Daniel Matthew Andrew Christopher Michael Robert Richard Steven Kevin Brian Patrick
        Ryan Jonathan Benjamin Nathan Peter""",
    "es": """María Carmen Lucía Paula Marta Elena Isabel Cristina Patricia Beatriz Rocío Silvia Teresa Pilar Ángela
        Inés Alba Nuria Montserrat Guadalupe Mercedes Dolores Ximena Valentina Camila Antonio Manuel Francisco José
        Javier Carlos Miguel Rafael Alejandro Fernando Sergio Pablo Jorge Alberto Álvaro Adrián Íñigo Diego Rubén
        Raúl Joaquín Ignacio Santiago Ramón Gonzalo""",
    "fr": """Camille Manon Léa Chloé Inès Jeanne Louise Juliette Élise Margaux Mathilde Anaïs Clémence Charlène Aurélie
        Céline Delphine Émilie Hélène Isabelle Nathalie Sylvie Valérie Véronique Geneviève Hugo Lucas Théo Gabriel
        Raphaël Louis Jules Mathieu Guillaume Benoît Thibault Sébastien Nicolas Olivier Philippe Laurent Stéphane
        Frédéric Thierry Xavier François Étienne Rémi Jérôme Yannick""",
}
FAMILY: Mapping[str, str] = {
    "en": """Smith Jones Williams Taylor Brown Davies Evans Wilson Roberts Johnson Wright Thompson Robinson Walker White
        Edwards Hughes Green Hall Lewis Harris Clarke Patel Jackson Wood Turner Martin Cooper Hill Ward Morris Moore
        Clark Baker Harrison King Morgan Allen Scott Phillips Watson Parker Bennett Young Cook Richardson Carter
        Collins Bell Shaw Murphy Miller Cox Marshall Anderson Simpson Ellis Webb Foster Chapman""",
    "es": """García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Hernández Ruiz Díaz
        Moreno Muñoz Álvarez Romero Gutiérrez Alonso Navarro Torres Domínguez Ramos Vázquez Ramírez Gil Serrano
        Morales Molina Blanco Suárez Castro Ortega Delgado Ortiz Marín Rubio Núñez Medina Sanz Castillo Iglesias
        Cortés Garrido Santos Guerrero Lozano Cano Cruz Méndez Flores Prieto Herrera Peña León Márquez Cabrera
        Gallego Calvo""",
    "fr": """Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia
        Bertrand Roux Vincent Fournier Morel Girard Lefèvre Mercier Dupont Lambert Bonnet François Martinez Legrand
        Garnier Faure Rousseau Blanc Guérin Muller Roussel Nicolas Perrin Morin Mathieu Clément Gauthier Dumont
        Lopez Fontaine Chevalier Robin Masson Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger
        Renaud Gaillard""",
}
_WORDS: Mapping[str, tuple[str, str, str]] = {
    # patterns, nouns, adjectives
    "en": (
        "the {a} {n}|{a} {n}|{n} and {n2}|{n} of the {n2}|my {a} {n}|the {n} in the {n2}|no more {n}|{a} {n} and {n2}",
        """river mountain summer winter night morning garden window letter stranger dancer soldier engine harbour island
        shadow mirror candle thunder horizon ocean desert forest valley city railway station bridge castle kingdom
        paradise feather diamond hurricane melody whisper silence promise secret journey memory teacher hunter lion
        eagle tiger angel devil planet satellite telephone""",
        """golden silver broken silent crazy lonely beautiful dangerous hidden ancient electric frozen burning hungry
        distant perfect little yellow purple wicked gentle endless midnight""",
    ),
    "es": (
        "el {n} de la {f}|la {f} del {n}|{n} y {n2}|mi {n} perdido|la última {f}|un {n} en la {f}|sin {n}",
        """camino corazón verano invierno silencio secreto jardín espejo barco viento tiempo sueño fuego cielo mundo
        castillo reino puente tren ángel tigre león planeta teléfono maestro soldado cazador bosque desierto océano
        valle diamante huracán susurro recuerdo viaje domingo pueblo río""",
        """noche mañana montaña ciudad isla sombra ventana carta playa luna estrella lluvia guitarra promesa memoria
        palabra canción tormenta guerra frontera casa memoria mentira verdad señora""",
    ),
    "fr": (
        "le {n} de la {f}|la {f} du {n}|{n} et {n2}|mon {n} perdu|la dernière {f}|un {n} dans la {f}|sans {n}",
        """chemin printemps silence secret jardin miroir bateau vent temps soleil monde château royaume pont train tigre
        lion désert village fleuve voyage dimanche soldat chasseur diamant murmure souvenir téléphone matin bonheur
        mensonge cinéma manège tonnerre phare quartier rivage""",
        """nuit montagne ville lumière fenêtre lettre plage lune pluie guitare promesse mémoire chanson tempête guerre
        frontière maison vérité rivière forêt saison rue reine fête poupée""",
    ),
}
_LANGUAGES = tuple(GIVEN)


def people(count: int, *, seed: int = 1) -> list[tuple[str, str]]:
    """Return so many different full names with the language each is of."""
    return _different(count, _person, seed=seed)


def titles(count: int, *, seed: int = 1) -> list[tuple[str, str]]:
    """Return so many different titles with their languages."""
    return _different(count, _title, seed=seed)


def _different(count: int, make: Callable[[random.Random, str], str], *, seed: int) -> list[tuple[str, str]]:
    rng = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        language = rng.choice(_LANGUAGES)
        found.setdefault(make(rng, language), language)
    return list(found.items())


def _person(rng: random.Random, language: str) -> str:
    names = [rng.choice(GIVEN[language].split()), rng.choice(FAMILY[language].split())]
    if language == "es":
        names.append(rng.choice(FAMILY[language].split()))
    return " ".join(names)


def _title(rng: random.Random, language: str) -> str:
    patterns, nouns, others = _WORDS[language]
    first, second = rng.sample(nouns.split(), 2)
    other = rng.choice(others.split())
    return rng.choice(patterns.split("|")).format(n=first, n2=second, a=other, f=other)
