#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pycrdt 0.14.13 (Yjs for Python) and loro 1.17.1: an update that waits for an earlier one is not in
# what a document gives to the next. A document has the first of three updates and then gets the
# third. It keeps that (when the second comes, all three show), but neither its full update nor its
# snapshot contains it: whoever is fed from it gets the first only, and after the second lacks the
# third. A relay that stores documents by these exports loses what waits when it is restarted.
#
# Guessed before: a full export has everything that the document has been given; in JavaScript's Yjs
# encodeStateAsUpdate merges what is pending into the result.
# Needs python3 with venv, and PyPI. Ends with 0 as long as the libraries behave as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycrdt==0.14.13 loro==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from loro import ExportMode, LoroDoc, VersionVector
from pycrdt import Doc, Text

assert (version("pycrdt"), version("loro")) == ("0.14.13", "1.17.1")
WORDS = ["one ", "two ", "three"]


def expect(what, now, then):
    print(f"{what}: {now!r}")
    assert now == then, f"it was {then!r}"


def pycrdt_doc():
    doc = Doc()
    return doc, doc.get("text", type=Text)


author, text = pycrdt_doc()
updates = []
watching = author.observe(lambda event: updates.append(event.update))
for word in WORDS:
    text += word
relay, relayed = pycrdt_doc()
relay.apply_update(updates[0])
relay.apply_update(updates[2])
fed, received = pycrdt_doc()
fed.apply_update(relay.get_update())
relay.apply_update(updates[1])
fed.apply_update(updates[1])
expect("pycrdt, where the third waited, after the second", str(relayed), "one two three")
expect("pycrdt, fed from there meanwhile, after the second", str(received), "one two ")

author = LoroDoc()
updates = []
for word in WORDS:
    known = author.oplog_vv
    text = author.get_text("text")
    text.insert(len(text.to_string()), word)
    author.commit()
    updates.append(author.export(ExportMode.Updates(known)))
relay = LoroDoc()
relay.import_(updates[0])
status = relay.import_(updates[2])
expect("loro says that something waits", status.pending is not None, True)
fed = {"updates": LoroDoc(), "snapshot": LoroDoc()}
fed["updates"].import_(relay.export(ExportMode.Updates(VersionVector())))
fed["snapshot"].import_(relay.export(ExportMode.Snapshot()))
relay.import_(updates[1])
expect(
    "loro, where the third waited, after the second",
    relay.get_text("text").to_string(), "one two three")
for name, doc in fed.items():
    doc.import_(updates[1])
    expect(
        f"loro, fed from its {name} meanwhile, after the second",
        doc.get_text("text").to_string(), "one two ")
PYTHON
