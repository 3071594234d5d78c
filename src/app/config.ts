/**
 * The configuration: its one schema, and the one way to load it.
 *
 * Every field says its unit in its name, its range, what it is for, and its default (or that it deliberately has none).
 * `docs/CONFIGURATION.md` and the environment variables are derived from this schema, so a field is added here alone.
 * Whoever needs configuration is handed a slice of the frozen result; nothing else reads a file or the environment.
 */

import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { metricNames } from '../indicators/analytics-plan.ts';
import { AppError } from '../lib/app-error.ts';
import type { BookChannel, Credentials } from '../ports/exchange-wire.ts';
import { readEnvironment } from './config-env.ts';
import { describeFields } from './config-fields.ts';
import type { Field } from './config-fields.ts';
import { readConfigFile } from './config-file.ts';
import { explainIssues, formatProblem } from './config-problem.ts';
import type { Problem } from './config-problem.ts';
import { redactFields, resolveSecrets } from './config-secrets.ts';
import { deepFreeze, mergeTrees, valueAt } from './config-tree.ts';
import type { DeepReadonly, Tree } from './config-tree.ts';

/** The venues that the configuration may name. */
export const KNOWN_EXCHANGES = ['binance', 'kraken', 'coinbase', 'bitfinex', 'gemini', 'bitstamp'] as const;
export type ExchangeName = (typeof KNOWN_EXCHANGES)[number];

/** What is watched where the configuration does not say: the most liquid pair in dollars, or in a dollar coin. */
export const DEFAULT_EXCHANGES = [
  { exchange: 'binance' as const, pairs: ['BTC-USDT'] },
  { exchange: 'kraken' as const, pairs: ['BTC-USD', 'BTC-USDT'] },
  { exchange: 'coinbase' as const, pairs: ['BTC-USD'] },
  { exchange: 'bitfinex' as const, pairs: ['BTC-USD'] },
  { exchange: 'gemini' as const, pairs: ['BTC-USD'] },
  { exchange: 'bitstamp' as const, pairs: ['BTC-USD'] },
];

/** Our symbol: `BASE-QUOTE` in capitals; Bitcoin is BTC whatever the venue calls it. */
const SYMBOL = /^(?!XBT-)[A-Z0-9.]{1,20}-(?!XBT$)[A-Z0-9.]{1,20}$/;

const flag = (description: string) => z.boolean().meta({ description });
const whole = (min: number, max: number) => z.int().min(min).max(max);

/** An address without user and password in it: those would end up in logs. */
function address(schemes: readonly string[], description: string) {
  const protocol = new RegExp(`^(${schemes.join('|')})$`);
  const allowed = `address starting with ${schemes.map((s) => `${s}://`).join(' or ')}, without user or password in it`;
  return z
    .url({ protocol })
    .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''))
    .meta({ description, allowed });
}

/** What a process can do of the whole, in the order in which it is started. */
export const ROLES = ['store', 'monitor', 'scoring', 'analytics', 'ingest'] as const;
export type RoleName = (typeof ROLES)[number];

const path = (description: string) => z.string().min(1).meta({ description, allowed: 'path of a file' });

/** Given by the environment, or by the path in the field of the same name with `File`; never by the file itself. */
const secret = (description: string) =>
  z.string().min(1).optional().meta({ description, secret: true, allowed: 'text', defaultText: 'none' });
const secretFile = (what: string) =>
  path(`File that holds ${what} (a line break at its end is dropped).`).optional().meta({ defaultText: 'none' });

const pairs = z
  .union([
    z.literal('all'),
    z
      .array(z.string().regex(SYMBOL))
      .min(1)
      .refine((list) => new Set(list).size === list.length, {
        when: ({ value }) => Array.isArray(value),
        error: 'each pair once',
      }),
  ])
  .meta({
    description: 'Pairs to watch; `all`: every pair that the venue lists and trades.',
    allowed:
      'all, or a list of pairs as BASE-QUOTE in capitals, e.g. BTC-USD (Bitcoin is BTC), each once, at least one',
  });

const venueAddresses = {
  wsUrl: address(['wss', 'ws'], 'Address of the WebSocket interface, for a proxy or a simulator.')
    .optional()
    .meta({ defaultText: "the venue's own" }),
  restUrl: address(['https', 'http'], 'Address of the REST interface, for a proxy or a simulator.')
    .optional()
    .meta({ defaultText: "the venue's own" }),
};

