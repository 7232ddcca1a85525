"""Medians, spreads, and the table."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figure

REFERENCE_NAMES = {"kernel": "kernel", "copy": "copy-only C", "plain": "plain port"}


@dataclass
class Series:
    """The repetitions of one figure, measured in turn on both sides."""

    figure: Figure
    gateway: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    steal: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """A ratio for each repetition: what was measured side by side is compared side by side."""
        return [ours / theirs for ours, theirs in zip(self.gateway, self.reference) if theirs > 0]

    @property
    def ratio(self) -> float:
        """The median of the ratios, or 0 when the reference delivered nothing."""
        return statistics.median(self.ratios) if self.ratios else 0.0

    @property
    def holds(self) -> bool:
        """Whether the first aim is reached."""
        return bool(self.ratios) and self.figure.holds(self.ratio)

    def summary(self) -> dict:
        """All of it, for the JSON file."""
        return {
            "title": self.figure.title,
            "unit": self.figure.unit,
            "reference": self.figure.reference,
            "gateway": self._scaled(self.gateway),
            "against": self._scaled(self.reference),
            "ratios": [round(ratio, 4) for ratio in self.ratios],
            "ratio": round(self.ratio, 4),
            "aims": dict(zip(("first", "then", "dream"), self.figure.aims)),
            "lower_is_better": self.figure.lower_is_better,
            "holds": self.holds,
            "steal_cores": [round(steal, 3) for steal in self.steal],
        }

    def _scaled(self, values: list[float]) -> list[float]:
        return [round(value / self.figure.divisor, 3) for value in values]


def spread(values: list[float], decimals: int) -> str:
    """A median with its extremes."""
    middle = f"{statistics.median(values):.{decimals}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def table(series: list[Series]) -> str:
    """The results, one figure a row."""
    rows = [("figure", "unit", "Sallyport", "reference", "", "ratio", "aim", "holds")]
    for row in series:
        figure = row.figure
        decimals = 2 if figure.divisor >= 1e9 else 1 if figure.divisor > 1 else 0
        rows.append((
            figure.title, figure.unit,
            spread([value / figure.divisor for value in row.gateway], decimals),
            spread([value / figure.divisor for value in row.reference], decimals),
            REFERENCE_NAMES[figure.reference],
            spread(row.ratios, 2) if row.ratios else "none",
            f"{'<=' if figure.lower_is_better else '>='} {figure.aims[0]}",
            "yes" if row.holds else "NO"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def write(path: Path, machine: dict, series: list[Series], in_memory: dict | None) -> None:
    """Keeps everything that was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "machine": machine,
        "in_memory": in_memory,
        "end_to_end": {row.figure.key: row.summary() for row in series},
    }
    path.write_text(json.dumps(result, indent=2) + "\n")
