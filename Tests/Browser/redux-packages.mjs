// SPDX-License-Identifier: MIT
//
// The real Redux and React, from where Debian's node-redux, node-react and node-react-dom put them. They are used
// there and never copied into the project.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The builds that need no other package and no bundler, by the names under which the test site serves them. */
export const packageFiles = {
  'redux.js': '/usr/share/nodejs/redux/dist/redux.js',
  'react.js': '/usr/share/nodejs/react/umd/react.development.js',
  'react-dom.js': '/usr/share/nodejs/react-dom/umd/react-dom.development.js',
};

/** Why these packages cannot be used here, or null. */
export function packagesObstacle(names = Object.keys(packageFiles)) {
  const missing = names.map((name) => packageFiles[name]).filter((path) => !existsSync(path));
  return missing.length > 0 ? `${missing.join(' and ')} not found; dev/setup test installs the Debian packages` : null;
}

/** Redux in node. */
export function loadRedux() {
  return createRequire(import.meta.url)(packageFiles['redux.js']);
}