const silence = (defaultMs: number, why: string) =>
  whole(1_000, 600_000)
    .default(defaultMs)
    .meta({ description: `A connection without any frame for this long is dead: its books turn stale. ${why}` });

/** Of venues where neither numbers nor checksums prove every level of a book. */
const comparing = {
  compareEveryM: whole(0, 1440).default(10).meta({
    description:
      "Minutes after which each book is held against the venue's own by REST, and built anew where it differs; 0: never. Less often where it would take more than a quarter of the request budget.",
  }),
};

/** Of venues where copies from two connections cannot be told: `feeds` is there to say why. */
const singleFeed = (why: string) => ({
  feeds: z
    .int()
    .refine((feeds) => feeds === 1, { error: `1, since ${why}` })
    .default(1)
    .meta({ description: `Connections per pair: one, since ${why}.`, allowed: '1' }),
});

/** Of venues that also have a channel of single orders. */
const bookChannelOf = (orders: string) => ({
  channel: z
    .enum(['levels', 'orders'])
    .default('levels')
    .meta({ description: `What the books are made of. \`levels\`: totals per price. \`orders\`: ${orders}` }),
});

const exchangeEntry = z.discriminatedUnion('exchange', [
  z.strictObject({
    exchange: z.literal('binance').meta({ description: 'The venue.' }),
    pairs,
    bookDepth: z.literal([5, 10, 20, 50, 100, 500, 1000, 5000]).default(5000).meta({
      description: 'Levels per side in the snapshot that opens a book. Fewer cost less of the request budget.',
    }),
    silenceMs: silence(30_000, 'The venue pings every 20 s.'),
    audit: flag(
      'Subscribes to bookTicker too and compares the best bid and ask after each update: about ten times the frames.',
    ).default(false),
    feeds: whole(1, 2).default(1).meta({
      description:
        'Connections per pair. With two the first copy of an update counts, and what one connection loses the other one heals.',
    }),
    secondWsUrl: address(['wss', 'ws'], 'Another address of the WebSocket interface, for the second connections.')
      .optional()
      .meta({ defaultText: 'that of the first' }),
    ...venueAddresses,
  }),
  z.strictObject({
    exchange: z.literal('kraken').meta({ description: 'The venue.' }),
    pairs,
    ...bookChannelOf('every single order of the best levels, with a checksum; it needs `credentials.kraken`.'),
    bookDepth: z.literal([10, 25, 100, 500, 1000]).default(100).meta({
      description:
        'Levels per side of the book. Of single orders 10, 100 or 1000 are served: the next one that suffices.',
    }),
    silenceMs: silence(5_000, 'The venue sends a heartbeat each second.'),
    ...singleFeed('its frames carry no number'),
    ...venueAddresses,
  }),
  z.strictObject({
    exchange: z.literal('coinbase').meta({ description: 'The venue: Coinbase Exchange.' }),
    pairs,
    ...bookChannelOf('every single order of the book, numbered; it needs `credentials.coinbase`.'),
    silenceMs: silence(5_000, 'The venue sends a heartbeat each second.'),
    ...comparing,
    ...singleFeed('its frames carry no number'),
    ...venueAddresses,
  }),
  z.strictObject({
    exchange: z.literal('bitfinex').meta({ description: 'The venue.' }),
    pairs,
    ...bookChannelOf('the best orders one by one, with a checksum; nothing says whether one was traded or withdrawn.'),
    bookDepth: z
      .literal([25, 100, 250])
      .default(100)
      .meta({ description: 'Levels per side of the book, or orders per side.' }),
    silenceMs: silence(30_000, 'The venue sends a heartbeat on each idle channel every 15 s.'),
    ...singleFeed('its numbers count the frames of one connection'),
    ...venueAddresses,
  }),
  z.strictObject({
    exchange: z.literal('gemini').meta({ description: 'The venue.' }),
    pairs,
    silenceMs: silence(30_000, 'How often the venue speaks on a quiet pair is not published.'),
    audit: flag('Subscribes to bookTicker too and compares the best bid and ask after each update.').default(false),
    ...comparing,
    ...singleFeed('its numbers are not known to be the same on two connections'),
    ...venueAddresses,
  }),
  z.strictObject({
    exchange: z.literal('bitstamp').meta({ description: 'The venue.' }),
    pairs,
    ...bookChannelOf('every single order of the book, in chained events that show a loss.'),
    silenceMs: silence(40_000, 'The venue answers the heartbeat that is sent every 15 s or so.'),
    ...comparing,
    ...singleFeed('its times tell old from new, and not a copy from a later update'),
    ...venueAddresses,
  }),
]);

