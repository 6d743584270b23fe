#!/usr/bin/env python3
"""Checks packaging/grafana/audiosocket.json, and prints its queries as Prometheus rules, so that promtool can read them.

Usage: dashboard.py DASHBOARD
"""
import json
import sys


def overlap(one, other):
    a, b = one["gridPos"], other["gridPos"]
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def mistakes(panels):
    for i, one in enumerate(panels):
        for other in panels[:i]:
            if one["id"] == other["id"]:
                yield f'"{one["title"]}" and "{other["title"]}" have the same id'
            if overlap(one, other):
                yield f'"{one["title"]}" lies over "{other["title"]}"'
        if one["gridPos"]["x"] + one["gridPos"]["w"] > 24:
            yield f'"{one["title"]}" is wider than the board'
        if one["type"] != "row" and not one.get("description"):
            yield f'"{one["title"]}" has no description'
        names = [target["refId"] for target in one.get("targets", [])]
        if len(set(names)) < len(names):
            yield f'"{one["title"]}" has two queries of the same name'


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    found = list(mistakes(panels))
    for line in found:
        print(f"{sys.argv[1]}: {line}", file=sys.stderr)
    queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    rules = [{"record": f"query:{n}", "expr": query.replace("$__rate_interval", "5m").replace("$instance", ".*")}
             for n, query in enumerate(queries)]
    json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)  # JSON is YAML
    return 1 if found or not queries else 0


if __name__ == "__main__":
    sys.exit(main())
