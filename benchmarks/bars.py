"""Figures beside the first bars of the project's plan."""

from __future__ import annotations


def beside_bar(figure: float, bar: float | None, *, at_most: bool = False) -> str:
    """Return what stands behind a percentage: its bar, and whether it is met; nothing where there is none."""
    if bar is None:
        return ""
    met = figure <= bar if at_most else figure >= bar
    return f" bar {'<=' if at_most else '>='} {bar:g} %  {'met' if met else 'not met'}"


def print_ceiling(what: str, value: float, bar: float) -> None:
    """Print a row of a table: a figure that should not pass its bar."""
    print(f"{what:<44}{value:9.3f}   bar {bar:g}  {'met' if value <= bar else 'not met'}")
