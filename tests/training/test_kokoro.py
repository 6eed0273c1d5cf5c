"""Who speaks, what is spoken and how a clip ends, without Kokoro itself."""

import random

import numpy as np
import pytest
import torch

from training.clips import SAMPLE_RATE_HZ
from training.voices import kokoro_styles as styles
from training.voices.heldout import SPEAKERS, slug
from training.voices.kokoro import to_clip, trim, variety_of, voice
from training.voices.kokoro_phonemes import split_text, to_kokoro
from training.voices.kokoro_styles import HeldOutVoiceError, Speaker, cross, draw_speaker, draw_speed, for_training
from training.voices.kokoro_vocoder import Convolution, convolve, norm_and_snake
from training.voices.spoken import UnspeakableError, clip_samples

LENGTHS = 510


@pytest.fixture
def voices() -> dict[str, np.ndarray]:
    made = np.random.default_rng(1).normal(size=(3, LENGTHS, styles.STYLE_SIZE)).astype(np.float32)
    return dict(zip(["af_sky", "am_adam", "ff_siwis"], made, strict=True))


def test_cross_takes_timbre_and_prosody_from_different_voices(voices: dict[str, np.ndarray]) -> None:
    style = cross(Speaker((("am_adam", 1.0),), "ff_siwis"), voices, 7)
    assert np.array_equal(style[:128], voices["am_adam"][6, :128])
    assert np.array_equal(style[128:], voices["ff_siwis"][6, 128:])


def test_cross_weighs_the_timbres_of_a_blend(voices: dict[str, np.ndarray]) -> None:
    style = cross(Speaker((("am_adam", 0.25), ("af_sky", 0.75)), "af_sky"), voices, LENGTHS + 5)
    assert np.allclose(style[:128], 0.25 * voices["am_adam"][-1, :128] + 0.75 * voices["af_sky"][-1, :128])
    assert style.dtype == np.float32


@pytest.mark.parametrize("voice", sorted(styles.HELD_OUT))
@pytest.mark.parametrize("part", ["timbre", "blend", "prosody"])
def test_held_out_voices_never_train(voice: str, part: str) -> None:
    speaker = {
        "timbre": Speaker(((voice, 1.0),), "af_sky"),
        "blend": Speaker((("am_adam", 0.5), (voice, 0.5)), "af_sky"),
        "prosody": Speaker((("af_sky", 1.0),), voice),
    }[part]
    with pytest.raises(HeldOutVoiceError, match=voice):
        for_training(speaker)


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_drawn_speakers_are_allowed_and_many(language: str) -> None:
    draw = random.Random(3)
    drawn = [draw_speaker(language, draw) for _ in range(3000)]
    assert not any(speaker.voices & styles.HELD_OUT for speaker in drawn)
    assert len({speaker.name for speaker in drawn}) > 100
    for speaker in drawn:
        assert sum(weight for _, weight in speaker.timbre) == pytest.approx(1.0)
        assert speaker.prosody in styles.PROSODIES[language] or speaker == styles.native(styles.WHISPER)


def test_the_whisper_is_rare_in_english_and_absent_elsewhere() -> None:
    draw = random.Random(4)
    share = {
        language: sum(styles.WHISPER in draw_speaker(language, draw).voices for _ in range(3000)) / 3000
        for language in ("en", "es", "fr")
    }
    assert 0.01 < share["en"] < 0.03
    assert share["es"] == share["fr"] == 0


def test_timbres_that_lose_the_words_are_left_out() -> None:
    assert not {"af_bella", "jf_alpha", "bm_george", "zf_xiaobei", "zm_yunxia", "af_nicole"} & {*styles.TIMBRES["es"]}
    draw = random.Random(5)
    for _ in range(1000):
        speaker = draw_speaker("fr", draw)
        assert len(speaker.timbre) == 1 or speaker.timbre[1][0] == "ff_siwis"


def test_every_voice_is_placed() -> None:
    everyone = {*styles.ENGLISH, *styles.FOREIGN, styles.WHISPER, *styles.HELD_OUT}
    assert len(everyone) == 54
    assert not styles.HELD_OUT & {*styles.ENGLISH, *styles.FOREIGN}


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_voices_of_tests_have_timbres_that_no_training_clip_has(language: str) -> None:
    for speaker in SPEAKERS[language]:
        assert {voice for voice, _ in speaker.timbre} <= styles.HELD_OUT


@pytest.mark.parametrize(("language", "fastest"), [("en", 1.5), ("es", 1.5), ("fr", 1.3)])
def test_speeds_stay_in_range_and_mostly_near_normal(language: str, fastest: float) -> None:
    draw = random.Random(6)
    speeds = [draw_speed(language, draw) for _ in range(2000)]
    assert all(0.7 <= speed <= fastest for speed in speeds)
    assert max(speeds) > 0.95 * fastest
    assert 0.75 < sum(0.85 <= speed <= styles.USUAL_FASTEST[language] for speed in speeds) / len(speeds) < 0.85


