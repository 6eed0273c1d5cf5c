"""What Prometheus fetches, read by its own rules."""

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from assistant.errors import OyezError
from assistant.observe import MetricsEndpoint, exposition
from assistant.observe.prometheus import CONTENT_TYPE

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,|$)')
_ESCAPES = {r"\\": "\\", r"\n": "\n", r"\"": '"'}


def scraped(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Metric to labels to value; fails where the text is not in the exposition format."""
    kinds: dict[str, str] = {}
    metrics: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"{name} is declared twice"
            assert kind in {"counter", "gauge"}
            kinds[name] = kind
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, f"no sample: {line}"
        assert sample["name"] in kinds, f"{sample['name']} comes before its type"
        assert (kinds[sample["name"]] == "counter") == sample["name"].endswith("_total")
        labels = sample["labels"] or ""
        found = _LABEL.findall(labels)
        assert "".join(f'{name}="{value}",' for name, value in found).rstrip(",") == labels
        key = tuple((name, re.sub(r"\\.", lambda escape: _ESCAPES[escape[0]], value)) for name, value in found)
        values = metrics.setdefault(sample["name"], {})
        assert key not in values, f"{line} stands twice"
        values[key] = float(sample["value"])
    return metrics


def told(**parts: Mapping[str, float] | Mapping[str, str]) -> str:
    nothing: dict[str, Mapping[str, float]] = {"counters": {}, "gauges": {}, "heartbeats_s": {}, "timings_ms": {}}
    return exposition(**{**nothing, "versions": {}, **parts})  # type: ignore[arg-type]


def test_counters_gauges_and_timings_are_read_as_they_are() -> None:
    metrics = scraped(
        told(
            counters={"utterances": 12_345_678, "mqtt_sent": 0},
            gauges={"memory_mb": 181.6, "orders_waiting": 3},
            heartbeats_s={"listener": 0.25, "mqtt": 1},
            timings_ms={"interpretation_median": 70.5},
            versions={"oyez": "0.1.0", "kaldi-decoder": "0.3.2"},
        )
    )
    assert metrics == {
        "oyez_utterances_total": {(): 12_345_678},
        "oyez_mqtt_sent_total": {(): 0},
        "oyez_memory_mb": {(): 181.6},
        "oyez_orders_waiting": {(): 3},
        "oyez_heartbeat_age_seconds": {(("part", "listener"),): 0.25, (("part", "mqtt"),): 1},
        "oyez_timing_ms": {(("of", "interpretation_median"),): 70.5},
        "oyez_versions": {(("kaldi_decoder", "0.3.2"), ("oyez", "0.1.0")): 1},
    }


def test_names_and_values_of_any_kind_keep_to_the_format() -> None:
    hostile = 'a "quoted"\\ one\nand a line'
    metrics = scraped(told(counters={"my-handler.x": 1}, heartbeats_s={hostile: 2}, versions={"system": hostile}))
    assert metrics["oyez_my_handler_x_total"] == {(): 1}
    assert metrics["oyez_heartbeat_age_seconds"] == {(("part", hostile),): 2}
    assert metrics["oyez_versions"] == {(("system", hostile),): 1}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_is_fetched_anew_each_time() -> None:
    counts = iter(range(10))
    with MetricsEndpoint(free_port(), read=lambda: told(counters={"asked": next(counts)})) as endpoint:
        for number in range(2):
            with urllib.request.urlopen(f"http://127.0.0.1:{endpoint.port}/metrics", timeout=30) as answer:
                assert answer.headers["Content-Type"] == CONTENT_TYPE
                assert scraped(answer.read().decode())["oyez_asked_total"] == {(): number}


def test_there_is_nothing_else() -> None:
    with MetricsEndpoint(free_port(), read=lambda: "\n") as endpoint, pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{endpoint.port}/", timeout=30)
    with refused.value as error:
        assert error.code == 404


def test_other_machines_are_not_answered() -> None:
    with MetricsEndpoint(free_port(), read=lambda: "\n") as endpoint, pytest.raises(ConnectionRefusedError):
        # This machine by another address: whoever listens on all of them answers there, too.
        socket.create_connection(("127.0.0.2", endpoint.port), timeout=30)


def test_after_its_end_the_port_is_free() -> None:
    port = free_port()
    for _ in range(2):
        with MetricsEndpoint(port, read=lambda: "\n"):
            pass


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OyezError, match=rf"observe\.prometheus_port: port {port} cannot be used: .*write a port"):
            MetricsEndpoint(port, read=lambda: "\n")
