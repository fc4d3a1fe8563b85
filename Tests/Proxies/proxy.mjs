// SPDX-License-Identifier: MIT
//
// A proxy as Debian installs it, with the configuration beside this file, on free ports and in a folder of its own.
// docs/behind-a-proxy.md shows the same files, so their ports are written as 8080 (plain), 8443 (TLS) and 3000 (ours).
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../Browser/eventually.mjs';
import { Program, programPath } from '../Browser/processes.mjs';
import { kinds } from './kinds.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where a program is; /usr/sbin is in nobody's PATH. */
function find(name) {
  const found = programPath(name);
  if (found) return found;
  const path = join('/usr/sbin', name);
  try { accessSync(path, constants.X_OK); return path; } catch { return null; }
}

/** Why `name` cannot be tried here, or null. */
export function obstacle(name) {
  const { program } = kinds[name];
  if (!find(program)) return `${program} is not installed; dev/setup test installs nginx and haproxy`;
  if (!process.env.SCUTTLEBUTT) return 'SCUTTLEBUTT does not name the built program';
  return null;
}

/** A port that nobody uses at the moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

const accepts = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1');
  socket.on('connect', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

/** A running proxy. */
export class Proxy {
  /** Starts one in front of `upstream`, a port. `later` is called with what undoes things. */
  static async start(name, upstream, later) {
    const kind = kinds[name];
    const folder = await mkdtemp(join(tmpdir(), `scuttlebutt-${name}-`));
    later(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
    const [plain, secure, extra] = await Promise.all([freePort(), freePort(), freePort()]);
    const ports = { 8080: plain, 8443: secure, 3000: upstream, extra };
    const place = (text) => text.replace(/\b(8080|8443|3000)\b/g, (port) => ports[port])
      .replace(/\/etc\/\w+\/(members|\w+\.pem)\b/g, `${folder}/$1`);
    const file = join(folder, kind.file);
    await writeFile(file, place(await readFile(join(here, kind.file), 'utf8')));
    const read = (path) => (existsSync(path) ? readFile(path, 'utf8') : '');
    const proxy = Object.assign(new Proxy(), { name, folder, ports, kind });
    if (kind.schemes.includes('https')) await proxy.#makeCertificate();
    await writeFile(join(folder, 'members'), 'alice:{PLAIN}s/e@cret\n');
    const args = await kind.prepare({
      file, folder, ports,
      read: (path) => read(path),
      write: async (part, text) => { await writeFile(join(folder, part), text); return join(folder, part); },
      directory: async (part) => { await mkdir(join(folder, part), { recursive: true }); return join(folder, part); },
    });
    proxy.program = new Program(find(kind.program), args, { cwd: folder });
    later(() => proxy.program.end(kind.signal ?? 'SIGTERM'));
    const portOf = { http: ports[8080], https: ports[8443] };
    let ended = null;
    proxy.program.exited.then((code) => { ended = { code }; });
    await eventually(`${name} listens`, async () => {
      if (ended) throw new Error(`${proxy.program.name} ended (${ended.code}): ${proxy.program.complaints()}`);
      const all = await Promise.all(kind.schemes.map((scheme) => accepts(portOf[scheme])));
      return all.every(Boolean);
    });
    const url = (scheme) => [scheme, `${scheme}://127.0.0.1:${portOf[scheme]}`];
    proxy.urls = Object.fromEntries(kind.schemes.map(url));
    proxy.url = proxy.urls[kind.schemes[0]];
    return proxy;
  }

  /** A certificate that signs itself, and both in one file as some programs want it. */
  async #makeCertificate() {
    const key = join(this.folder, 'key.pem');
    this.authority = join(this.folder, 'certificate.pem');
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout', key, '-out', this.authority,
    ], { stdio: 'pipe' });
    const both = await Promise.all([key, this.authority].map((path) => readFile(path, 'utf8')));
    await writeFile(join(this.folder, 'both.pem'), both.join(''));
  }
}
