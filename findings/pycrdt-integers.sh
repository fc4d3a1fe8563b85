#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pycrdt 0.14.13 (Yjs for Python): an integer comes back as a float, and at 2^53 as one or the
# other. `map["a"] = 1` reads as 1.0 at once, also in lists and objects, so its JSON is `1.0`. 2^53
# is an int where it was written and a float at the peer that receives it; 2^53 + 1 is an int on
# both sides.
#
# Guessed before: an int stays an int, or all numbers are floats as in JavaScript.
# Needs python3 with venv, and PyPI. Ends with 0 as long as the library behaves as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycrdt==0.14.13
"$folder/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version
from pycrdt import Array, Doc, Map

assert version("pycrdt") == "0.14.13"
here, there = Doc(), Doc()
written = {"one": 1, "list": [1, 2], "edge": 2**53, "beyond": 2**53 + 1}
numbers = here.get("numbers", type=Map)
for key, value in written.items():
    numbers[key] = value
array = here.get("array", type=Array)
array.append(7)
there.apply_update(here.get_update())
received = there.get("numbers", type=Map)

seen = [
    ("1, where it was written", repr(numbers["one"]), "1.0"),
    ("its JSON", json.dumps(numbers["one"]), "1.0"),
    ("[1, 2], where it was written", repr(numbers["list"]), "[1.0, 2.0]"),
    ("7, appended to an array", repr(array[0]), "7.0"),
    ("2^53, where it was written", repr(numbers["edge"]), "9007199254740992"),
    ("2^53, at the peer", repr(received["edge"]), "9007199254740992.0"),
    ("2^53 + 1, at the peer", repr(received["beyond"]), "9007199254740993"),
]
for what, now, then in seen:
    print(f"{what}: {now}")
    assert now == then, f"it was {then}"
PYTHON
