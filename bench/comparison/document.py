"""Writes docs/benchmarks.md, docs/benchmarks-details.md and the plots, from the results alone."""

import re
import shlex

from . import details, goals, plots, sections
from .goals import MODES
from .numbers import Results
from .servers import ROOT
from .tables import title

PERCENTILES = (("p50", "50 %"), ("p90", "90 %"), ("p99", "99 %"), ("p99_9", "99.9 %"), ("max", "worst"))

HEAD = """# How many calls a core holds, and what a call costs

Measured and written by `bench/compare`. {when}. Every number for every load: [{details}]({details}).

Each server has one core; the load comes from another. A call is as Asterisk makes it: 50 frames of 323 bytes a second each way, over the
loopback, the calls spread over the 20 ms. Each number is the median of {repeats}, with the smallest and the largest in brackets where they
differ. Within a repeat the servers take turns, so that other work of the machine falls on all of them.

CPU time is what the kernel charges to the server's threads. It contains the network stack's work for them. Not measured: real networks, whose
cards and interrupts cost more than the loopback; more than two cores; what an application does with the audio. [`peers.md`](peers.md) shows
what the servers do when the protocol is broken."""

DETAILS_HEAD = """# Calls a core: every load

The tables behind [{page}]({page}), from the same run. Written by `bench/compare`. Each number is the median of {repeats}. Servers that do not
hold a load are listed as well; their CPU time then says little."""


def shown(line):
    """A command line without the folder of this build."""
    text = shlex.join(line).replace(f"{ROOT}/", "")
    text = re.sub(r"\S*/(bin/audiosocket|bench/\w+_echo)\b", r"build/release/\1", text)
    return re.sub(r"[^\s:]*/(sound\.\w+)", r"build/bench/\1", text)


def how_section(results):
    facts = [f"{name}: {value}" for name, value in results.environment.items()]
    lines = ["", "## How it was made", "", "```"] + facts + ["```", ""]
    if results.settings["server_core"] is None:
        lines += ["**Server and load were not bound to cores of their own**: these numbers say little.", ""]
    if congestion := results.settings["congestion"]:
        lines += [f"Servers and load ran in a network namespace with the congestion control {congestion} (`--congestion`).", ""]
    if results.settings["realtime"]:
        lines += ["The machine was busy with other work; server and load had real-time priority (`--realtime`).", ""]
    minutes = f"It took {results.settings['minutes']:.0f} minutes."
    return lines + [f"{minutes} To repeat it on an idle machine: `tools/setup --test && bench/compare`."]


def commands_section(results):
    lines = ["", "## Command lines", "", "Of the servers and of the load. The port differs each time.", "", "```"]
    lines += [shown(line) for modes in results.command_lines.values() for line in modes.values()]
    return lines + [shown(results.generator), "```"]


def write_plots(results, folder):
    folder.mkdir(parents=True, exist_ok=True)

    def draw(name, *what, **more):
        if any(value for _, _, values in what[-1] for value in values):
            (folder / f"{name}.svg").write_text(plots.chart(*what, **more))

    for mode in MODES:
        names, loads = results.measured(mode, mode)
        prices = [(n, title(n), [results.median(mode, mode, n, c, "server", "cpu_us_per_frame") for c in loads]) for n in names]
        draw(f"cpu-{mode}", f"CPU time a frame, {mode}", "Microseconds of the server's core; less is better",
             "calls at once", [f"{c:,}" for c in loads], "µs a frame", prices)

        if mode == "echo":
            trips = [(n, title(n), [goals.round_trip_ms(results, mode, n, c, "p99") for c in loads]) for n in names]
            draw("round-trip-echo", "Round trip of an echo, 99 %", "From a frame to its echo; less is better",
                 "calls at once", [f"{c:,}" for c in loads], "ms", trips, logarithmic=True)

        calls = max((c for c in loads if c <= goals.PACING_LOAD), default=0)

        def curve(name, what):
            return [(results.median(mode, mode, name, calls, what, key) or 0) / 1000 for key, _ in PERCENTILES]

        curves = [(n, title(n), curve(n, "jitter_us")) for n in names]
        if names:
            curves.append(("machine", "an idle sleep here", curve(names[0], "machine_overshoot_us")))
        draw(f"jitter-{mode}", f"Jitter, {mode}, {calls:,} calls", "How far from 20 ms apart the frames are; less is better",
             "of all frames", [text for _, text in PERCENTILES], "ms", curves, logarithmic=True)


def wanted(results, sections_of_page):
    measured = {run["workload"] for run in results.runs}
    return [section for about, section in sections_of_page if about is None or about & measured]


def write(results_file, out):
    """Writes the page `out`, its plots in a folder of its name, and the page of details beside it."""
    results = Results(results_file)
    out.parent.mkdir(parents=True, exist_ok=True)
    figures, other = out.with_suffix(""), out.with_name(f"{out.stem}-details.md")
    write_plots(results, figures)
    hurried = ", in a hurry: it shows that all of it works, and nothing else" if results.settings["quick"] else ""
    repeat = results.settings["repeat"]
    repeats = f"{repeat} repeats" if repeat > 1 else "one run"
    page = [HEAD.format(when=f"Made on {results.environment['date']}{hurried}", repeats=repeats, details=other.name)]
    for section in wanted(results, sections.SECTIONS):
        page += [""] + section(results, figures.name)
    out.write_text("\n".join(page + how_section(results)) + "\n")
    page = [DETAILS_HEAD.format(page=out.name, repeats=repeats)]
    for section in wanted(results, details.SECTIONS):
        page += [""] + section(results)
    other.write_text("\n".join(page + commands_section(results)) + "\n")
