#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pycrdt 0.14.13 (Yjs for Python): the Text counts in two units. Reading counts characters;
# deleting, inserting and the length count UTF-8 bytes, although the documentation says characters
# for both reading and deleting. So `del text[0]` removes more than `text[0]`: in a text that begins
# with “ä” it removes all of it. An offset inside a character is taken for the end of the text.
#
# Guessed before: characters throughout, or UTF-16 units as in Yjs.
# Needs python3 with venv, and PyPI. Ends with 0 as long as the library behaves as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pycrdt==0.14.13
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from pycrdt import Doc, Text

def text(content):
    made = Doc().get("text", type=Text)
    made += content
    return made

def after_deletion(content, key):
    made = text(content)
    del made[key]
    return str(made)

def after_insertion(content, index):
    made = text(content)
    made.insert(index, "X")
    return str(made)

assert version("pycrdt") == "0.14.13"
seen = [
    ("len(text) of 'ä😀b', which has 3 characters", len(text("ä😀b")), 7),
    ("text[0] of 'äb'", text("äb")[0], "ä"),
    ("'äb' after `del text[0]`", after_deletion("äb", 0), ""),
    ("text[1:2] of 'a😀b'", text("a😀b")[1:2], "😀"),
    ("'a😀b' after `del text[1:2]`", after_deletion("a😀b", slice(1, 2)), "a"),
    ("'äbc' after `text.insert(1, 'X')`", after_insertion("äbc", 1), "äbcX"),
    ("'äbc' after `text.insert(2, 'X')`", after_insertion("äbc", 2), "äXbc"),
]
for what, now, then in seen:
    print(f"{what}: {now!r}")
    assert now == then, f"it was {then!r}"
PYTHON
