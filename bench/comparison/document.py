"""docs/benchmarks.md and its plots, out of the results alone."""

import re
import shlex

from . import goals, plots
from .goals import MODES
from .numbers import Results
from .sections import SECTIONS, title
from .servers import ROOT, SERVERS

PERCENTILES = (("p50", "50 %"), ("p90", "90 %"), ("p99", "99 %"), ("p99_9", "99.9 %"), ("max", "worst"))

HEAD = """# Calls a core, side by side

Written by `bench/compare` from one run of it; nothing here is typed by hand. {when}.

Each server has one core to itself, and the load comes from another. A call is what Asterisk makes of one: 50 frames of 323 bytes
a second each way, over the loopback, the calls spread over the 20 ms. Each number is the median of {repeats}, with the smallest
and the largest in brackets where they differ. Within a repeat the servers take turns, so that what else the machine does falls
on all of them.

**What is measured**: what it costs a server to receive and send the frames of so many calls, and how punctually it does it. CPU
time is what the kernel charged to the server's threads; what the network stack does in their name is in it.

**What is not**: real networks, whose cards and interrupts cost more than the loopback, and delay otherwise; more than two cores;
what an application does with the audio; how a server behaves when the protocol is broken (`docs/peers.md` is about that).
The bare servers know nothing of calls. They are no alternative, but the limit of their kind on this machine."""


def shown(line):
    """A command line without the folder of this build."""
    text = shlex.join(line).replace(f"{ROOT}/", "")
    text = re.sub(r"\S*/(bin/audiosocket|bench/\w+_echo)\b", r"build/release/\1", text)
    return re.sub(r"[^\s:]*/(sound\.\w+)", r"build/bench/\1", text)


def how_section(results):
    facts = [f"{name}: {value}" for name, value in results.environment.items()]
    lines = ["", "## How it was made", "", "```"] + facts + ["```", "", "The servers:", ""]
    lines += [f"- **{title(n)}**: {SERVERS[n].about}" for n in results.servers]
    lines += [f"- **{title(n)}** took no part: {why}" for n, why in results.absent.items()]
    lines += ["", "Their command lines, and that of the load (with a port of its own each time):", "", "```"]
    lines += [shown(line) for modes in results.command_lines.values() for line in modes.values()]
    lines += [shown(results.generator), "```", ""]
    if results.settings["server_core"] is None:
        lines += ["**Server and load were not bound to cores of their own**: these numbers say little.", ""]
    if congestion := results.settings["congestion"]:
        lines += [f"Servers and load ran in a network namespace with the congestion control {congestion} (`--congestion`).", ""]
    if results.settings["realtime"]:
        lines += ["The machine was busy with other things; server and load had real-time priority (`--realtime`).", ""]
    minutes = f"It took {results.settings['minutes']:.0f} minutes."
    return lines + [f"{minutes} The same again, on an idle machine: `tools/setup --test && bench/compare`."]


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


def write(results_file, out):
    results = Results(results_file)
    out.parent.mkdir(parents=True, exist_ok=True)
    figures = out.with_suffix("")
    write_plots(results, figures)
    hurried = ", in a hurry: it shows that all of it works, and nothing else" if results.settings["quick"] else ""
    repeats = results.settings["repeat"]
    text = [HEAD.format(when=f"Made on {results.environment['date']}{hurried}",
                        repeats=f"{repeats} repeats" if repeats > 1 else "one run")]
    measured = {run["workload"] for run in results.runs}
    for about, section in SECTIONS:
        if about is None or about & measured:
            text += [""] + section(results, figures.name)
    out.write_text("\n".join(text + how_section(results)) + "\n")