/** Levels per side that a venue is asked for; `Infinity` where it sends every level. */
export function subscribedDepth(venue: ExchangeConfig): number {
  return 'bookDepth' in venue ? venue.bookDepth : Number.POSITIVE_INFINITY;
}

/** What a venue's books are made of. */
export function bookChannel(venue: ExchangeConfig): BookChannel {
  return 'channel' in venue ? venue.channel : 'levels';
}

/** The addresses of a venue's connections per pair, null where it is the venue's own. */
export function feedAddresses(venue: ExchangeConfig): (string | null)[] {
  const first = venue.wsUrl ?? null;
  return venue.feeds === 1 ? [first] : [first, ('secondWsUrl' in venue ? venue.secondWsUrl : undefined) ?? first];
}

/** How often each book of a venue is held against the venue's own by REST, ms; 0 for never. */
export function compareEveryMs(venue: ExchangeConfig): number {
  return 'compareEveryM' in venue && bookChannel(venue) === 'levels' ? venue.compareEveryM * 60_000 : 0;
}

/** Whether a venue's own best prices are asked for too, to hold the books against them. */
export function isAudited(venue: ExchangeConfig): boolean {
  return 'audit' in venue && venue.audit;
}

const ingest = z
  .strictObject({
    shards: whole(1, 256).optional().meta({
      description: 'Worker threads that hold connections and their books; at most `ingest.partitions`.',
      defaultText: "the machine's cores less one, at least 1, at most `ingest.partitions`",
    }),
    partitions: whole(1, 1024)
      .default(4)
      .meta({
        description:
          'Ordered lanes that pairs are spread over: at least as many as ingest threads on all hosts together. More leave room ' +
          'for growth, fewer make larger batches, which cost less. The same on all hosts; changing it moves pairs.',
      }),
    maxHeapMb: whole(64, 65_536).default(1024).meta({ description: 'Heap limit of one ingest thread, in MiB.' }),
  })
  .refine((v) => !(v.partitions >= 1 && (v.shards ?? 1) > v.partitions), {
    path: ['shards'],
    error: 'at most ingest.partitions, since a partition has one writer',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

const MODEL_FOR = new RegExp(`^(${KNOWN_EXCHANGES.join('|')})(:[A-Z0-9.]+-[A-Z0-9.]+)?=[a-z][a-z0-9-]{0,31}$`);

const scoring = z.strictObject({
  shards: whole(1, 256)
    .default(1)
    .meta({ description: 'Worker threads that score new orders; at most `ingest.partitions`.' }),
  model: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('lognormal')
    .meta({
      description: 'How order sizes of a pair are modelled (docs/SCORING.md).',
      allowed: 'lognormal, quantile, pareto, or the model of a module in `scoring.modelFiles`',
    }),
  modelFor: z.array(z.string().regex(MODEL_FOR)).default([]).meta({
    description: 'Other models for an exchange or a pair of it; the pair wins.',
    allowed: 'list of EXCHANGE=MODEL and EXCHANGE:BASE-QUOTE=MODEL, e.g. kraken:BTC-USD=quantile',
  }),
  modelFiles: z.array(z.string().min(1)).default([]).meta({
    description: 'Modules with size models of your own. They are code, and run with all rights of this program.',
    allowed: 'list of paths of modules',
  }),
  halfLifeS: z
    .number()
    .min(1)
    .max(31_536_000)
    .default(3600)
    .meta({ description: 'Event time after which an earlier order counts half in the size model, in seconds.' }),
  minOrders: whole(2, 1_000_000)
    .default(100)
    .meta({ description: 'Orders per pair and side before scores are given; until then a score is null.' }),
});

const bars = (default_: number, what: string) =>
  whole(2, 1000)
    .default(default_)
    .meta({ description: `Bars of ${what}.` });

/** What can be measured; the lengths of indicators do not change their names. */
const METRIC_NAMES = metricNames({
  ...{ sma: 2, ema: 2, bollinger: 2, bollingerDeviations: 1, atr: 2, rsi: 2 },
  ...{ macdFast: 2, macdSlow: 2, macdSignal: 2, volatility: 2 },
});

const analytics = z.strictObject({
  enabled: flag('Measure spreads, liquidity, bars, indicators and best levels, and keep them as rows.').default(true),
  shards: whole(1, 256).default(1).meta({ description: 'Worker threads that measure; at most `ingest.partitions`.' }),
  metrics: z
    .array(z.enum(METRIC_NAMES))
    .min(1)
    .default(METRIC_NAMES)
    .meta({
      description:
        '`spread`, `microprice`, `order-flow-imbalance` and `depth` share a row each second, `book-top` has its own; ' +
        '`liquidity` and `bars` are by the minute; the others are indicators over bars.',
      allowed: `list of ${METRIC_NAMES.join(', ')}`,
      defaultText: 'all',
    }),
  latenessMs: whole(0, 30_000).default(1000).meta({
    description: 'How far event time passes the end of a minute before its row is made; what comes later is left out.',
  }),
  bookTopLevels: whole(1, 1000).default(10).meta({ description: 'Levels per side in `book_top`.' }),
  periods: z
    .strictObject({
      sma: bars(20, 'the simple moving average'),
      ema: bars(20, 'the exponential moving average'),
      bollinger: bars(20, 'the Bollinger bands'),
      bollingerDeviations: z
        .number()
        .min(0.1)
        .max(10)
        .default(2)
        .meta({ description: 'Standard deviations from the middle to either Bollinger band.' }),
      atr: bars(14, 'the average true range'),
      rsi: bars(14, 'the relative strength index'),
      macdFast: bars(12, 'the fast average of MACD'),
      macdSlow: bars(26, 'its slow average'),
      macdSignal: bars(9, 'its signal'),
      volatility: bars(60, 'realised volatility, less one'),
    })
    .prefault({}),
});

const bus = z.strictObject({
  kind: z.enum(['embedded', 'nats']).default('embedded').meta({
    description: '`embedded`: inside the process, nothing to install. `nats`: JetStream keeps and replays events.',
  }),
  servers: z
    .array(address(['nats', 'tls', 'wss', 'ws'], 'One NATS server.'))
    .min(1)
    .default(['nats://127.0.0.1:4222'])
    .meta({ description: 'NATS servers of one cluster.', allowed: 'list of addresses such as nats://host:4222' }),
  windowBatches: whole(1, 65_536)
    .default(64)
    .meta({ description: 'With NATS: publishes of one thread under way before it waits (back-pressure).' }),
  maxBatchKb: whole(4, 1000)
    .default(256)
    .meta({ description: 'A batch is closed at this size, in KiB. A NATS server takes 1 MiB at most by default.' }),
  replicas: z.literal([1, 3, 5]).default(1).meta({
    description:
      'Servers of the NATS cluster that keep each event, snapshot and lease. With 3 one of them may be lost, with 5 two.',
  }),
  leaseS: z.number().min(0.5).max(300).default(5).meta({
    description:
      'With NATS: a process that has not been heard of for so long loses its work to another one that has the role, in seconds. The same on all hosts.',
  }),
  stream: z
    .strictObject({
      maxGb: z.number().min(0.01).max(100_000).default(10).meta({
        description:
          'JetStream keeps at most this many GiB per stream of what the store, scoring and analytics have not acknowledged yet; then events go to the spool, and feeds wait when that is full.',
      }),
      storage: z
        .enum(['file', 'memory'])
        .default('file')
        .meta({ description: 'Where JetStream keeps events. `memory` loses them with the server.' }),
    })
    .prefault({}),
  spool: z
    .strictObject({
      dir: z.string().min(1).nullable().default('data/spool').meta({
        description:
          'With NATS: directory for events that NATS does not take and memory has no room for, until it does; with null feeds wait at once. Nothing in it outlives its thread.',
        allowed: 'path of a directory, or null',
      }),
      maxMb: whole(1, 1_048_576)
        .default(256)
        .meta({ description: 'Of each ingest thread, at most this many MiB; then its feeds wait.' }),
    })
    .prefault({}),
  user: z.string().min(1).optional().meta({ description: 'NATS user.', allowed: 'text', defaultText: 'none' }),
  password: secret('NATS password.'),
  passwordFile: secretFile('the NATS password'),
  token: secret('NATS token.'),
  tokenFile: secretFile('the NATS token'),
  credsFile: path('NATS credentials file (JWT and seed).').optional().meta({ defaultText: 'none' }),
});

const store = z.strictObject({
  kind: z.enum(['duckdb', 'questdb', 'none']).default('duckdb').meta({
    description: '`duckdb`: a file. `questdb`: a server, for whole markets and dashboards. `none`: keep no rows.',
  }),
  duckdbPath: path('The DuckDB file; one process at a time can hold it.').default('data/whalewatch.duckdb'),
  questdbUrl: address(['http', 'https'], 'HTTP interface of QuestDB, for rows and SQL alike.').default(
    'http://127.0.0.1:9000',
  ),
  questdbUser: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'QuestDB user.', allowed: 'text', defaultText: 'none' }),
  questdbPassword: secret('QuestDB password.'),
  questdbPasswordFile: secretFile('the QuestDB password'),
  questdbToken: secret('QuestDB bearer token.'),
  questdbTokenFile: secretFile('the QuestDB bearer token'),
  tablePrefix: z
    .string()
    .regex(/^([a-z][a-z0-9_]{0,31})?$/)
    .default('')
    .meta({
      description: 'Put before every table name; `replay` has --table-prefix instead.',
      allowed: 'up to 32 of a-z, 0-9 and _, starting with a letter; or empty',
    }),
  orderChanges: flag(
    'Keep every change of a level, and of a single order: billions of rows a day for whole markets.',
  ).default(true),
  batchRows: whole(1, 1_000_000).default(160_000).meta({ description: 'Rows that close a batch.' }),
  flushMs: whole(10, 60_000).default(1000).meta({ description: 'A batch is written at the latest after this time.' }),
  ttlDays: z
    .strictObject({
      raw: whole(1, 36_500).nullable().default(7).meta({
        description:
          'Age at which QuestDB drops rows of order_changes, order_events, trades and book_top; null keeps them.',
      }),
      results: whole(1, 36_500)
        .nullable()
        .default(null)
        .meta({ description: 'Age at which QuestDB drops rows of results such as new_orders; null keeps them.' }),
    })
    .prefault({}),
});

