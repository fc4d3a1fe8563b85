// SPDX-License-Identifier: MIT

/** Every bound has a name; beyond it the rule in the comment applies. Those of the protocol are the core's. */
export const BOUNDS = {
  clockCeiling: 2 ** 52, // a larger stamp is applied but does not raise our clock
  maximumLine: 10_485_760, // bytes; a longer line ends the connection, an own action longer in any form is refused
  suspicion: 2, // links in a row that broke with updates under way; then these are sent one by one
  blame: 3, // of those, how many broke at one update until it is set aside
  maximumSource: 1_024, // UTF-16 units of a source id; a longer one is refused
  batch: 2_000, // updates of a history that the core holds back until SYNC; then they are applied
  portion: 8_192, // bytes of lines that the core hands over at a time
  buffered: 1_048_576, // bytes waiting in the socket; above it we wait before handing it more
  slice: 12, // ms of reducing or sending at a time; then the page may draw and hear its user
  frozen: 1_000, // members of a state that are looked at, in development, after each action
  connectTimeout: 10_000, // ms for one connection attempt
  backOffFirst: 500, // ms before the second attempt, doubling
  backOffLast: 15_000, // ms, the longest wait
  usefulAfter: 1_000, // ms after SYNC from which on the loss of a connection is no failure to connect
  probeAfter: 20_000, // ms of silence after which the other side is probed, and then as long for its answer
  freshProbe: 1_000, // ms after a probe within which waking up sends no other
  objection: 2_000, // ms in which a server that answers no probes may object to an update by closing
  lateTimer: 5_000, // ms by which a timer comes late when the page slept or is slowed down
  statisticsPeriod: 5_000, // ms between questions how many peers there are
  statisticsTimeout: 5_000, // ms for an answer
  headerWait: 1_000, // ms that `open` waits in a page for the server's header, while the first dial is being made
  startWait: 2_000, // ms that a page that starts waits for its storage, and then goes on without
  storageWait: 5_000, // ms for one use of the storage later on; one that takes longer has failed
  lockWait: 1_000, // ms for an answer about a Web Lock; then the source is a fresh one
  unsavedWait: 2_000, // ms after a failure in which own actions wait to be saved before they are sent
  logPause: 200, // ms from an action until everybody's log is written, so that many are written together
  logWait: 5_000, // ms for which a history that arrives puts that off
  logPortion: 262_144, // bytes of the log that are handed to the disk at a time
  openRequests: 8, // unanswered attempts to open the storage at a time
  retireAfter: 5_000, // stored actions of one source; then it is not adopted again, and dropped once delivered
  placed: 64, // late actions that are put in their places one by one; more are sorted in
  reports: 100, // remembered reports of refused input
};
