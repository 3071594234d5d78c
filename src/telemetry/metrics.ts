/**
 * The catalogue of Prometheus metrics: every name, label and bucket of the program stands here.
 *
 * Names are `whalewatch_<subsystem>_<what>_<unit>[_total]` in base units. Labels are bounded by the configuration
 * (exchanges, threads) or by the code (reasons, kinds, tables); pairs are no label. Each thread owns a registry and
 * calls `createMetrics` once; `MetricsHub` merges the threads. Looking a label up costs more than adding, so hot paths
 * count in plain numbers and add them up once per batch.
 */

import { Counter, Gauge, Histogram } from 'prom-client';
import type { Aggregator, Registry } from 'prom-client';

/** From 50 µs, which a frame takes inside one thread, to the 10 s after which a book is stale anyway. */
const LATENCY_BUCKETS_S = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** A write to a server: from a millisecond to the minute after which somebody should look. */
const WRITE_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From a small scavenge to a pause that a market notices. */
const GC_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

/** The labels of the `whalewatch_scoring_scores_total` counter; `none` is a score that abstained. */
export const SCORE_LABELS = ['none', '0', '1', '2', '3', '4', '5', '6'] as const;
export type ScoreLabel = (typeof SCORE_LABELS)[number];

/** Makes the metrics of one thread, in its registry. A registry takes them once. */
export function createMetrics(registry: Registry) {
  const make = makersFor(registry);
  return {
    feed: feedMetrics(make),
    book: bookMetrics(make),
    latency: latencyMetrics(make),
    scoring: scoringMetrics(make),
    analytics: analyticsMetrics(make),
    bus: busMetrics(make),
    store: storeMetrics(make),
    state: stateMetrics(make),
    actor: actorMetrics(make),
    lease: leaseMetrics(make),
    thread: threadMetrics(make),
    monitor: monitorMetrics(make),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
export type FeedMetrics = Metrics['feed'];
export type BookMetrics = Metrics['book'];
export type LatencyMetrics = Metrics['latency'];
export type ScoringMetrics = Metrics['scoring'];
export type BusMetrics = Metrics['bus'];
export type StoreMetrics = Metrics['store'];
export type ActorMetrics = Metrics['actor'];
export type ThreadMetrics = Metrics['thread'];
export type MonitorMetrics = Metrics['monitor'];

type Makers = ReturnType<typeof makersFor>;

function makersFor(registry: Registry) {
  const base = (name: string, help: string) => ({ name: `whalewatch_${name}`, help, registers: [registry] });
  return {
    counter: <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter<Label>({ ...base(name, help), labelNames }),
    /** @param aggregator what the gauges of several threads come to */
    gauge: <Label extends string = never>(
      name: string,
      help: string,
      labelNames: readonly Label[] = [],
      aggregator: Aggregator = 'sum',
    ) => new Gauge<Label>({ ...base(name, help), labelNames, aggregator }),
    histogram: <Label extends string = never>(
      name: string,
      help: string,
      buckets: readonly number[],
      labelNames: readonly Label[] = [],
    ) => new Histogram<Label>({ ...base(name, help), buckets: [...buckets], labelNames }),
  };
}

function feedMetrics({ counter, gauge }: Makers) {
  return {
    /** Text frames received. */
    frames: counter('feed_frames_total', 'Frames received from exchanges.', ['exchange']),
    bytes: counter('feed_received_bytes_total', 'Bytes of those frames.', ['exchange']),
    /** Frames that could not be understood; they are kept with their reason. */
    parseErrors: counter('feed_parse_errors_total', 'Frames that could not be understood.', ['exchange', 'reason']),
    /** The venue writes them in another shape than its scanner knows: right all the same, and slower. */
    generalFrames: counter(
      'feed_general_frames_total',
      'Frames of market data in an unknown shape, read the general and slow way.',
      ['exchange'],
    ),
    /** `kind`: listed, delisted, changed. */
    instrumentChanges: counter('feed_instrument_changes_total', "Changes in the venues' lists of instruments.", [
      'exchange',
      'kind',
    ]),
    instruments: gauge('feed_instruments', 'Instruments that the venue lists.', ['exchange']),
    reconnects: counter('feed_reconnects_total', 'Connections opened again, by why the last one ended.', [
      'exchange',
      'reason',
    ]),
    /** `reason`: bus, archive. */
    pauses: counter('feed_pauses_total', 'Times that a shard stopped reading its sockets, by what could not keep up.', [
      'reason',
    ]),
    pausedFor: gauge(
      'feed_paused_seconds',
      'For how long the sockets have not been read; 0 while they are.',
      ['reason'],
      'max',
    ),
    /** `reason`: capture.unwritable, capture.overflow. */
    archiveFailures: counter('feed_archive_failures_total', 'Writes of the raw archive that failed.', [
      'exchange',
      'reason',
    ]),
    archiveLost: counter('feed_archive_lost_records_total', 'Records that the raw archive may lack.', ['exchange']),
    /** `state`: open, and wanted: those that there should be. */
    connections: gauge('feed_connections', 'Connections by state.', ['exchange', 'state']),
  };
}

function bookMetrics({ counter, gauge }: Makers) {
  return {
    /** `kind` as in `EVENT_KINDS`. */
    events: counter('book_events_total', 'Events that books emitted, by kind.', ['exchange', 'kind']),
    /** `state` as in `TRUST_STATES`. */
    books: gauge('book_books', 'Books by trust state.', ['exchange', 'state']),
    gaps: counter('book_gaps_total', 'Holes found in a sequence of updates.', ['exchange']),
    healed: counter('book_healed_total', 'Holes of one connection that another one has filled.', ['exchange']),
    /** `reason` as in `TRUST_REASONS`. */
    resyncs: counter('book_resyncs_total', 'Live books that stopped being live, by reason.', ['exchange', 'reason']),
    /** `result`: ok, failed. */
    checksums: counter('book_checksums_total', 'Checksums of the exchange compared.', ['exchange', 'result']),
    /** `result`: same, differing, none (no answer, or one too old). */
    comparisons: counter('book_comparisons_total', "Books held against the venue's own by REST.", [
      'exchange',
      'result',
    ]),
    crossed: counter('book_crossed_total', 'Books seen with a bid at or above an ask.', ['exchange']),
    unknownRemovals: counter('book_unknown_removals_total', 'Removals of a level that was not held.', ['exchange']),
    widePromotions: counter('book_wide_promotions_total', 'Books moved to bigint numbers.', ['exchange']),
  };
}

/**
 * Latencies. Only live frames are observed: in a replay the times are those of the recording. The clocks of exchanges
 * differ from ours, so that the first of these may be negative; such values count in the lowest bucket.
 */
function latencyMetrics({ histogram }: Makers) {
  const latency = (name: string, help: string) =>
    histogram(`latency_${name}_seconds`, help, LATENCY_BUCKETS_S, ['exchange']);
  return {
    exchangeToReceive: latency('exchange_to_receive', "From the exchange's time of a message to its receipt."),
    receiveToBook: latency('receive_to_book', 'From the receipt of a frame to its books being right.'),
    receiveToScore: latency('receive_to_score', 'From the receipt of a frame to the scores of its orders.'),
    receiveToRow: latency('receive_to_row', 'From the receipt of a frame to its rows being durable.'),
    exchangeToScore: latency('exchange_to_score', "From the exchange's time of a message to the scores of its orders."),
    exchangeToRow: latency('exchange_to_row', "From the exchange's time of a message to its rows being durable."),
  };
}

function scoringMetrics({ counter, gauge }: Makers) {
  return {
    /** `score` as in `SCORE_LABELS`. */
    scores: counter('scoring_scores_total', 'New orders by whale score.', ['exchange', 'score']),
    modelFit: gauge(
      'scoring_model_ks_statistic_ratio',
      'Kolmogorov-Smirnov distance of the last 2048 standard scores from the standard normal: 0 fits, 1 does not.',
      ['exchange', 'model'],
    ),
  };
}

function analyticsMetrics({ counter }: Makers) {
  return {
    /** `kind` as in `METRIC_KINDS`. */
    results: counter('analytics_results_total', 'Rows of market analytics, by kind.', ['exchange', 'kind']),
    /** `reason`: late, early, abstained, silent. */
    leftOut: counter(
      'analytics_left_out_total',
      'Events that came too late or ahead of time, minutes not watched with a live book, seconds of long silence.',
      ['exchange', 'reason'],
    ),
  };
}

function busMetrics({ counter, gauge, histogram }: Makers) {
  return {
    /** `lane`: md, result. */
    publishedBatches: counter('bus_published_batches_total', 'Batches that the bus has taken.', ['lane']),
    publishedBytes: counter('bus_published_bytes_total', 'Bytes of those batches.', ['lane']),
    publishFailures: counter('bus_publish_failures_total', 'Publishes refused or not answered.', ['lane', 'reason']),
    publishDuration: histogram(
      'bus_publish_duration_seconds',
      'From a publish to its acknowledgement.',
      WRITE_BUCKETS_S,
      ['lane'],
    ),
    /** Publishes under way, and how many there may be before a publisher waits. */
    windowUsed: gauge('bus_publish_window_used_batches', 'Publishes not yet acknowledged.', ['lane']),
    windowCapacity: gauge('bus_publish_window_capacity_batches', 'Publishes that may be under way.', ['lane']),
    /** `consumer`: its role, e.g. store. */
    delivered: counter('bus_delivered_batches_total', 'Batches handed to a consumer.', ['consumer']),
    /** `reason`: undecodable, poison, refused. */
    deadLetters: counter('bus_dead_letters_total', 'What a consumer could not take and has set aside, by reason.', [
      'consumer',
      'reason',
    ]),
    holes: counter('bus_holes_total', 'Books of which the bus had lost events, as a consumer found.', ['consumer']),
    redelivered: counter('bus_redelivered_batches_total', 'Batches handed out again.', ['consumer']),
    acknowledged: counter('bus_acknowledged_batches_total', 'Batches whose effects are durable.', ['consumer']),
    /** Batches that consumers have taken and not acknowledged, and how many there may be before they take no more. */
    pending: gauge('bus_pending_batches', 'Batches that a consumer was handed and has not acknowledged.', ['consumer']),
    pendingCapacity: gauge('bus_pending_capacity_batches', 'How many of those there may be.', ['consumer']),
    /** One that does not end holds up all batches behind it. */
    step: gauge(
      'bus_step_seconds',
      'For how long a consumer has been at the batch in hand; 0 where there is none.',
      ['consumer'],
      'max',
    ),
    lag: gauge(
      'bus_lag_seconds',
      'Age of the oldest batch not acknowledged, from the receipt of its first frame; 0 where none waits.',
      ['consumer'],
      'max',
    ),
    /** With JetStream. */
    retries: counter('bus_publish_retries_total', 'Publishes sent again for want of an answer.'),
    waitsForRoom: counter('bus_waits_for_room_total', 'Times that a full stream made a writer wait.'),
    spooled: counter('bus_spooled_batches_total', 'Batches that waited on the disk for a bus that took no more.'),
    spooledBytes: counter('bus_spooled_bytes_total', 'Bytes of those batches.'),
    spoolBatches: gauge('bus_spool_batches', 'Batches on the disk that the bus has still to take.'),
    spoolBytes: gauge('bus_spool_bytes', 'Bytes of the disk that they take up.'),
    recoveries: counter('bus_recoveries_total', 'Times that a consumer asked the stream anew for missing batches.'),
  };
}

function stateMetrics({ counter, histogram }: Makers) {
  return {
    /** `role`: scoring, analytics. `result`: kept, failed. */
    snapshots: counter('state_snapshots_total', 'Snapshots of the state of what reads the bus.', ['role', 'result']),
    bytes: counter('state_snapshot_bytes_total', 'Bytes of the snapshots that were kept.', ['role']),
    duration: histogram(
      'state_snapshot_duration_seconds',
      'From the beginning of a snapshot to its being kept.',
      WRITE_BUCKETS_S,
      ['role'],
    ),
    /** What a batch may have to wait at most for. */
    slice: histogram(
      'state_slice_duration_seconds',
      'Time that a snapshot took of its thread in one go.',
      GC_BUCKETS_S,
      ['role'],
    ),
    /** `result`: resumed, none, refused. */
    loads: counter('state_loads_total', 'State asked for at the start of a thread, by partition.', ['role', 'result']),
  };
}

function storeMetrics({ counter, gauge, histogram }: Makers) {
  return {
    rows: counter('store_rows_total', 'Rows made durable, by table.', ['table']),
    batches: counter('store_batches_total', 'Batches made durable.'),
    retries: counter('store_retries_total', 'Batches written again after a failure.', ['reason']),
    failures: counter('store_failures_total', 'Writes that failed.', ['reason']),
    batchDuration: histogram('store_batch_duration_seconds', 'Time to make a batch durable.', WRITE_BUCKETS_S),
    pendingRows: gauge('store_pending_rows', 'Rows waiting to be written.'),
    pendingCapacity: gauge('store_pending_capacity_rows', 'Rows at which the store takes no more from the bus.'),
  };
}

function actorMetrics({ counter, gauge }: Makers) {
  return {
    /** `state`: running, silent (does not answer), down (will be started again) or given-up. Set by the supervisor. */
    threads: gauge('actor_threads', 'Threads by role and state.', ['role', 'state']),
    /** `role`: feed, book, scoring, store … */
    failures: counter('actor_failures_total', 'Steps of an actor that threw.', ['role']),
    restarts: counter('actor_restarts_total', 'Actors and threads started again by their supervisor.', ['role']),
    hung: counter('actor_hung_total', 'Times that a thread did not answer for too long.', ['role']),
    escalations: counter('actor_escalations_total', 'Supervisors that gave up restarting a child.', ['role']),
  };
}

/** Where several processes share the work. Set by the supervisor. */
function leaseMetrics({ counter, gauge }: Makers) {
  return {
    /** `unit`: a shard of a role, e.g. ingest-0. */
    held: gauge('lease_held', 'Whether this process does that part of the work: 1 or 0.', ['unit']),
    standby: gauge('lease_standby', 'Whether this process does no part of the work, and waits for some: 1 or 0.'),
    takeovers: counter('lease_takeovers_total', 'Parts of the work taken over from a process that was silent.', [
      'role',
    ]),
    losses: counter('lease_losses_total', 'Parts of the work that another process has taken from this one.', ['role']),
    failures: counter('lease_failures_total', 'Leases that could not be taken, renewed or given back when asked.'),
  };
}

function threadMetrics({ gauge, histogram }: Makers) {
  return {
    /** `kind`: minor, major, incremental or weakcb, as Node names its collections. */
    gcPause: histogram('thread_gc_pause_seconds', 'Pauses of the garbage collector.', GC_BUCKETS_S, ['thread', 'kind']),
    eventLoopDelayP99: gauge('thread_event_loop_delay_p99_seconds', 'Event-loop delay since the last sample, p99.', [
      'thread',
    ]),
    eventLoopDelayMax: gauge(
      'thread_event_loop_delay_max_seconds',
      'Event-loop delay since the last sample, greatest.',
      ['thread'],
    ),
    heapUsed: gauge('thread_heap_used_bytes', 'JavaScript heap in use.', ['thread']),
    heapLimit: gauge('thread_heap_limit_bytes', 'JavaScript heap at which the thread dies.', ['thread']),
    /** Set by the main thread alone. */
    processMemory: gauge('thread_process_resident_bytes', 'Resident memory of the process that the thread is in.', [
      'thread',
    ]),
    /** Set by the main thread alone. */
    processStart: gauge(
      'thread_process_start_timestamp_seconds',
      'When the process that the thread is in was started, since 1970 UTC.',
      ['thread'],
    ),
  };
}

function monitorMetrics({ counter, gauge }: Makers) {
  return {
    clients: gauge('monitor_clients', 'Clients of the live monitor.'),
    /** `reason` as in `DropReason`. */
    dropped: counter('monitor_dropped_clients_total', 'Clients that were closed or not let in.', ['reason']),
    messages: counter('monitor_sent_messages_total', 'Messages sent to clients.'),
    bytes: counter('monitor_sent_bytes_total', 'Bytes of those messages.'),
    encoded: counter('monitor_encoded_messages_total', 'Messages made; each goes to all clients of its view.'),
    passedOver: counter('monitor_passed_over_total', 'Updates that a slow client was not sent.'),
    /** `lane`: md, result. */
    missedBatches: counter('monitor_missed_batches_total', 'Batches of the bus that came too fast.', ['lane']),
  };
}
