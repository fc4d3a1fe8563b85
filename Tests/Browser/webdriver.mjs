// SPDX-License-Identifier: MIT
//
// Chromium by WebDriver over plain HTTP: what of the protocol the tests need.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.mjs';
import { killStragglers, Program, programPath } from './processes.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // the key of an element in WebDriver's answers

/** Why there can be no test in a browser here, or null. */
export function obstacle() {
  const missing = ['chromium', 'chromedriver'].filter((name) => !programPath(name));
  if (missing.length > 0) return `${missing.join(' and ')} not found in PATH`;
  if (!process.env.SCUTTLEBUTT) return 'SCUTTLEBUTT does not name the built program';
  return null;
}

/** Ends a driver, if it came to one, and whatever else still runs: the process of the tests would wait for it. */
export async function endEverything(driver) {
  try { await driver?.stop(); } finally { killStragglers(); }
}

/** `chromedriver`, and the browsers that were opened with it. */
export class Driver {
  #program; #base; #browsers = [];

  static async start() {
    const driver = new Driver();
    // Whoever interrupts the tests must not be left with browsers.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => endEverything(driver).finally(() => process.exit(1)));
    }
    driver.#program = new Program(programPath('chromedriver'), ['--port=0']);
    for (let port; !port;) {
      port = /started successfully on port (\d+)/.exec(await driver.#program.line())?.[1];
      driver.#base = `http://127.0.0.1:${port}`;
    }
    return driver;
  }

  /** Sends one command and returns its value. */
  async command(method, path, body) {
    const answer = await fetch(this.#base + path, {
      method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /**
   * A browser of its own: nothing is shared with others. `phone` is a touch screen of 390 × 844, `options` are
   * further ones of the command line; `isTrusting` takes any certificate.
   */
  async open({ phone = false, options = [], isTrusting = false } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'scuttlebutt-browser-'));
    const browser = new Browser(this, folder);
    this.#browsers.push(browser);
    const args = [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
      '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--window-size=1280,900', `--user-data-dir=${folder}`, ...options,
    ];
    const chrome = { binary: programPath('chromium'), args };
    if (phone) {
      chrome.mobileEmulation = { deviceMetrics: { width: 390, height: 844, pixelRatio: 2, touch: true } };
    }
    const capabilities = {
      alwaysMatch: {
        browserName: 'chrome', acceptInsecureCerts: isTrusting, 'goog:chromeOptions': chrome, 'goog:loggingPrefs': { browser: 'ALL' },
      },
    };
    await browser.begin(await this.command('POST', '/session', { capabilities }));
    return browser;
  }

  /** Ends the browsers first: a driver that is gone leaves them running. */
  async stop() {
    for (const browser of this.#browsers.splice(0)) await browser.close().catch(() => {});
    await this.#program.end();
  }
}

/** One browser; its windows share storage. */
class Browser {
  #driver; #folder; #session; #current;

  constructor(driver, folder) {
    this.#driver = driver;
    this.#folder = folder;
  }

