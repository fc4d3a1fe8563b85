// SPDX-License-Identifier: MIT
//
// Who may open developer tools: see docs/developer-tools.md. On an address of this machine everybody; elsewhere who has
// the token whose hash the page names, in the part of the address after `#`, which browsers send to nobody.

export const ACCESS_BOUNDS = {
  token: 22, // characters of a token at least: 128 bits as base64url
};

/**
 * Whether a host name is this machine's, as the browser resolves it; a name of somebody else's that leads here is not.
 */
export function isLoopback(hostname) {
  return /^(localhost|[a-z0-9.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Whether a page of another origin shows this one in a frame: it could lay something else over it. */
export function isFramedByOthers(window) {
  if (window.top === window) return false;
  try {
    return window.top.location.origin !== window.location.origin;
  } catch {
    return true;
  }
}

/** The SHA-256 of a text in hexadecimal digits. */
async function digest(text, crypto) {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Why the tools may not be opened here, or null. `tokenHash` is the SHA-256 of a token, in hexadecimal digits. */
export async function obstacle({ tokenHash, window = globalThis } = {}) {
  if (isFramedByOthers(window)) return 'Another site shows this page in a frame, so the tools stay closed.';
  const { hostname, hash } = window.location;
  if (isLoopback(hostname)) return null;
  if (!tokenHash) {
    return 'Developer tools are off at this address. They open on this machine (localhost), or with a token.';
  }
  if (!window.crypto?.subtle) return 'A token is only taken over https.';
  const token = new URLSearchParams(hash.slice(1)).get('devtools') ?? '';
  const isRight = token.length >= ACCESS_BOUNDS.token && await digest(token, window.crypto) === tokenHash.toLowerCase();
  return isRight ? null : 'Developer tools open at this address with a token (#devtools=…) only, and this is not it.';
}
