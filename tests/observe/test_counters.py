from assistant.observe import Counters


def test_counts_and_timings_are_told() -> None:
    counters = Counters()
    counters.add("utterances")
    counters.add("utterances", 2)
    for elapsed_ms in (30.0, 10.0, 20.0):
        counters.took("compute", elapsed_ms)
    readings = counters.readings()
    assert readings.counts == {"utterances": 3}
    assert readings.timings_ms == {"compute_median": 20.0, "compute_worst": 30.0}


def test_old_timings_are_forgotten() -> None:
    counters = Counters()
    for elapsed_ms in [900.0] + [1.0] * 100:
        counters.took("compute", elapsed_ms)
    assert counters.readings().timings_ms["compute_worst"] == 1.0


def test_nothing_happened_yet() -> None:
    readings = Counters().readings()
    assert (readings.counts, readings.gauges, readings.timings_ms) == ({}, {}, {})


def test_what_is_watched_is_read_when_readings_are_taken() -> None:
    counters, queued = Counters(), ["one"]
    counters.watch("waiting", lambda: len(queued))
    queued.append("two")
    assert counters.readings().gauges == {"waiting": 2}
