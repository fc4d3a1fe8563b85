// SPDX-License-Identifier: MIT

/** An action with its place in the agreed order; both parts are null for one that stays here. */
export interface Entry<Action = unknown> {
  readonly action: Action;
  readonly timestamp: number | null;
  readonly source: string | null;
  /** Which it is of all that this core has, from 0 on. */
  readonly number: number;
  /** Whether it was taken out of the history; see `setAside`. */
  readonly isSetAside?: boolean;
}

/** Where a session stands. */
export interface CoreSession {
  readonly hasHeardHeader: boolean;
  readonly hasReceivedSync: boolean;
  readonly hasSentSync: boolean;
  /** Whether the peer answers probes, and whether it is known to answer none. */
  readonly answers: boolean;
  readonly neverAnswers: boolean;
  /** Whether something that was sent is still to be confirmed. */
  readonly hasUnconfirmed: boolean;
  /** Whether a source is withheld, because the peer does not take one of its updates. */
  readonly hasWithheld: boolean;
  readonly hasWork: boolean;
}

/** Folds an action into a state; must be deterministic. */
export type Reducer<State, Action = unknown> = (
  state: State | undefined, action: Action, entry: Pick<Entry, 'timestamp' | 'source'>) => State;

/**
 * What `onEvent` is called with, once all of a call is done:
 *
 * - `accepted`: `count` actions of others have the numbers from `first` on, and wait to be folded.
 * - `save`: make the actions with these numbers durable (`lines`), then call `saved(token)`.
 * - `rewound`: so many actions were folded again because of the one with this stamp.
 * - `history`, `synced`: all of a peer's history is here; it and we have all that the other had.
 * - `header`: the peer of this session has said what it has.
 * - `putBack`: an action that was set aside is in the history again, because a peer has it.
 * - `header`: the peer of this session has said what it has.
 * - `putBack`: an action that was set aside is in the history again, because a peer has it.
 * - `close`: end the connection of this session, which is forgotten already.
 * - `refused`, `equivocation`, `missingOwn`, `setAside`, `cutOff`: as `ReplicaEvent` in Swift, with its text,
 *   timestamp, source and session, each or null. At most 100 between two calls; `missed` says how many more.
 * - `presence`: these sources are here or gone now, or say something else of themselves; see `presence()`.
 * - `reducer`: the reducer has thrown this for that action, which is a no-op therefore.
 */
export type CoreEvent =
  | [kind: 'accepted', first: number, count: number]
  | [kind: 'save', token: number, first: number, count: number]
  | [kind: 'rewound', depth: number, timestamp: number, source: string]
  | [kind: 'history' | 'synced', session: number]
  | [kind: 'close', session: number, text: string]
  | [kind: 'refused' | 'equivocation' | 'missingOwn' | 'setAside' | 'cutOff', text: string | null,
    timestamp: number | null, source: string | null, session: number | null]
  | [kind: 'missed', count: number]
  | [kind: 'header', session: number]
  | [kind: 'putBack', entry: Entry]
  | [kind: 'presence', ...sources: string[]]
  | [kind: 'reducer', error: unknown, entry: Entry];

/**
 * `actions`: accepted and own ones, local-only ones included; `waiting`: of them, not folded yet; `pending`: own ones
 * that no peer is known to have; `setAside`: own ones that some peer does not take; `calls` of the reducer; `bytes`
 * of the log.
 */
export type CoreNumber =
  'actions' | 'waiting' | 'pending' | 'setAside' | 'sources' | 'calls' | 'snapshots' | 'bytes' | 'held' | 'isLevel'
  | 'confirmed';

export interface CoreOptions<State, Action = unknown> {
  /** The name under which own actions are stamped: at most 1,024 bytes, and no two peers have the same. */
  source: string;
  /** Left out for a module that has a reducer in Swift. */
  reducer?: Reducer<State, Action>;
  /** Which of the reducers in Swift that a module has; by default the first. TypeError for one that it has not. */
  model?: string;
  initialState?: State;
  /** For a reducer that changes the state it is given: how to copy one. It is called for snapshots only. */
  copy?: (state: State) => State;
  /** Own actions leave only when `saved` has been called for them. Default false. */
  savesActions?: boolean;
  /** Own actions are refused until a peer has said what it has of this source. Default false. */
  mayHaveWritten?: boolean;
  onEvent?: (...event: CoreEvent) => void;
  /** Is called once the core has stopped, after the call that did it. */
  onFault?: (fault: CoreError) => void;
  /** An address, the bytes, or what `load` gave; by default `core.wasm` beside `core.js`. */
  module?: string | URL | BufferSource | WebAssembly.Module;
  /** For tests: fills an array with random bytes; timers; the time in ms. */
  random?: (bytes: Uint8Array) => void;
  timers?: { setTimeout(body: () => void, delay: number): unknown };
  now?: () => number;
  /** For tests: the time in ms since 1970. */
  wallClock?: () => number;
}

/** The core cannot be loaded, or has stopped after a trap, for instance without memory. */
export class CoreError extends Error {}

/** Compiles the module once, for several cores. */
export function load(source?: CoreOptions<unknown>['module']): Promise<WebAssembly.Module>;

/** A peer and the history of its actions. Every method may throw CoreError; see `fault`. */
export class Core<State, Action = unknown> {
  static open<State, Action = unknown>(options: CoreOptions<State, Action>): Promise<Core<State, Action>>;
  private constructor(options: CoreOptions<State, Action>);

  readonly source: string;
  /** All known actions in agreed order, reduced; that of before while a long history waits to be folded. */
  readonly state: State;
  /**
   * A part of the state of a reducer in Swift, by the name and with the arguments that the reducer knows: it costs
   * what it has, however large the state is. What has not changed is the same object. TypeError for no such view.
   */
  view<View = unknown>(name: string, args?: unknown): View;
  /** Why the core has stopped. It is of no more use then, but for `lines()`. */
  readonly fault: CoreError | null;

  /** `isShared`: a type that begins with `@` goes to peers as well. Default false. */
  dispatch(action: Action, options?: { isShared?: boolean }): Entry<Action>;
  fold(limit?: number): number;
  replaceReducer(reducer: Reducer<State, Action>, initialState?: State): number;
  entry(number: number): Entry<Action> | undefined;
  /** The state right after an action; undefined if it is not folded. What is handed out is not to be changed. */
  stateAfter(number: number): State | undefined;

  openSession(options?: { probes?: boolean; longestLine?: number }): number;
  receive(session: number, lines: string): boolean;
  pull(session: number, limit?: number): string | null;
  pullProbes(session: number, limit?: number): string | null;
  closed(session: number): void;
  probe(session: number, isUrgent?: boolean): boolean;
  session(session: number): CoreSession | null;
  sent(session: number): { sent: number; confirmed: number };
  known(session: number, source: string): number;

  setAside(number: number): boolean;
  withhold(number: number): void;
  use(timestamp: number, source: string): void;
  adopt(source: string): void;
  confirmed(timestamp: number): void;

  setPresence(value: object | null, options?: { lifetime?: number }): void;
  presence(): { source: string; value: Record<string, unknown> }[];

  saved(token: number): void;
  restore(lines: string | Iterable<string>): number;
  lines(first?: number, count?: number): string[];
  header(): string;
  vector(): Map<string, number>;
  changesSince(header: string, limit?: number): string[];
  number(name: CoreNumber): number;
}