@pytest.mark.parametrize(
    ("variety", "ipa", "symbols"),
    [
        ("en-us", "tˈɜːn ˈɔfðə lˈa^ɪt", "tˈɜɹn ˈɔfðə lˈIt"),
        ("en-us", "bˈɛɾɚ", "bˈɛTəɹ"),
        ("en-us", "həlˈo^ʊ t^ʃˈe^ɪnd^ʒ", "həlˈO ʧˈAnʤ"),
        ("en-us", "mˈoː^ɹ pˈiːpə^l", "mˈɔɹ pˈipᵊl"),
        ("en-gb", "həlˈə^ʊ hˈe^ə mˈɔː", "həlˈQ hˈɛː mˈɔː"),
        ("es", "mut^ʃˈat^ʃo  mˈa^ɪs", "muʧˈaʧo mˈIs"),
        ("fr", "œ̃ bˈɔ̃ (^e^n)wiːkˈɛnd(^f^r)", "œ̃ bˈɔ̃ wiːkˈɛnd"),
        ("fr", "vuz-ave", "vuzave"),
    ],
)
def test_espeak_symbols_become_kokoros(variety: str, ipa: str, symbols: str) -> None:
    assert to_kokoro(ipa, variety) == symbols


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("turn it on", ["turn it on"]),
        ("yes, please!", ["yes", ",", "please", "!"]),
        ("¿qué  hora es?", ["qué hora es", "?"]),
        ("l’heure … « oui »", ["l'heure", "…", "oui"]),
    ],
)
def test_texts_are_split_at_what_is_heard_as_a_pause(text: str, pieces: list[str]) -> None:
    assert split_text(text) == pieces


@pytest.mark.parametrize(
    ("language", "prosody", "variety"),
    [("en", "af_sky", "en-us"), ("en", "bm_fable", "en-gb"), ("es", "ef_dora", "es"), ("fr", "ff_siwis", "fr")],
)
def test_pronunciation_follows_the_prosody(language: str, prosody: str, variety: str) -> None:
    assert variety_of(language, Speaker((("bf_emma", 1.0),), prosody)) == variety


class Humming:
    """Kokoro that hums for each text as long as it has symbols."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Speaker]] = []

    def speak(self, phonemes: str, speaker: Speaker, *, speed: float) -> np.ndarray:
        """Return (samples,) float32."""
        assert 0.7 <= speed <= 1.5
        self.said.append((phonemes, speaker))
        return np.sin(np.arange(600 * len(phonemes)) * 0.1).astype(np.float32)


def test_a_voice_says_what_it_is_given_as_another_speaker_each_time() -> None:
    kokoro = Humming()
    say, draw = voice(kokoro), random.Random(1)
    speeches = [say("bonjour, la lampe", "fr", draw) for _ in range(20)]
    assert {phonemes for phonemes, _ in kokoro.said} == {kokoro.said[0][0]}
    assert len({speaker.name for _, speaker in kokoro.said}) > 5
    assert [speech.speaker for speech in speeches] == [speaker.name for _, speaker in kokoro.said]
    clip = clip_samples(speeches[0], draw)
    said_s = len(speeches[0].samples) / speeches[0].rate_hz
    assert said_s + 0.05 < len(clip) / SAMPLE_RATE_HZ < said_s + 0.45
    with pytest.raises(UnspeakableError):
        say("", "fr", draw)


def test_silence_is_cut_and_filled_to_the_wanted_length() -> None:
    tone = np.sin(np.arange(16000) * 0.3).astype(np.float32)
    late = np.concatenate([np.zeros(8000, np.float32), tone, np.zeros(160, np.float32)])
    assert len(trim(late, before_s=0.1, after_s=0.05, rate_hz=16000)) == 1600 + 16000 + 800
    assert len(trim(np.zeros(8000, np.float32), before_s=0.1, after_s=0.1, rate_hz=16000)) == 0


def test_clips_are_16_khz_int16_and_never_wrap() -> None:
    loud = (1.5 * np.sin(np.arange(24000) * 0.1)).astype(np.float32)
    clip = to_clip(loud, random.Random(1))
    assert clip.dtype == np.int16
    assert 16000 * 1.1 - 400 < len(clip) < 16000 * 1.3 + 400
    assert np.abs(clip.astype(int)).max() >= 32000


def test_file_names_are_plain_and_short() -> None:
    assert slug("Éteins la lumière, s'il te plaît") == "eteins_la_lumiere_s_il_te_plait"
    assert len(slug("one two three four five six seven eight nine ten eleven")) <= 40


def test_the_fast_norm_equals_the_plain_formula() -> None:
    torch.manual_seed(1)
    x, gamma, beta = torch.randn(300, 32) * 3 + 1, torch.randn(32), torch.randn(32)
    alpha = torch.rand(32) * 4 + 0.2
    plain = (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + 1e-5) * (1 + gamma) + beta
    plain = plain + torch.sin(alpha * plain).square() / alpha
    fast = norm_and_snake(x, gamma, beta, alpha)
    assert torch.allclose(fast.float(), plain, rtol=1e-2, atol=1e-2)


def test_convolution_with_channels_last_equals_the_plain_one() -> None:
    torch.manual_seed(2)
    x, weight, bias = torch.randn(50, 8), torch.randn(6, 8, 5), torch.randn(6)
    image = weight.unsqueeze(2).bfloat16().contiguous(memory_format=torch.channels_last)
    ours = convolve(x.bfloat16(), Convolution(image, bias.bfloat16(), padding=4, dilation=2))
    plain = torch.nn.functional.conv1d(x.T[None], weight, bias, padding=4, dilation=2)[0].T
    assert torch.allclose(ours.float(), plain, rtol=0.1, atol=0.15)