const archive = z.strictObject({
  dir: z.string().min(1).nullable().default(null).meta({
    description: 'Directory for the raw frames of every connection, as `replay` reads them; null keeps none.',
    allowed: 'path of a directory, or null',
  }),
  maxFileMb: whole(1, 16_384).default(256).meta({ description: 'A new file begins at this many MiB, compressed.' }),
  maxFileMinutes: whole(1, 10_080).default(60).meta({ description: 'A new file begins after this time.' }),
  maxGb: z
    .number()
    .min(0.01)
    .max(1_000_000)
    .nullable()
    .default(null)
    .meta({ description: 'Of all files together, in GiB: the oldest are removed above it; null keeps all.' }),
  maxAgeDays: z
    .number()
    .min(0.01)
    .max(36_500)
    .nullable()
    .default(null)
    .meta({ description: 'Files that were completed longer ago are removed, in days; null keeps all.' }),
});

const state = z.strictObject({
  dir: z.string().min(1).nullable().default('data/state').meta({
    description:
      'Directory for what scoring and analytics have learned, with the embedded bus; null keeps it until the program ends. With NATS it is kept there.',
    allowed: 'path of a directory, or null',
  }),
  everyS: z.number().min(0.05).max(600).default(5).meta({
    description:
      'How often that is kept, in seconds. The bus holds on to what came since, and hands it out again after a crash.',
  }),
});

