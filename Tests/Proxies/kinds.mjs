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
 * a password, or `appends`, which says that it appends to `X-Forwarded-For`.
 */
export const kinds = {
  nginx: {
    program: 'nginx',
    file: 'nginx.conf',
    paths: ['', '/sb', '/kept'],
    schemes: ['http', 'https'],
    appends: true,
    members: '/members',
    async prepare({ file, folder, read, write, directory }) {
      await directory('parts');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((part) => `${part}_temp_path ${folder}/parts/${part};`).join(' ');
      const main = without(await read('/etc/nginx/nginx.conf'),
        /^\s*(user|error_log|worker_processes|include .*sites-enabled)\b/)
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
    appends: true,
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
      const row = rows.map((line) => line.split(','))
        .find(([proxy, part]) => proxy === 'scuttlebutt' && part === 'scuttlebutt');
      const value = (name) => row[names.indexOf(name)];
      return { status: value('status'), check: value('check_status'), failed: Number(value('chkfail')) };
    },
  },
  apache2: {
    program: 'apache2',
    file: 'apache2.conf',
    paths: ['', '/sb', '/kept'],
    schemes: ['http'],
    async prepare({ file, folder, write }) {
      const modules = [
        'mpm_event', 'authz_core', 'alias', 'proxy', 'proxy_http', 'headers', 'deflate', 'filter', 'mime', 'reqtimeout',
      ].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n');
      const main = `ServerRoot ${folder}\nServerName localhost\nPidFile ${folder}/apache.pid\n`
        + `DefaultRuntimeDir ${folder}\nErrorLog ${folder}/error.log\nTimeout 300\nKeepAlive On\n${modules}\n`
        + 'Include /etc/apache2/mods-available/deflate.conf\nInclude /etc/apache2/mods-available/reqtimeout.conf\n'
        + `TypesConfig /dev/null\nAddType text/javascript .js\nInclude ${file}\n`;
      return ['-f', await write('main.conf', main), '-DFOREGROUND'];
    },
  },
  varnish: {
    program: 'varnishd',
    file: 'varnish.vcl',
    paths: ['', '/sb', '/kept'],
    schemes: ['http'],
    async prepare({ file, folder, ports }) {
      return [
        '-F', '-a', `127.0.0.1:${ports[8080]}`, '-f', file, '-n', `${folder}/work`, '-T', 'none', '-s', 'malloc,64m',
        '-p', 'pipe_timeout=3600',
      ];
    },
  },
  lighttpd: {
    program: 'lighttpd',
    file: 'lighttpd.conf',
    paths: ['', '/sb', '/kept'],
    schemes: ['http'],
    async prepare({ file, folder, ports, read, write }) {
      const main = without(await read('/etc/lighttpd/lighttpd.conf'),
        /^(server\.(username|groupname|upload-dirs|errorlog|pid-file|port|document-root)|include)/);
      const own = `server.port = ${ports.extra}\nserver.bind = "127.0.0.1"\nserver.document-root = "${folder}"\n`;
      return ['-D', '-f', await write('main.conf', `${main}\n${own}\ninclude "${file}"\n`)];
    },
  },
  squid: {
    program: 'squid',
    file: 'squid.conf',
    paths: ['', '/kept'],
    schemes: ['http'],
    async prepare({ file, folder, write }) {
      const main = `pid_filename ${folder}/squid.pid\naccess_log none\ncache_log ${folder}/cache.log\n`
        + `cache_store_log none\ncoredump_dir ${folder}\nvisible_hostname localhost\nshutdown_lifetime 0 seconds\n`
        + `pinger_enable off\nnetdb_filename none\nlogfile_rotate 0\ninclude ${file}\nhttp_access deny all\n`;
      return ['-N', '-f', await write('main.conf', main)];
    },
  },
  h2o: {
    program: 'h2o',
    file: 'h2o.conf',
    paths: ['', '/sb', '/kept'],
    schemes: ['http'],
    async prepare({ file }) { return ['-c', file]; },
  },
  nghttpx: {
    program: 'nghttpx',
    file: 'nghttpx.conf',
    paths: ['', '/kept'],
    schemes: ['http'],
    async prepare({ file }) { return [`--conf=${file}`, '--workers=1', '--errorlog-file=/dev/stderr']; },
  },
  caddy: {
    program: 'caddy',
    file: 'Caddyfile',
    paths: ['', '/sb', '/kept'],
    schemes: ['http'],
    async prepare({ file, write, folder, read }) {
      const main = `{\n\tadmin off\n\tauto_https off\n\tstorage file_system ${folder}\n}\n${await read(file)}`;
      return ['run', '--adapter', 'caddyfile', '--config', await write('main', main)];
    },
  },
  hitch: {
    program: 'hitch',
    file: 'hitch.conf',
    paths: ['', '/kept'],
    schemes: ['https'],
    serve: ['--proxy-protocol'],
    async prepare({ file }) { return [`--config=${file}`]; },
  },
  stunnel: {
    program: 'stunnel',
    file: 'stunnel.conf',
    paths: ['', '/kept'],
    schemes: ['https'],
    serve: ['--proxy-protocol'],
    async prepare({ file, read, write }) {
      return [await write('main.conf', `foreground = yes\npid =\nsyslog = no\n${await read(file)}`)];
    },
  },
};
