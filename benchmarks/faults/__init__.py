"""Faults, done to a running assistant by real processes: what it makes of each, and what is lost or done twice.

    python -m benchmarks.faults            every fault, as a table
    python -m benchmarks.faults broker     those of one kind

Run from a checkout as root (mounts, network): it uses the brokers and the microphone of the tests.  What is counted are
spoken commands: said into the microphone, executed by a lamp behind the broker, each wanted exactly once.
"""

from benchmarks.faults.outcome import Outcome

__all__ = ["Outcome"]