const http = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').meta({
    description: 'Address that metrics, health and the status page listen on. `/sql` answers this machine alone.',
    allowed: 'IP address or host name',
  }),
  port: whole(0, 65_535).default(9464).meta({ description: 'Port to listen on; 0 takes any free one.' }),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: 'Further names by which `/sql` may be addressed.', allowed: 'list of host names' }),
});

const monitor = z.strictObject({
  enabled: flag('Serve the live monitor: what happens now, for people to look at. `demo` does so anyhow.').default(
    false,
  ),
  host: z.string().min(1).default('127.0.0.1').meta({
    description:
      'Address that the live monitor listens on. Other machines reach it only with `monitor.token` or `monitor.trustedProxyHeader`.',
    allowed: 'IP address or host name',
  }),
  port: whole(0, 65_535).default(9465).meta({ description: 'Port to listen on; 0 takes any free one.' }),
  token: z.string().min(16).optional().meta({
    description: 'What a client must prove to know.',
    secret: true,
    allowed: 'text of 16 characters or more',
    defaultText: 'none',
  }),
  tokenFile: secretFile('that token'),
  trustedProxyHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
    .optional()
    .meta({
      description:
        'Header in which a proxy in front names whom it has let in. The port must be reached through that proxy alone.',
      allowed: 'name of a header, e.g. X-Forwarded-User',
      defaultText: 'none',
    }),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: 'Further names by which it may be addressed.', allowed: 'list of host names' }),
  whaleScoreMin: whole(0, 6).default(4).meta({ description: 'Points from which an order counts as a whale.' }),
  maxClients: whole(1, 10_000).default(250).meta({ description: 'Clients at a time.' }),
  clientBufferKb: whole(64, 65_536)
    .default(1024)
    .meta({ description: 'A client that has more than this unread, in KiB, is passed over until it has read.' }),
  slowClientS: whole(1, 600)
    .default(10)
    .meta({ description: 'A client that is so for this long is closed, in seconds.' }),
});

