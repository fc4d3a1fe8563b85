#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Saved texts beside those of Loro and Yrs (pycrdt), in one run: bytes, saving and opening.

    python3 -m venv FOLDER && FOLDER/bin/pip install loro==1.17.1 pycrdt==0.14.13
    swift build -c release --package-path Benchmarks
    FOLDER/bin/python Benchmarks/saved-texts.py [--rounds N] [PROGRAM…]

PROGRAM is a build of Benchmarks, by default that of this tree; give two to compare them. The rounds
alternate between all of them, and the figures are medians. What opens lazily is asked for its text
as well, in a column of its own. Traces are those of Tests/Traces and of $SCUTTLEBUTT_TRACES.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import loro
import pycrdt

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = ["rustcode", "sveltecomponent"]


def patches(name):
    """The edits of a trace of one author, or None where it is absent."""
    folders = [ROOT / "Tests/Traces", pathlib.Path(os.environ.get("SCUTTLEBUTT_TRACES", "/none"))]
    for file in (folder / f"{name}.json.gz" for folder in folders):
        if file.exists():
            trace = json.load(gzip.open(file))
            return [p for t in trace["txns"] for p in t["patches"]], trace["endContent"]
    return None


def in_loro(edits):
    document = loro.LoroDoc()
    text = document.get_text("text")
    for place, deleted, inserted in edits:
        if deleted:
            text.delete(place, deleted)
        if inserted:
            text.insert(place, inserted)
    document.commit()

    def opened(data):
        document = loro.LoroDoc()
        document.import_(data)
        return document

    return (
        lambda: document.export(loro.ExportMode.Snapshot()),
        opened,
        lambda document: document.get_text("text").to_string(),
    )


def in_yrs(edits):
    document = pycrdt.Doc()
    document["text"] = text = pycrdt.Text()
    for place, deleted, inserted in edits:
        if deleted:
            del text[place : place + deleted]
        if inserted:
            text.insert(place, inserted)

    def opened(data):
        document = pycrdt.Doc()
        document["text"] = pycrdt.Text()
        document.apply_update(data)
        return document

    return document.get_update, opened, lambda document: str(document["text"])


def milliseconds(body):
    times = []
    for _ in range(7):
        start = time.perf_counter()
        body()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def round_of(library, expected):
    save, opened, read = library
    data = save()
    if read(opened(data)) != expected:
        sys.exit("another text came back")
    both = milliseconds(lambda: read(opened(data)))
    return {
        "bytes": len(data),
        "saving": milliseconds(save),
        "opening": milliseconds(lambda: opened(data)),
        "opening and reading": both,
    }


def rounds_of_ours(program):
    """The rows of one run of the group `text`, by trace."""
    output = subprocess.run([program, "text"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in output.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        name, _, what = cells[0].partition(": ")
        key = "bytes" if what.startswith("saved, of") else what
        if key in ("bytes", "saving", "opening"):
            found.setdefault(name, {})[key] = float(cells[1])
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    default = str(ROOT / "Benchmarks/.build/release/Benchmarks")
    arguments.add_argument("program", nargs="*", default=[default])
    given = arguments.parse_args()
    traces = {name: found for name in NAMES if (found := patches(name))}
    for name in NAMES:
        if name not in traces:
            print(f"{name}: skipped, it is not in Tests/Traces or $SCUTTLEBUTT_TRACES")
    libraries = {
        (label, name): (make(edits), expected)
        for name, (edits, expected) in traces.items()
        for label, make in [("loro 1.17.1", in_loro), ("pycrdt 0.14.13", in_yrs)]
    }
    measured = {}
    for _ in range(given.rounds):
        for program in given.program:
            for name, row in rounds_of_ours(program).items():
                measured.setdefault((name, program), []).append(row)
        for (label, name), (library, expected) in libraries.items():
            measured.setdefault((name, label), []).append(round_of(library, expected))
    columns = ["bytes", "saving", "opening", "opening and reading"]
    print("| trace | what |", " | ".join(columns), "|")
    print("|---|---|---|---|---|---|")
    for (name, what), rows in sorted(measured.items()):
        values = [
            f"{statistics.median(r[c] for r in rows):.6g}" if c in rows[0] else "" for c in columns
        ]
        print(f"| {name} | {what} |", " | ".join(values), "|")


main()
