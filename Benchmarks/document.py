#!/usr/bin/env python3
"""Writes docs/performance.md, its drawing and the table of the README from what Tools/bench measured.

    Benchmarks/document.py [RESULT.json [AGAIN.json]]

Without a file it takes the latest of .build/bench. None of it is written by hand, so that no part is older than the rest.
Figures that were measured again at the same revision take the place of those of the whole run, and are marked.
"""

import json
import statistics
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
REFERENCES = {
    "kernel": "the kernel's nftables", "helpers": "the kernel's nftables with helpers",
    "copy": "the copy-only forwarder in C", "plain": "a plain port",
}
AGAIN = "measured again, in a run of its own at the same revision"
# The marks in the README.
BEGIN, END = "<!-- performance -->", "<!-- end of performance -->"
# The drawing's measures, in pixels.
WIDTH, ROW, LEFT, RIGHT, TOP = 860, 34, 330, 70, 54


def spread(values: list[float], digits: int) -> str:
    """A median with its quartiles where there are many values, with its extremes where there are few."""
    if not values:
        return "none"
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    ordered = sorted(values)
    many = len(ordered) > 10
    low, high = (ordered[len(ordered) // 4], ordered[len(ordered) * 3 // 4]) if many else (ordered[0], ordered[-1])
    return f"{middle} ({low:.{digits}f} to {high:.{digits}f})"


def digits(value: float) -> int:
    return 2 if value < 10 else 1 if value < 1000 else 0


def end_to_end(figures: dict) -> str:
    """The figures measured in turn with a reference."""
    lines = [
        "| figure | unit | Sallyport | reference | | ratio | aim: first, then, dream | CPU, ns a packet |",
        "|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    for row in figures.values():
        places = digits(statistics.median(row["against"] or row["gateway"]))
        cpu = row.get("cpu_nanoseconds")
        lines.append(
            f"| {row['title']} | {row['unit']} | {spread(row['gateway'], places)} | {spread(row['against'], places)} "
            f"| {REFERENCES[row['reference']]} | **{spread(row['ratios'], 2)}** | {aims(row)} "
            f"| {spread(cpu, 0) if cpu else ''} |")
        if row.get("note"):
            notes.append(f"- {row['title']}: {row['note']}.")
    return "\n".join([*lines, "", *notes] if notes else lines)


def aims(row: dict) -> str:
    """What a figure shall reach: ratios, or one difference in its unit."""
    sign = "≤" if row["lower_is_better"] else "≥"
    if row.get("aims_are_differences"):
        return f"{sign} {row['aims']['first']:g} {row['unit']} more than the reference"
    return ", ".join(f"{sign} {row['aims'][name]:g}" for name in ("first", "then", "dream"))


def in_memory(rows: list[dict]) -> str:
    """The figures of one core without a device."""
    lines = ["| figure | unit | Sallyport | C floor | aim |", "|---|---|---|---|---|"]
    for row in rows:
        values = row["samples"]["values"]
        floor = row.get("floor", {}).get("values", [])
        sign = "≤" if row["lowerIsBetter"] else "≥"
        aim = f"{sign} {row['aim']:g}" if row.get("aim") is not None else ""
        lines.append(
            f"| {row['title']} | {row['unit']} | {spread(values, digits(statistics.median(values)))} "
            f"| {spread(floor, 1) if floor else ''} | {aim} |")
    return "\n".join(lines)


def drawing(figures: dict) -> str:
    """A bar for each ratio, with its extremes and the aims; lower is better where the title says so."""
    figures = {key: row for key, row in figures.items() if row["ratios"]}
    most = max([1.2, *(max([row["ratio"], *drawn_aims(row)]) for row in figures.values())]) * 1.05
    height = TOP + ROW * len(figures) + 30

    def x(ratio: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ratio / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="24" font-size="16">Ratio to the reference in the same run</text>',
        f'<line x1="{x(1):.1f}" y1="{TOP - 12}" x2="{x(1):.1f}" y2="{height - 26}" stroke="#888"/>',
        f'<text x="{x(1):.1f}" y="{height - 10}" text-anchor="middle" fill="#555">1.0</text>',
    ]
    for place, row in enumerate(figures.values()):
        top = TOP + ROW * place
        middle = top + 10
        title = row["title"] + (" (less is better)" if row["lower_is_better"] else "")
        colour = "#2b7a4b" if row["holds"] else "#b5532a"
        low, high = x(min(row["ratios"])), min(x(max(row["ratios"])), WIDTH - RIGHT)
        parts += [
            f'<text x="{LEFT - 10}" y="{top + 15}" text-anchor="end">{escape(title)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{x(row["ratio"]) - LEFT:.1f}" height="20" fill="{colour}"/>',
            f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" stroke="black"/>',
            f'<text x="{max(x(row["ratio"]), high) + 6:.1f}" y="{top + 15}">{row["ratio"]:.2f}</text>',
        ]
        for aim in drawn_aims(row):
            parts.append(f'<line x1="{x(aim):.1f}" y1="{top - 3}" x2="{x(aim):.1f}" y2="{top + 23}" '
                         'stroke="#333" stroke-dasharray="3 2"/>')
    return "\n".join([*parts, "</svg>", ""])


def drawn_aims(row: dict) -> list[float]:
    """The aims that are ratios."""
    return [] if row.get("aims_are_differences") else list(row["aims"].values())


def document(result: dict, when: str) -> str:
    """The page."""
    machine = result["machine"]
    memory = result.get("in_memory") or {}
    return f"""# Performance

Measured with `Tools/bench` at revision {machine['revision']} on {when}: {machine['cpu']}, {machine['cores']} cores, Linux
{machine['kernel']}. `Benchmarks/document.py` has written this page from what the run kept; write it anew with your own.

Only ratios mean something: generator, gateway and receiver share the machine's cores, and its speed drifts by the minute.
Each figure is measured in turn with its reference, A B, B A, and so on; a ratio is the median of the pairs, with its
extremes. Dashed lines in the drawing are the aims, the black line the spread.

## Through the devices

![ratios](images/performance.svg)

{end_to_end(result['end_to_end'])}

The copy-only forwarder moves frames between the same two devices and looks at nothing: what it costs is what the devices
cost. Figures of TCP are bounded by the copies in and out of the kernel, which a gateway on TAP devices makes and a kernel's
own NAT does not. Between veth devices the kernel translates within the sender's own system call, so that it has no queue,
and its delays are those of a call. A delay is all from the generator's writing to its reading, on both sides at half of what
Sallyport carries without loss; what it is more than the reference's is what the gateway adds. It is measured once with a core
for the generator alone, which never sleeps, and the workers on the other cores, and once with all cores shared, where packets
also wait for the generator's turns on a worker's core and leave it in clumps. CPU is
what the gateway's threads spend on a core for each packet (or super-frame) that arrives on either side, polling included.

## In memory

{in_memory(memory.get('rows', []))}

One core, but for the rows of two; bursts of 64, flows in random order. The C floor is a loop that does the same to the same frames with a table of its own,
without policy, ports, tracking or counters: the distance to it is what those cost. Two workers translate packets of hosts
of their own; what two cores of this machine do at all, the C loop and a loop in registers say. What more cores would do is
computed in [scaling.md](scaling.md).
"""


def summary(result: dict) -> str:
    """The README's table: each ratio with its extremes."""
    machine = result["machine"]
    lines = [
        f"{machine['time'][:10]}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, revision "
        f"{machine['revision']}; medians of {len(next(iter(result['end_to_end'].values()))['ratios'])} pairs:", "",
        "| figure | Sallyport | against | ratio |", "|---|---|---|---|",
    ]
    for row in result["end_to_end"].values():
        value = statistics.median(row["gateway"])
        mark = " (again)" if row.get("note") == AGAIN else ""
        lines.append(
            f"| {row['title']}{mark} | {value:.{digits(value)}f} {row['unit']} | {REFERENCES[row['reference']]} "
            f"| {spread(row['ratios'], 2)} |")
    if any(row.get("note") == AGAIN for row in result["end_to_end"].values()):
        lines += ["", f"(again): {AGAIN}."]
    return "\n".join(lines)


def put_into_readme(text: str) -> None:
    """Replaces what stands between the README's two marks."""
    path = ROOT / "README.md"
    before, rest = path.read_text().split(BEGIN, 1)
    _, after = rest.split(END, 1)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> int:
    if len(sys.argv) > 3 or sys.argv[1:2] in (["--help"], ["-h"]):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 64
    kept = sorted((ROOT / ".build/bench").glob("2*.json"))
    if len(sys.argv) >= 2:
        path = Path(sys.argv[1])
    elif kept:
        path = kept[-1]
    else:
        print("Benchmarks/document.py: .build/bench has no result: run Tools/bench first", file=sys.stderr)
        return 1
    result = json.loads(path.read_text())
    if not result.get("end_to_end") or not result.get("in_memory"):
        print(f"Benchmarks/document.py: {path} has not all figures: run Tools/bench without --only", file=sys.stderr)
        return 1
    if len(sys.argv) == 3:
        again = json.loads(Path(sys.argv[2]).read_text())
        if again["machine"]["revision"] != result["machine"]["revision"]:
            print(f"Benchmarks/document.py: {sys.argv[2]} is of another revision than {path}", file=sys.stderr)
            return 1
        for name, row in again["end_to_end"].items():
            result["end_to_end"][name] = {**row, "note": AGAIN}
    when = result["machine"]["time"][:10]
    (ROOT / "docs/images").mkdir(exist_ok=True)
    (ROOT / "docs/images/performance.svg").write_text(drawing(result["end_to_end"]))
    (ROOT / "docs/performance.md").write_text(document(result, when))
    put_into_readme(summary(result))
    print(f"docs/performance.md and README.md are of {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
