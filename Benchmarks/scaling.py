#!/usr/bin/env python3
"""Runs the scaling simulation and writes its tables and its drawing into docs/scaling.md.

    Benchmarks/scaling.py [--result FILE] [OPTION…]

Options are the simulation's (`--packet`, `--hand-over`, …); with --result nothing is run, and the file, which a run
kept with --json, is written. Only what stands between the page's marks is replaced.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/scaling.md"
PROGRAM = "scaling-simulation"
PORTS = {"preserved": "preserved", "random": "random", "sets": "sets of 64"}
# The drawing's measures, in pixels, and a colour for each population and a dash for each way with ports.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 420, 60, 190, 50, 50
COLOURS = {"office": "#b5532a", "campus": "#2b5f7a", "access": "#2b7a4b"}
DASHES = {"random": "", "preserved": "7 4", "sets": "2 3"}


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1f} %"


def by_workers(result: dict, title: list[str], rows: list[tuple[list[str], dict[int, str]]]) -> str:
    """A column for each number of workers."""
    head = [*title, *(str(count) for count in result["workers"])]
    return table(head, [[*names, *(cells[count] for count in result["workers"])] for names, cells in rows])


def populations(result: dict) -> str:
    return table(
        ["population", "hosts", "sessions", "packets", "pool addresses"],
        [[row["name"], *(f"{row[name]:,}".replace(",", " ") for name in ("hosts", "sessions", "packets", "addresses"))]
         for row in result["populations"]])


def balance(result: dict) -> str:
    rows = []
    for population in result["populations"]:
        mine = {row["workers"]: row for row in result["balance"] if row["population"] == population["name"]}
        for what in ("hosts", "sessions", "packets"):
            rows.append(([population["name"], what], {count: f"{row[what]:.2f}" for count, row in mine.items()}))
        rows.append(([population["name"], "packets, the worst draw"],
                     {count: f"{row['packetsAtWorst']:.2f}" for count, row in mine.items()}))
    return by_workers(result, ["population", "of"], rows)


def grouped(result: dict, rows: list[dict], name: str, cell) -> list[tuple[list[str], dict[int, str]]]:
    groups: dict[str, dict[int, str]] = {}
    for row in rows:
        groups.setdefault(row[name], {})[row["workers"]] = cell(row)
    return [([title], cells) for title, cells in groups.items()]


def spacing(result: dict) -> str:
    rows = grouped(result, result["spacing"], "title", lambda row: f"{row['hosts']:.2f}")
    return by_workers(result, ["hosts' addresses"], rows)


def kinds(result: dict) -> str:
    rows = grouped(result, result["kinds"], "title", lambda row: percent(row["share"]))
    return by_workers(result, ["packets"], rows)


def traffic(result: dict) -> str:
    return by_population(result, result["traffic"], lambda row: percent(row["handedOver"]))


def by_population(result: dict, rows: list[dict], cell) -> str:
    found = []
    for population in result["populations"]:
        for ports, title in PORTS.items():
            mine = [row for row in rows if row["population"] == population["name"] and row["ports"] == ports]
            found.append(([population["name"], title], {row["workers"]: cell(row) for row in mine}))
    return by_workers(result, ["population", "ports"], found)


def port_use(result: dict) -> str:
    rows = []
    for ports in ("preserved", "random"):
        for addresses in sorted({row["addresses"] for row in result["portUse"]}):
            mine = [row for row in result["portUse"] if row["ports"] == ports and row["addresses"] == addresses]
            cells = {row["workers"]: percent(row["whenBlocksWereUp"]) if row.get("whenBlocksWereUp") else "never"
                     for row in mine}
            refused = {row["workers"]: percent(row["ofPool"]) for row in mine}
            name = [ports, f"{addresses}", f"{mine[0]['hosts']}"]
            rows.append(([*name, "a worker's own blocks were used up"], cells))
            rows.append(([*name, "the first session was refused"], refused))
    return by_workers(result, ["ports", "addresses", "hosts", "of the pool in use when"], rows)


def memory(result: dict) -> str:
    polling = {row["parties"]: row["nanosecondsPerTurn"] for row in result["polling"]}
    rows = []
    for row in sorted(result["memory"], key=lambda row: (row["maximumEntries"], row["workers"])):
        size = {name: f"{row[name] / 1e6:.1f}" for name in ("tables", "buffers", "rings", "ports", "all")}
        rows.append([f"{row['maximumEntries']:,}".replace(",", " "), str(row["workers"]), size["tables"],
                     size["buffers"], size["rings"], size["ports"], size["all"], f"{polling[row['workers'] + 1]:.0f}"])
    return table(["`max-entries`", "workers", "tables a worker", "buffers a worker", "all rings", "port map",
                  "together", "ns a turn for looking into the rings"], rows)


def rates(result: dict, name: str) -> str:
    digits = 1 if name == "deviceRates" else 0
    return by_population(
        result, [row for row in result[name] if row["nodes"] == 1],
        lambda row: f"{row['packets'] / 1e6:.{digits}f} ({percent(row['efficiency'])})")


def large_machine(result: dict) -> str:
    """The largest machine, on one node and on two."""
    most = max(result["workers"])
    rows = []
    for population in result["populations"]:
        for ports, title in PORTS.items():
            cells = [population["name"], title]
            for name, digits in (("rates", 0), ("deviceRates", 1)):
                mine = {row["nodes"]: row for row in result[name]
                        if row["population"] == population["name"] and row["ports"] == ports
                        and row["workers"] == most}
                cells += [f"{mine[nodes]['packets'] / 1e6:.{digits}f}" for nodes in (1, 2)]
                cells.append(f"{mine[2]['packetsIfEven'] / 1e6:.{digits}f}")
            rows.append(cells)
    return table(
        ["population", "ports", "in memory, one node", "two nodes", "two, evenly busy", "devices, one node",
         "two nodes", "two, evenly busy"], rows)


def costs(result: dict) -> str:
    one, device = result["costs"], result["device"]
    return (f"Here a packet costs {one['packet']:g} ns in memory and {device['packet']:g} ns through devices, a "
            f"hand-over {one['handOver']:g} ns more, one to another memory node {one['remote']:g} ns beyond that.")


def drawing(result: dict) -> str:
    """A line for each population and way with ports: what part of its cores' rate a gateway reaches."""
    counts = result["workers"]

    def x(count: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * counts.index(count) / max(1, len(counts) - 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1, value)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        '<text x="12" y="24" font-size="16">Rate in memory, of what as many evenly busy cores would do</text>',
    ]
    for part in (0, 0.25, 0.5, 0.75, 1):
        parts += [
            f'<line x1="{LEFT}" y1="{y(part):.1f}" x2="{WIDTH - RIGHT}" y2="{y(part):.1f}" stroke="#ccc"/>',
            f'<text x="{LEFT - 8}" y="{y(part) + 4:.1f}" text-anchor="end">{100 * part:.0f} %</text>',
        ]
    for count in counts:
        parts.append(f'<text x="{x(count):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{count}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">workers</text>')
    place = TOP + 10
    for population, colour in COLOURS.items():
        for ports, dash in DASHES.items():
            mine = {row["workers"]: row["efficiency"] for row in result["rates"]
                    if row["population"] == population and row["ports"] == ports and row["nodes"] == 1}
            points = " ".join(f"{x(count):.1f},{y(mine[count]):.1f}" for count in counts)
            line = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
            parts += [
                f'<polyline points="{points}" fill="none" {line}/>',
                f'<line x1="{WIDTH - RIGHT + 14}" y1="{place}" x2="{WIDTH - RIGHT + 50}" y2="{place}" {line}/>',
                f'<text x="{WIDTH - RIGHT + 56}" y="{place + 4}">{escape(population + ", " + PORTS[ports])}</text>',
            ]
            place += 24
    return "\n".join([*parts, "</svg>", ""])


