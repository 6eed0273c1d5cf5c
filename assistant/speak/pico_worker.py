"""Pico in a process of its own: requests on stdin, speech on stdout; run by `assistant.speak.voices`.

    {"text": "...", "voice": "fr-FR", "speed": 1.0}  ──▶  {"bytes": 51200} and so many bytes, or {"problem": "..."}

Each is a line of JSON.  Apart from the rest because `py_nanotts` holds Python's lock while it makes speech: inside the
daemon neither the microphone nor the loudspeaker would be served meanwhile.  It imports nothing else, to stay small.
"""

import json
import sys

from py_nanotts import NanoTTS

VOLUME = 0.5
"""Its own full volume clips."""


def main() -> None:
    """Answer requests until stdin ends."""
    engine = NanoTTS()
    for line in sys.stdin.buffer:
        speech = b""
        try:
            request = json.loads(line)
            speech = engine.speak(request["text"], voice=request["voice"], speed=request["speed"], volume=VOLUME)
            answer: dict[str, object] = {"bytes": len(speech)}
        except (RuntimeError, ValueError) as error:  # a voice that it does not have
            answer = {"problem": str(error)}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + speech)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