const instruments = z.strictObject({
  refreshMinutes: whole(1, 1440).default(60).meta({
    description: "How often the venues' lists are asked for: new pairs, delisted ones, changed steps.",
  }),
});

const supervision = z
  .strictObject({
    maxRestarts: whole(0, 10_000)
      .default(10)
      .meta({ description: 'Restarts of one child within `supervision.periodS` before its supervisor gives up.' }),
    periodS: whole(1, 86_400).default(60).meta({ description: 'Length of that sliding period, in seconds.' }),
    backoffMinMs: whole(1, 600_000).default(100).meta({ description: 'Longest wait before the first restart.' }),
    backoffMaxMs: whole(1, 600_000).default(30_000).meta({
      description: 'Longest wait before any restart; waits double up to it and are drawn at random below it.',
    }),
    hungAfterS: whole(1, 86_400).nullable().default(30).meta({
      description:
        'A thread that does not answer for so many seconds is ended and started again; that of a DuckDB store cannot be, and fails /healthz. Null lets it be.',
    }),
    shutdownDeadlineMs: whole(100, 600_000)
      .default(15_000)
      .meta({ description: 'After this time a shutdown stops waiting for the store and says what it left.' }),
  })
  .refine((v) => !(v.backoffMinMs > v.backoffMaxMs), {
    path: ['backoffMinMs'],
    error: 'at most supervision.backoffMaxMs',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ description: 'Least serious log lines to write. Logs go to stderr.' }),
  pretty: flag('Lines for people instead of JSON.').optional().meta({ defaultText: 'true where stderr is a terminal' }),
});

/** Of the venues that show single orders only to who has an account there. Reading rights are enough. */
const credentials = z.strictObject({
  coinbase: z
    .strictObject({
      key: secret('API key of Coinbase Exchange (not of Advanced Trade), with the right to view.'),
      keyFile: secretFile('the API key of Coinbase Exchange'),
      secret: secret('Secret of that key, as Coinbase shows it (base64).'),
      secretFile: secretFile('the secret of that key'),
      passphrase: secret('Passphrase of that key.'),
      passphraseFile: secretFile('the passphrase of that key'),
    })
    .prefault({}),
  kraken: z
    .strictObject({
      key: secret('API key of Kraken, with the right to access its WebSockets.'),
      keyFile: secretFile('the API key of Kraken'),
      secret: secret('Private key of that key, as Kraken shows it (base64).'),
      secretFile: secretFile('the private key of that key'),
    })
    .prefault({}),
});

/** What a venue's credentials consist of. */
const CREDENTIALS_NEEDED = { coinbase: ['key', 'secret', 'passphrase'], kraken: ['key', 'secret'] } as const;

