#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Debian 12's node-redux 4.2.1-1: `require('redux')` fails where nothing else has installed
# @babel/runtime. The package's main file, lib/redux.js, requires it, and so does es/redux.js, but the
# package depends on node-loose-envify and node-symbol-observable only, neither of which brings it. Only
# dist/redux.js is complete; it needs no bundler and works in node and in pages.
#
# Guessed before: a package of a distribution can be loaded by its name once it is installed with its
# dependencies, and `dist` is for pages only.
# Needs node, apt-get and dpkg-deb on Debian 12: the packages are unpacked into a temporary folder, and nothing is
# installed. Ends with 0 as long as the package behaves as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# All that the package depends on, beside node itself.
apt-get download -q node-redux=4.2.1-1 node-symbol-observable=3.0.0-1 node-loose-envify=1.4.0+dfsg1-4
for package in *.deb; do dpkg-deb -x "$package" .; done
dpkg-deb -f node-redux_*.deb Depends
NODE_PATH=$folder/usr/share/nodejs node - "$folder/usr/share/nodejs/redux" <<'JAVASCRIPT'
const assert = require('node:assert/strict');
const folder = process.argv[2];
assert.throws(() => require(folder), (error) => {
  console.log(error.message.split('\n')[0]);
  return error.code === 'MODULE_NOT_FOUND' && error.message.includes('@babel/runtime');
});
const { createStore } = require(`${folder}/dist/redux.js`);
assert.equal(createStore((state = 7) => state).getState(), 7);
console.log('dist/redux.js works');
JAVASCRIPT