def put(text: str, name: str, inner: str) -> str:
    """Replaces what stands between a pair of the page's marks."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = text.split(begin, 1)
    _, after = rest.split(end, 1)
    return f"{before}{begin}\n{inner}\n{end}{after}"


def simulate(options: list[str]) -> Path:
    kept = ROOT / ".build/bench/scaling.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "LC_ALL": "C"}
    build = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", PROGRAM]
    subprocess.run(build, cwd=ROOT, check=True, env=environment)
    subprocess.run([str(ROOT / ".build/release" / PROGRAM), "--json", str(kept), *options], check=True, env=environment)
    return kept


def main() -> int:
    words = sys.argv[1:]
    if words[:1] in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    try:
        kept = Path(words[1]) if words[:1] == ["--result"] and len(words) == 2 else simulate(words)
        result = json.loads(kept.read_text())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"Benchmarks/scaling.py: {error}", file=sys.stderr)
        return 1
    text = PAGE.read_text()
    for name, inner in {
        "populations": populations(result), "balance": balance(result), "spacing": spacing(result),
        "kinds": kinds(result), "traffic": traffic(result), "port use": port_use(result), "memory": memory(result),
        "costs": costs(result), "rates in memory": rates(result, "rates"),
        "rates through devices": rates(result, "deviceRates"), "large machine": large_machine(result),
    }.items():
        text = put(text, name, inner)
    PAGE.write_text(text)
    (ROOT / "docs/images").mkdir(exist_ok=True)
    (ROOT / "docs/images/scaling.svg").write_text(drawing(result))
    print(f"docs/scaling.md is of {kept}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
