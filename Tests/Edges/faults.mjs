// SPDX-License-Identifier: MIT
//
// What can happen to a connection, and when.

/** The moments, in the order of a connection's life. */
export const moments = ['dialling', 'header', 'history', 'idle', 'live', 'closing'];

const answered = (status, ...lines) => [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
const withBody = (status, type, body, ...lines) => answered(
  status, `Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`,
  'Connection: close', ...lines) + body;

const silent = (name, strike) => ({ name, isQuiet: true, isDeaf: true, strike });

/** A fault that answers the request in the server's place, which makes sense at dialling only. */
const http = (name, text, extra = {}) => (
  { name, moments: ['dialling'], isHTTP: true, strike: (link) => link.answer(text), ...extra });

/**
 * Each fault: `strike` befalls a link. `isDeaf` says that the link carries nothing any more and
 * stays so, `isQuiet` that a side has to find out by itself, `isMidPiece` that it strikes in the
 * middle of a frame or line, `isEither` that a link may be given up or live through it, as it goes,
 * and `isRefusal` that the answer says not to come back soon.
 */
export const faults = [
  silent('silent both ways', (link) => link.silence()),
  silent('silent to the server', (link) => link.silence(link.up)),
  silent('silent to the peer', (link) => link.silence(link.down)),
  { name: 'frozen, then thawed', isQuiet: true, strike: (link) => link.set('freeze') },
  { name: '150 ms late', isQuiet: true, strike: (link) => link.set('delay', 150) },
  {
    name: 'a byte at a time', isQuiet: true, isEither: true,
    strike: (link) => link.set('trickle', 60),
  },
  { name: 'closed', strike: (link) => link.close() },
  { name: 'reset in mid-frame', isMidPiece: true, strike: (link) => link.reset() },
  silent('closed, peer not told', (link) => link.loseServer()),
  { name: 'closed, server not told', isQuiet: true, strike: (link) => link.losePeer() },
  { name: 'cut when idle', moments: ['idle'], isQuiet: true, isIdleCut: true },
  http('301', withBody('301 Moved Permanently', 'text/plain', 'elsewhere',
    'Location: http://192.0.2.1/'), { isRefusal: true }),
  http('401', withBody('401 Unauthorized', 'text/plain', 'who?',
    'WWW-Authenticate: Basic realm="x"'), { isRefusal: true }),
  http('403', withBody('403 Forbidden', 'text/plain', 'no'), { isRefusal: true }),
  http('404', withBody('404 Not Found', 'text/plain', 'nothing here'), { isRefusal: true }),
  http('429, Retry-After: 2', withBody('429 Too Many Requests', 'text/plain', 'slowly',
    'Retry-After: 2')),
  http('502 with HTML', withBody('502 Bad Gateway', 'text/html', '<h1>Bad gateway</h1>')),
  http('200, no upgrade', withBody('200 OK', 'text/html', '<p>welcome</p>')),
  http('garbage', Buffer.from([0x15, 3, 1, 0, 2, 2, 70, 13, 10, 13, 10, 0xff, 0xfe])),
  http('half a status line', 'HTTP/1.1 10'),
];

/** The moments at which a fault can strike. */
export const momentsOf = (fault) => fault.moments ?? moments;
