// SPDX-License-Identifier: MIT
//
// How each proxy is started in the foreground by somebody who is not root. What surrounds the file beside this one
// is the main file that Debian installs, without its log files, its users and its pages.

/** Lines of a file without those that match. */
const without = (text, pattern) => text.split('\n').filter((line) => !pattern.test(line)).join('\n');

/**
 * By name: `program`; `file`, the configuration beside this file; `prepare`, which writes what else is needed and
 * returns the arguments; `paths` below which it serves; `schemes`, the usual one first.
 * Some have `serve`, options of the server, `health`, which asks the proxy how the server is, or `members`, a path with
 * a password.
 */
export const kinds = {
  nginx: {
    program: 'nginx',
    file: 'nginx.conf',
    paths: ['', '/sb', '/kept'],
    schemes: ['http', 'https'],
    members: '/members',
    async prepare({ file, folder, read, write, directory }) {
      await directory('parts');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((part) => `${part}_temp_path ${folder}/parts/${part};`).join(' ');
      const main = without(await read('/etc/nginx/nginx.conf'), /^\s*(user|error_log|worker_processes|include .*sites-enabled)\b/)
        .replace(/pid .*;/, `pid ${folder}/nginx.pid; worker_processes 2; error_log stderr; daemon off;`)
        .replace(/access_log .*;/, `access_log off; ${temporary}`)
        .replace(/include .*conf\.d.*;/, `include ${file};`);
      return ['-e', 'stderr', '-c', await write('main.conf', main)];
    },
  },
  haproxy: {
    program: 'haproxy',
    file: 'haproxy.cfg',
    paths: ['', '/sb', '/kept'],
    schemes: ['http', 'https'],
    async prepare({ file, ports, read, write }) {
      const main = without(await read('/etc/haproxy/haproxy.cfg'),
        /^\s*(log\s|chroot|stats|user|group|daemon|ca-base|crt-base|ssl-default|option\s+(httplog|dontlognull))/);
      const statistics = `\nlisten statistics\n  bind 127.0.0.1:${ports.extra}\n  stats enable\n  stats uri /\n`;
      return ['-f', await write('main.cfg', main + statistics), '-f', file];
    },
    /** What it thinks of the server, by its health check. */
    async health(ports) {
      const [head, ...rows] = (await (await fetch(`http://127.0.0.1:${ports.extra}/;csv`)).text()).trim().split('\n');
      const names = head.replace(/^# /, '').split(',');
      const row = rows.map((line) => line.split(',')).find(([proxy, part]) => proxy === 'scuttlebutt' && part === 'scuttlebutt');
      const value = (name) => row[names.indexOf(name)];
      return { status: value('status'), check: value('check_status'), failed: Number(value('chkfail')) };
    },
  },
};
