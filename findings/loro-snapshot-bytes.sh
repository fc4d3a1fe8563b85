#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# loro 1.17.1 (PyPI): documents with the same operations and the same text write different
# snapshots. Three peers write one text each, and a fourth imports the three updates in each of the
# six orders. The text is the same each time, and so are the bytes of all updates, but the bytes of
# the snapshot are of two kinds: they tell whether peer 1's or peer 2's update came first. The same
# holds for a shallow snapshot and for one of the state only, which has no history at all. So a hash
# of a snapshot does not tell whether two peers agree.
#
# Guessed before: the same history gives the same snapshot, as it gives the same updates.
# Needs python3 with venv, and PyPI. Ends with 0 as long as the library behaves as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check loro==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from itertools import permutations
from loro import ExportMode, LoroDoc, VersionVector

assert version("loro") == "1.17.1"


def written(peer, text):
    doc = LoroDoc()
    doc.peer_id = peer
    doc.get_text("text").insert(0, text)
    doc.commit()
    return doc.export(ExportMode.Updates(VersionVector()))


updates = {1: written(1, "aaa"), 2: written(2, "bbb"), 3: written(3, "ccc")}
kinds = {"updates": {}, "snapshot": {}, "shallow snapshot": {}, "state only": {}}
texts = set()
for order in permutations(updates):
    doc = LoroDoc()
    for peer in order:
        doc.import_(updates[peer])
    texts.add(doc.get_text("text").to_string())
    exports = {
        "updates": ExportMode.Updates(VersionVector()),
        "snapshot": ExportMode.Snapshot(),
        "shallow snapshot": ExportMode.ShallowSnapshot(doc.oplog_frontiers),
        "state only": ExportMode.StateOnly(None),
    }
    for name, mode in exports.items():
        kinds[name].setdefault(bytes(doc.export(mode)), []).append(order)

print(f"text: {texts}")
assert texts == {"aaabbbccc"}
for name, found in kinds.items():
    print(f"{name}: {len(found)} different, by orders of import {list(found.values())}")
assert len(kinds["updates"]) == 1
for name in ["snapshot", "shallow snapshot", "state only"]:
    assert len(kinds[name]) == 2, name
    for orders in kinds[name].values():
        assert len({order.index(1) < order.index(2) for order in orders}) == 1, name
PYTHON