  async begin({ sessionId }) {
    this.#session = `/session/${sessionId}`;
    await this.#driver.command('POST', `${this.#session}/timeouts`, { script: 30_000, pageLoad: 30_000 });
    this.#current = await this.#driver.command('GET', `${this.#session}/window`);
    this.window = new Window(this, this.#current);
  }

  /** Sends a command to one window. One at a time: the driver has a current window. */
  async command(handle, method, path, body) {
    if (handle !== this.#current) {
      await this.#driver.command('POST', `${this.#session}/window`, { handle });
      this.#current = handle;
    }
    return this.#driver.command(method, this.#session + path, body);
  }

  /** What the pages complained of since the last question: faults, refused loads, breaches of their policy. */
  async complaints() {
    const entries = await this.#driver.command('POST', `${this.#session}/se/log`, { type: 'browser' });
    return entries.filter(({ level }) => level === 'SEVERE').map(({ message }) => message);
  }

  /** Sends a command of the DevTools protocol. */
  devtools(cmd, params) {
    return this.#driver.command('POST', `${this.#session}/goog/cdp/execute`, { cmd, params });
  }

  /** Opens another window of this browser. */
  async beside() {
    const { handle } = await this.#driver.command('POST', `${this.#session}/window/new`, { type: 'window' });
    return new Window(this, handle);
  }

  async close() {
    if (this.#session) await this.#driver.command('DELETE', this.#session).catch(() => {});
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** A window with one of our pages, or a page of the tests. */
class Window {
  #browser; #handle;

  constructor(browser, handle) {
    this.#browser = browser;
    this.#handle = handle;
  }

  #command(method, path, body) {
    return this.#browser.command(this.#handle, method, path, body);
  }

  /** Goes to a page. */
  go(url) {
    return this.#command('POST', '/url', { url });
  }

  /** Goes to one of our pages and waits until it is ready. */
  async visit(url) {
    await this.go(url);
    await this.untilReady();
    return this;
  }

  async reload() {
    await this.#command('POST', '/refresh', {});
    await this.untilReady();
  }

  untilReady() {
    return eventually('the page is ready', () => this.run('return document.documentElement.dataset.ready'),
      (ready) => ready === 'true');
  }

  /** Runs the body of a function in the page and returns its result. */
  run(script, ...args) {
    return this.#command('POST', '/execute/sync', { script, args });
  }

  /** Clicks as a person would: it fails if something covers the element. */
  async click(id) {
    const found = await this.#find(id);
    await this.#command('POST', `/element/${found}/click`, {});
  }

  /** Types on the keyboard. */
  async type(id, text) {
    const found = await this.#find(id);
    await this.#command('POST', `/element/${found}/value`, { text });
  }

  /** Presses the mouse at the first of the places, `[x, y]` in the window, moves it over the others, and lets go. */
  async drag([first, ...others]) {
    const move = ([x, y]) => ({ type: 'pointerMove', duration: 10, origin: 'viewport', x: Math.round(x), y: Math.round(y) });
    const button = { button: 0 };
    const actions = [move(first), { type: 'pointerDown', ...button }, ...others.map(move), { type: 'pointerUp', ...button }];
    await this.#command('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] });
  }

  /** Sets media features, as in `{ 'prefers-color-scheme': 'dark' }`; those that are not named are the browser's own. */
  media(features) {
    return this.#browser.devtools('Emulation.setEmulatedMedia', {
      features: Object.entries(features).map(([name, value]) => ({ name, value })),
    });
  }

  /** A picture of the whole page as PNG, at most `height` high. */
  async picture(height = 4_000) {
    await this.#browser.devtools('Emulation.setScrollbarsHidden', { hidden: true });
    const { cssContentSize } = await this.#browser.devtools('Page.getLayoutMetrics', {});
    const clip = { x: 0, y: 0, width: cssContentSize.width, height: Math.min(height, cssContentSize.height), scale: 1 };
    const { data } = await this.#browser.devtools('Page.captureScreenshot', { captureBeyondViewport: true, clip });
    return Buffer.from(data, 'base64');
  }

  async #find(id) {
    const found = await this.#command('POST', '/element', { using: 'css selector', value: `#${id}` });
    return found[ELEMENT];
  }

  complaints() {
    return this.#browser.complaints();
  }

  beside() {
    return this.#browser.beside();
  }

  /** Sends a command of the DevTools protocol to this window. */
  devtools(cmd, params = {}) {
    return this.#command('POST', '/goog/cdp/execute', { cmd, params });
  }

  /** What is run and clicked from now on is in the frame of that number, until the next visit. */
  frame(number) {
    return this.#command('POST', '/frame', { id: number });
  }

  text(id) {
    return this.run('return document.getElementById(arguments[0]).textContent', id);
  }

  texts(selector) {
    return this.run('return [...document.querySelectorAll(arguments[0])].map((item) => item.textContent)', selector);
  }

  close() {
    return this.#command('DELETE', '/window');
  }
}
