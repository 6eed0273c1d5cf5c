"""Sentences that no template produces, and how often what was meant is done: `python -m benchmarks.paraphrases`."""
