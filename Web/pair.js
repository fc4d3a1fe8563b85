// SPDX-License-Identifier: MIT
//
// Two ends of a connection within one page, each with the face of a WebSocket: for peers that live side by side.
// Classic script (global `Pair`); in node: require.
//
//   const [a, b] = Pair.make()                    two ends that open soon
//   const WebSocket = Pair.meeting()              or a class: the first who dials waits, the second is joined to it
(function (root, pair) {
  if (typeof module === 'object' && module.exports) module.exports = pair;
  else root.Pair = pair;
})(typeof globalThis === 'object' ? globalThis : this, (function () {
  'use strict';

  /** UTF-16 units that may be on their way to one end; more close the connection. */
  const MAXIMUM_WAITING = 16 * 1_048_576;

  const CONNECTING = 0;
  const OPEN = 1;
  const CLOSED = 3;

  /** Runs `body` in a task of its own, as a network would deliver. */
  const later = (body) => { setTimeout(body, 0); };

  /** One end. What the other sends arrives in a task of its own, in order, and before the other's close. */
  class End {
    onopen = null;
    onmessage = null;
    onclose = null;
    onerror = null;
    readyState = CONNECTING;
    bufferedAmount = 0;
    #other = null;
    #arriving = [];
    #isDue = false;
    #later;

    constructor(later) { this.#later = later; }

    static join(a, b) {
      a.#other = b;
      b.#other = a;
      for (const end of [a, b]) {
        end.readyState = OPEN;
        end.#deliver(() => end.onopen?.({}));
      }
    }

    send(data) {
      if (this.readyState === CONNECTING) throw new Error('the connection is not open yet');
      if (this.readyState !== OPEN) return;
      const other = this.#other;
      this.bufferedAmount += data.length;
      if (this.bufferedAmount > MAXIMUM_WAITING) {
        this.#end(1009, 'too much is on its way');
        other.#end(1009, 'too much is on its way');
        return;
      }
      other.#deliver(() => {
        this.bufferedAmount -= data.length;
        other.onmessage?.({ data });
      });
    }

    close(code = 1000, reason = '') {
      if (this.readyState === CLOSED) return;
      const other = this.#other;
      this.#end(code, reason);
      other?.#deliver(() => other.#end(code, reason));
    }

    #end(code, reason) {
      if (this.readyState === CLOSED) return;
      this.readyState = CLOSED;
      this.#arriving = [];
      this.#later(() => this.onclose?.({ code, reason, wasClean: true }));
    }

    #deliver(body) {
      this.#arriving.push(body);
      if (this.#isDue) return;
      this.#isDue = true;
      this.#later(() => {
        this.#isDue = false;
        for (const body of this.#arriving.splice(0)) if (this.readyState === OPEN) body();
      });
    }
  }

  /** Two joined ends. They open in a later task, so that their owners can listen first. */
  function make(options = {}) {
    const ends = [new End(options.later ?? later), new End(options.later ?? later)];
    End.join(...ends);
    return ends;
  }

  /**
   * A class to be given as `WebSocket` to peers that dial: it joins two who dial at a time, whatever the address. It
   * is for two; a third waits until somebody else dials.
   */
  function meeting(options = {}) {
    let waiting = null;
    return class extends End {
      constructor() {
        super(options.later ?? later);
        if (waiting?.readyState === CONNECTING) {
          const other = waiting;
          waiting = null;
          End.join(other, this);
        } else waiting = this;
      }
    };
  }

  return { make, meeting, MAXIMUM_WAITING };
})());
