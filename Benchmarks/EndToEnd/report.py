"""Medians, spreads, and the table."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figure

REFERENCE_NAMES = {
    "kernel": "kernel", "helpers": "kernel, helpers", "copy": "copy-only C", "plain": "plain port",
}


@dataclass
class Series:
    """The repetitions of one figure, measured in turn on both sides."""

    figure: Figure
    gateway: list[float] = field(default_factory=list)
    reference: list[float | None] = field(default_factory=list)
    steal: list[float] = field(default_factory=list)
    # Nanoseconds on a core that the gateway's threads spent for each packet that arrived on either side.
    cpu: list[float] = field(default_factory=list)
    # Why the reference could not be measured.
    note: str | None = None

    @property
    def ratios(self) -> list[float]:
        """A ratio for each repetition: what was measured side by side is compared side by side."""
        return [ours / theirs for ours, theirs in zip(self.gateway, self.reference) if theirs]

    @property
    def differences(self) -> list[float]:
        """What the gateway adds to the reference, in the figure's unit, for each repetition."""
        pairs = zip(self.gateway, self.reference)
        return [(ours - theirs) / self.figure.divisor for ours, theirs in pairs if theirs is not None]

    @property
    def ratio(self) -> float:
        """The median of the ratios, or 0 when the reference delivered nothing."""
        return statistics.median(self.ratios) if self.ratios else 0.0

    @property
    def holds(self) -> bool | None:
        """Whether the first aim is reached; None when there was nothing to compare with."""
        if self.note and not self.ratios:
            return None
        if self.figure.aims_are_differences:
            return bool(self.differences) and self.figure.holds(statistics.median(self.differences))
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
            "aims_are_differences": self.figure.aims_are_differences,
            "differences": [round(value, 3) for value in self.differences],
            "lower_is_better": self.figure.lower_is_better,
            "holds": self.holds,
            "steal_cores": [round(steal, 3) for steal in self.steal],
            "cpu_nanoseconds": [round(value) for value in self.cpu],
            "note": self.note,
        }

    def _scaled(self, values: list[float | None]) -> list[float]:
        return [round(value / self.figure.divisor, 3) for value in values if value is not None]


def spread(values: list[float], decimals: int) -> str:
    """A median with its extremes."""
    if not values:
        return "none"
    middle = f"{statistics.median(values):.{decimals}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def table(series: list[Series]) -> str:
    """The results, one figure a row."""
    rows = [("figure", "unit", "Sallyport", "reference", "", "ratio", "aim", "holds", "CPU ns")]
    for row in series:
        figure = row.figure
        decimals = 2 if figure.divisor >= 1e9 else 1 if figure.divisor > 1 else 0
        rows.append((
            figure.title, figure.unit,
            spread([value / figure.divisor for value in row.gateway], decimals),
            spread([value / figure.divisor for value in row.reference if value is not None], decimals),
            REFERENCE_NAMES[figure.reference],
            spread(row.ratios, 2),
            f"{'<=' if figure.lower_is_better else '>='} {figure.aims[0]}"
            + (f" {figure.unit} more" if figure.aims_are_differences else ""),
            {True: "yes", False: "NO", None: "?"}[row.holds],
            f"{statistics.median(row.cpu):.0f}" if row.cpu else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    notes = [f"{row.figure.title}: {row.note}." for row in series if row.note]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], *notes])


def write(path: Path, machine: dict, series: list[Series], in_memory: dict | None) -> None:
    """Keeps everything that was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "machine": machine,
        "in_memory": in_memory,
        "end_to_end": {row.figure.key: row.summary() for row in series},
    }
    path.write_text(json.dumps(result, indent=2) + "\n")
