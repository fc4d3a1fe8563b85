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
# Needs node, and node-redux installed with --no-install-recommends. Ends with 0 as long as the package
# behaves as described.
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' node-redux)" = 4.2.1-1 ]
if [ -e /usr/share/nodejs/@babel/runtime ]; then
    echo "@babel/runtime is installed, so there is nothing to see" >&2
    exit 1
fi
dpkg-query -W -f '${Depends}\n' node-redux
node - <<'JAVASCRIPT'
const assert = require('node:assert/strict');
const folder = '/usr/share/nodejs/redux';
assert.throws(() => require(folder), (error) => {
  console.log(error.message.split('\n')[0]);
  return error.code === 'MODULE_NOT_FOUND' && error.message.includes('@babel/runtime');
});
const { createStore } = require(`${folder}/dist/redux.js`);
assert.equal(createStore((state = 7) => state).getState(), 7);
console.log('dist/redux.js works');
JAVASCRIPT
