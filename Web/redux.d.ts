// SPDX-License-Identifier: MIT
import type { Action, StoreEnhancer } from 'redux';
import type { CoreEvent, CoreOptions } from './core.js';

/** The keys of a stamp in `action.meta`. The properties are not enumerable. */
export const META_TIMESTAMP: '@@scuttlebutt/TIMESTAMP';
export const META_SOURCE: '@@scuttlebutt/SOURCE';

/** The places in an `Update`. */
export const UPDATE_ACTION: 0;
export const UPDATE_TIMESTAMP: 1;
export const UPDATE_SOURCE: 2;
export const UPDATE_SNAPSHOT: 3;

/** An action with its stamp. Only the last of a history has a snapshot, which is the state. */
export type Update<State = unknown> = [
  action: Action, timestamp: number | undefined, source: string | undefined, snapshot: State | undefined];

/** Whether an action of this type goes to peers: all but those that begin with `@`. */
export function isGossipType(type?: string): boolean;

/** For the option `stateSanitizer` of the Redux DevTools: the state of the app. */
export function devToolsStateSanitizer<State>(state: State | Update<State>[]): State;

/** The first answer counts. */
type Callback<Answer> = (answer: Answer) => void;

export interface DispatcherOptions<State = unknown> {
  /**
   * Is called once and returns a function that receives every accepted action, own ones included. The state shows when
   * that function calls `_reduxDispatch`, at once or later. `false`: subscribers and the middleware after the enhancer
   * see every action. By default they see only the last of those that arrived together.
   */
  customDispatch?: false | null | ((dispatcher: {
    _reduxDispatch(action: Action): void;
    _reduxGetState(): Update<State>[];
    _historyReducer(history: Update<State>[], action: Action): Update<State>[];
  }) => (action: Action) => void);
  /** Whether own actions of a type go to peers. What peers send is never filtered by type. */
  isGossipType?: (type: string) => boolean;
  /**
   * Is asked about the actions of others before they are accepted, and about own ones before they are stamped. One
   * that is refused is left out: it is neither shown nor passed on, and the last 1,000 are not asked about again. A
   * verifier that throws refuses.
   */
  verifyAsync?: (callback: Callback<boolean>, action: Action, getStateHistory: () => Update<State>[]) => void;
  /** Is handed a copy of each own action, which it may change, and answers with what is to be sent. */
  signAsync?: (callback: Callback<Action>, action: Action, getStateHistory: () => Update<State>[]) => void;
}

export interface ScuttlebuttOptions<State = unknown> {
  /** Where Primus is; by default the origin of the page. */
  uri?: string;
  primusOptions?: object;
  /** By default the page's `Primus`, or the `primus.js` next to this file. `false`: no connection. */
  primus?: false | { connect(uri: string | undefined, options: object): unknown };
  dispatcherOptions?: DispatcherOptions<State>;

  /**
   * For a reducer that changes the state it is given, and then may return nothing: how to copy a state. It is called
   * for snapshots only, and for what is dispatched while a long replay is under way.
   */
  copy?: (state: State) => State;
  /** With `copy`: what `getState` gives, computed once per notification. By default a shallow copy. */
  view?: (state: State) => State;
  /** Whether actions are frozen. By default in development. */
  freeze?: boolean;
  /** The name under which own actions are stamped; no two stores may have the same. By default a new one. */
  source?: string;
  /** Where the core is; by default the `core.wasm` next to `core.js`. */
  module?: CoreOptions<State>['module'];
  /** Receives the events of the core; see `core.d.ts`. */
  onEvent?: (...event: CoreEvent) => void;
}

/** The peer behind a store. */
export interface Gossip<State = unknown> {
  /** The name under which own actions are stamped. */
  readonly source: string;
  /** The connection, once there is one: `io.end()` and `io.open()` go offline and online. */
  readonly io: any;
  /** Fulfilled once the core is loaded, with false if it cannot be. The store works before that. */
  readonly ready: Promise<boolean>;
  /** Why this page works alone, or null. */
  readonly fault: Error | null;
  /** How many own actions no peer is known to have. */
  readonly pending: number;
  /** All actions in agreed order, after a first element without a stamp. Those that stay here are not in it. */
  history(): Update<State>[];
  /** Ends the connection for good; the store works alone from then on. */
  close(): void;
}

export const BOUNDS: Readonly<Record<'early' | 'unready' | 'complaints' | 'slice' | 'impatience', number>>;

/** A store enhancer that shares the store's actions with its peers. */
export default function scuttlebutt<State = any>(options?: ScuttlebuttOptions<State>): StoreEnhancer<{
  scuttlebutt: Gossip<State>;
}>;