/** Complains of each part that is missing of the credentials of a venue whose single orders are watched. */
function requireCredentials(config: unknown, complain: (path: readonly string[], error: string) => void): void {
  const venues: unknown = valueAt(config, ['exchanges']);
  for (const [venue, parts] of Object.entries(CREDENTIALS_NEEDED)) {
    const isWatched =
      Array.isArray(venues) &&
      venues.some((entry) => valueAt(entry, ['exchange']) === venue && valueAt(entry, ['channel']) === 'orders');
    for (const part of isWatched ? parts : []) {
      if (valueAt(config, ['credentials', venue, part]) !== undefined) continue;
      complain(['credentials', venue, part], `text, since exchanges[${venue}].channel is orders`);
    }
  }
}

/** What makes no sense of the roles; null where they do. */
function troubleWithRoles({ roles, bus: { kind }, store: { kind: rows }, analytics, monitor }: RolesOf): string | null {
  if (roles.length < ROLES.length) {
    if (kind === 'embedded') {
      return 'all of them, since the embedded bus is inside one process; to share the work set bus.kind to nats and store.kind to questdb';
    }
    if (rows === 'duckdb') {
      return 'all of them, since DuckDB admits one process; to share the work set store.kind to questdb';
    }
  }
  const idle = {
    ...{ ingest: null, scoring: null },
    store: rows === 'none' ? 'store.kind is none' : null,
    analytics: analytics.enabled ? null : 'analytics.enabled is false',
    monitor: monitor.enabled ? null : 'monitor.enabled is false',
  };
  const reasons = roles.map((role) => idle[role]);
  return reasons.includes(null) ? null : `one that has something to do: ${reasons.join(', ')}`;
}

/** What proves to a venue who asks; null where it does not ask, or nothing is configured. */
export function credentialsOf(config: Config, exchange: ExchangeName): Credentials | null {
  const { coinbase, kraken } = config.credentials;
  const { key, secret } = exchange === 'coinbase' ? coinbase : exchange === 'kraken' ? kraken : {};
  if (key === undefined || secret === undefined) return null;
  return { key, secret, passphrase: (exchange === 'coinbase' ? coinbase.passphrase : undefined) ?? '' };
}

interface RolesOf {
  readonly roles: readonly RoleName[];
  readonly bus: { readonly kind: string };
  readonly store: { readonly kind: string };
  readonly analytics: { readonly enabled: boolean };
  readonly monitor: { readonly enabled: boolean };
}

