"""The tables of both pages."""

from .numbers import cell
from .servers import SERVERS


def title(name):
    return SERVERS[name].title


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def picture(folder, name, text):
    return ["", f"![{text}]({folder}/{name}.svg)"]


def by_calls(results, mode, values):
    """A row for each server, a column for each number of calls. `values(server, calls)` returns the values of the repeats."""
    names, loads = results.measured(mode, mode)
    return table(["server"] + [f"{c:,} calls" for c in loads], [[title(n)] + [cell(values(n, c)) for c in loads] for n in names])