/** The one schema. */
export const ConfigSchema = z
  .strictObject({
    exchanges: z
      .array(exchangeEntry)
      .min(1)
      .refine((list) => new Set(list.map((e) => e?.exchange)).size === list.length, {
        when: ({ value }) => Array.isArray(value),
        error: 'each exchange once',
      })
      .prefault(DEFAULT_EXCHANGES)
      .meta({ description: 'The venues to watch, and what of them.', allowed: 'list with each exchange once' }),
    roles: z
      .array(z.enum(ROLES))
      .min(1)
      .refine((list) => new Set(list).size === list.length, {
        when: ({ value }) => Array.isArray(value),
        error: 'each role once',
      })
      .default([...ROLES])
      .meta({
        description:
          'What this process does, where several share the work (docs/RELIABILITY.md). Fewer than all need NATS and QuestDB.',
        allowed: `list of ${ROLES.join(', ')}, each once, at least one`,
        defaultText: 'all',
      }),
    credentials: credentials.prefault({}).meta({ description: 'Accounts, for channels that want one.' }),
    instruments: instruments.prefault({}).meta({ description: 'What the venues list.' }),
    ingest: ingest.prefault({}).meta({ description: 'Feeds and books.' }),
    scoring: scoring.prefault({}).meta({ description: 'Whale scores.' }),
    analytics: analytics.prefault({}).meta({ description: 'Market analytics.' }),
    bus: bus.prefault({}).meta({ description: 'How events travel from books to their consumers.' }),
    store: store.prefault({}).meta({ description: 'Where results are kept.' }),
    archive: archive.prefault({}).meta({ description: 'Raw frames, to replay them later.' }),
    state: state.prefault({}).meta({ description: 'What outlives a thread, or the program.' }),
    http: http.prefault({}).meta({ description: 'Metrics, health, readiness and the status page.' }),
    monitor: monitor.prefault({}).meta({ description: 'The live monitor (docs/MONITOR.md).' }),
    supervision: supervision.prefault({}).meta({ description: 'Restarts and shutdown.' }),
    log: log.prefault({}).meta({ description: 'Logs.' }),
  })
  .refine((v) => !(v.ingest?.partitions >= 1 && v.scoring?.shards > v.ingest.partitions), {
    path: ['scoring', 'shards'],
    error: 'at most ingest.partitions',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .refine((v) => !(v.ingest?.partitions >= 1 && v.analytics?.shards > v.ingest.partitions), {
    path: ['analytics', 'shards'],
    error: 'at most ingest.partitions',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .superRefine((config, context) => {
    requireCredentials(config, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
    const trouble = troubleWithRoles(config);
    if (trouble !== null) context.addIssue({ code: 'custom', path: ['roles'], message: trouble });
  });

/** The loaded configuration, frozen all the way down. */
export type Config = DeepReadonly<z.output<typeof ConfigSchema> & { ingest: { shards: number } }>;
export type ExchangeConfig = Config['exchanges'][number];
/** What a caller may override: any part of what the file may hold. */
export type ConfigOverrides = Tree;

/** Every field with its environment variable, range and default, in the order of the schema. */
export const CONFIG_FIELDS: readonly Field[] = describeFields(z.toJSONSchema(ConfigSchema, { io: 'input' }));

/** Where configuration comes from; a later line wins: default, file, environment, overrides. */
export interface ConfigSources {
  /** YAML or JSON file; defaults alone where absent. */
  readonly file?: string;
  /** The environment, e.g. `process.env`: variables named `WHALEWATCH_…`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `WHALEWATCH_…` variables that belong to the command line and are no fields. */
  readonly ownedEnv?: readonly string[];
  /** From the command line, in the shape of the file. */
  readonly overrides?: ConfigOverrides;
  /** Cores of the machine, which decide the default of `ingest.shards`. */
  readonly cores?: number;
}

/**
 * Loads, checks and freezes the configuration. Reads files; opens nothing else.
 * @throws AppError `config.invalid` with one line per problem; `context.problems` holds them as data
 */
export function loadConfig(sources: ConfigSources): Config {
  const file = readConfigFile(sources.file);
  const fileTree = file.tree ?? {};
  const env = readEnvironment({
    fields: CONFIG_FIELDS,
    env: sources.env,
    owned: sources.ownedEnv ?? [],
    listed: { exchanges: valueAt(fileTree, ['exchanges']) ?? DEFAULT_EXCHANGES },
  });
  const overrides = sources.overrides ?? {};
  const secrets = resolveSecrets(CONFIG_FIELDS, { file: fileTree, env: env.tree, overrides });
  const problems: Problem[] = [...file.problems, ...env.problems, ...secrets.problems];
  const merged = mergeTrees(mergeTrees(fileTree, env.tree), overrides);
  const parsed = ConfigSchema.safeParse(mergeTrees(merged, secrets.tree));

  // Behind a file that cannot be read, every other complaint might be about a value that the file would have set.
  if (file.tree !== null && !parsed.success) {
    const originOf = (path: readonly PropertyKey[]): string | undefined =>
      valueAt(overrides, path) === undefined ? (env.originOf(path) ?? file.originOf(path)) : 'command line';
    problems.push(...explainIssues(parsed.error.issues, { fields: CONFIG_FIELDS, tree: merged, originOf }));
  }
  if (problems.length > 0 || !parsed.success) throw invalid(problems, sources.file);

  const { partitions } = parsed.data.ingest;
  const cores = sources.cores ?? availableParallelism();
  const shards = parsed.data.ingest.shards ?? Math.min(partitions, Math.max(1, cores - 1));
  const config: Config = { ...parsed.data, ingest: { ...parsed.data.ingest, shards } };
  deepFreeze(config);
  return config;
}

/** A copy for logs and for `doctor`: secrets are replaced, everything else stands as it is. */
export function redact(config: Config): Tree {
  return redactFields(CONFIG_FIELDS, config);
}

function invalid(problems: readonly Problem[], file: string | undefined): AppError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new AppError(
    'config.invalid',
    [`the configuration has ${count}:`, ...problems.map(formatProblem)].join('\n  '),
    {
      remedy: 'Correct what is listed and start again; docs/CONFIGURATION.md describes every field.',
      context: { file: file ?? null, problems },
    },
  );
}
