import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import {
  credentialsOf,
  isAudited,
  CONFIG_FIELDS,
  ConfigSchema,
  KNOWN_EXCHANGES,
  subscribedDepth,
  loadConfig,
  redact,
} from './config.ts';
import type { ConfigSources } from './config.ts';
import { renderConfigDocs } from './config-docs.ts';

const directory = mkdtempSync(join(tmpdir(), 'whalewatch-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function fileWith(text: string): string {
  const path = join(directory, `${++files}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** The lines of the complaint, without the first; the directory's name is taken out. */
function problemsOf(sources: Partial<ConfigSources>): string[] {
  try {
    loadConfig({ env: {}, ...sources });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config.invalid') throw error;
    const [first, ...lines] = error.message.split('\n');
    expect(first).toBe(`the configuration has ${lines.length} problem${lines.length === 1 ? '' : 's'}:`);
    expect(error.remedy).toContain('docs/CONFIGURATION.md');
    return lines.map((line) =>
      line
        .trim()
        .replaceAll(`${directory}/`, '')
        .replace(/\d+\.yaml/, 'FILE'),
    );
  }
  throw new Error('the configuration was accepted');
}

describe('sources', () => {
  test('without a file it watches Bitcoin on the venues it knows', () => {
    const config = loadConfig({ env: {}, cores: 8 });
    expect(config.exchanges.map(({ exchange, pairs }) => [exchange, pairs])).toEqual([
      ['binance', ['BTC-USDT']],
      ['kraken', ['BTC-USD', 'BTC-USDT']],
      ...['coinbase', 'bitfinex', 'gemini', 'bitstamp'].map((exchange) => [exchange, ['BTC-USD']]),
    ]);
    expect(config.exchanges.map((e) => e.exchange)).toEqual(KNOWN_EXCHANGES);
    expect(config.exchanges.map((e) => [subscribedDepth(e), e.silenceMs, isAudited(e)])).toEqual([
      [5000, 30_000, false],
      [100, 5_000, false],
      [Infinity, 5_000, false],
      [100, 30_000, false],
      [Infinity, 30_000, false],
      [Infinity, 40_000, false],
    ]);
    expect(config.bus).toMatchObject({ kind: 'embedded', stream: { storage: 'file' } });
    expect(config.store.kind).toBe('duckdb');
  });

  test.each([
    { cores: 1, partitions: 4, shards: 1 },
    { cores: 3, partitions: 4, shards: 2 },
    { cores: 64, partitions: 4, shards: 4 },
  ])('$cores cores and $partitions partitions give $shards ingest shards', ({ cores, partitions, shards }) => {
    expect(loadConfig({ env: {}, cores, overrides: { ingest: { partitions } } }).ingest.shards).toBe(shards);
  });

  test('the command line wins over the environment, the environment over the file, the file over defaults', () => {
    const file = fileWith('store: { batchRows: 1, flushMs: 11, tablePrefix: file_ }');
    const env = { WHALEWATCH_STORE_BATCH_ROWS: '2', WHALEWATCH_STORE_FLUSH_MS: '22' };
    const { store } = loadConfig({ file, env, overrides: { store: { batchRows: 3 } } });
    expect(store).toMatchObject({ batchRows: 3, flushMs: 22, tablePrefix: 'file_', kind: 'duckdb' });
  });

  test('JSON is read too, tabs included', () => {
    const file = fileWith('{\n\t"bus": {\n\t\t"kind": "nats"\n\t}\n}\n');
    expect(loadConfig({ file, env: {} }).bus.kind).toBe('nats');
  });

  test('an empty file is a file without fields', () => {
    expect(loadConfig({ file: fileWith('# nothing\n'), env: {} }).http.port).toBe(9464);
  });

  test('the result is frozen all the way down', () => {
    const config = loadConfig({ env: {} });
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
  });

  test('the live configuration that is shipped is accepted', () => {
    const config = loadConfig({
      file: new URL('../../deploy/whalewatch.live.yaml', import.meta.url).pathname,
      env: {},
    });
    expect(config).toMatchObject({ bus: { kind: 'nats' }, store: { kind: 'questdb' } });
  });
});

describe('environment', () => {
  test('texts are read by the type of their field', () => {
    const config = loadConfig({
      env: {
        WHALEWATCH_BUS_KIND: 'nats',
        WHALEWATCH_BUS_SERVERS: 'nats://a:4222, nats://b:4222',
        WHALEWATCH_BUS_STREAM_MAX_GB: '0.5',
        WHALEWATCH_STORE_ORDER_CHANGES: 'no',
        WHALEWATCH_STORE_QUESTDB_URL: 'https://db:9000',
        WHALEWATCH_STORE_TTL_DAYS_RAW: 'null',
        WHALEWATCH_LOG_LEVEL: '',
        OTHER: 'ignored',
      },
    });
    expect(config.bus).toMatchObject({
      kind: 'nats',
      servers: ['nats://a:4222', 'nats://b:4222'],
      stream: { maxGb: 0.5 },
    });
    expect(config.store).toMatchObject({ orderChanges: false, questdbUrl: 'https://db:9000', ttlDays: { raw: null } });
    expect(config.log.level).toBe('info');
  });

  test('a variable with the name of a venue changes its entry, or adds it', () => {
    const env = { WHALEWATCH_EXCHANGES_KRAKEN_PAIRS: 'ETH-USD', WHALEWATCH_EXCHANGES_KRAKEN_BOOK_DEPTH: '10' };
    const defaults = loadConfig({ env });
    expect(defaults.exchanges[0]).toMatchObject({ exchange: 'binance', pairs: ['BTC-USDT'] });
    expect(defaults.exchanges[1]).toMatchObject({ exchange: 'kraken', pairs: ['ETH-USD'], bookDepth: 10 });
    const file = fileWith('exchanges: [{ exchange: binance, pairs: [SOL-USDT] }]');
    expect(loadConfig({ file, env }).exchanges.map((e) => [e.exchange, e.pairs])).toEqual([
      ['binance', ['SOL-USDT']],
      ['kraken', ['ETH-USD']],
    ]);
  });

  test('the whole list can be given as YAML or JSON', () => {
    const env = {
      WHALEWATCH_EXCHANGES: '[{exchange: kraken, pairs: [BTC-USD]}]',
      WHALEWATCH_EXCHANGES_KRAKEN_SILENCE_MS: '9000',
    };
    expect(loadConfig({ env }).exchanges).toMatchObject([{ exchange: 'kraken', pairs: ['BTC-USD'], silenceMs: 9000 }]);
  });

  test('every field has a variable of its own', () => {
    const names = CONFIG_FIELDS.map((field) => field.env).filter((name) => name !== undefined);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('WHALEWATCH_BUS_STREAM_MAX_GB');
    expect(names).toContain('WHALEWATCH_STORE_QUESTDB_URL');
  });

  test('an unknown variable is an error, one that a service link or the command line owns is not', () => {
    const env = {
      WHALEWATCH_STORE_QUESTDBURL: 'http://x',
      WHALEWATCH_CONFIG: 'file',
      WHALEWATCH_SERVICE_HOST: '10.0.0.1',
      WHALEWATCH_PORT_9464_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf({ env, ownedEnv: ['WHALEWATCH_CONFIG'] })).toEqual([
      'WHALEWATCH_STORE_QUESTDBURL: unknown environment variable. Did you mean WHALEWATCH_STORE_QUESTDB_URL? Rename or unset it.',
    ]);
  });
});

describe('problems', () => {
  const shared = { bus: { kind: 'nats' }, store: { kind: 'questdb' } };
  test.each([
    ['some of them over the embedded bus', { roles: ['ingest'] }, /embedded bus is inside one process/],
    ['some of them with DuckDB', { roles: ['store'], bus: { kind: 'nats' } }, /DuckDB admits one process/],
    ['none', { ...shared, roles: [] }, /at least one/],
    ['one twice', { ...shared, roles: ['store', 'store'] }, /each role once/],
    ['one that does nothing', { ...shared, roles: ['monitor'] }, /monitor\.enabled is false/],
  ])('roles without sense are refused: %s', (_what, overrides, words) => {
    expect(problemsOf({ overrides }).join('\n')).toMatch(words);
  });

  test('roles are shared out over NATS and QuestDB, all of them also without', () => {
    expect(loadConfig({ env: { WHALEWATCH_ROLES: 'ingest, store' }, overrides: shared }).roles).toEqual([
      'ingest',
      'store',
    ]);
    expect(loadConfig({ env: {} }).roles).toHaveLength(5);
  });

  test('two connections per pair are refused where copies cannot be told, with the reason', () => {
    const file = fileWith(`exchanges:
  - exchange: kraken
    pairs: [BTC-USD]
    feeds: 2
  - exchange: binance
    pairs: all
    feeds: 2
`);
    expect(problemsOf({ file, env: {} })).toEqual([
      'exchanges[0].feeds (FILE:4): found 2; allowed: 1, since its frames carry no number. Correct it, or remove it for the default (1).',
    ]);
  });

  test('all of them are reported at once: field, place, what was found, what is allowed, remedy', () => {
    const file = fileWith(`exchanges:
  - exchange: krakn
    pairs: [BTC-USD]
  - exchange: kraken
    pairs: [xbt/usd, BTC-USD]
    bookDepth: 11
    silenceMS: 4
  - exchange: binance
bus:
  kindd: nats
  servers: nats://127.0.0.1:4222
store:
  questdbUrl: http://me:secret@127.0.0.1:9000
http: 80
lgo: {}
`);
    expect(
      problemsOf({ file, env: { WHALEWATCH_STORE_BATCH_ROWS: 'many' }, overrides: { ingest: { partitions: 0 } } }),
    ).toEqual([
      'exchanges[0].exchange (FILE:2): found "krakn"; allowed: binance, kraken, coinbase, bitfinex, gemini, bitstamp. Did you mean "kraken"?',
      'exchanges[1].pairs[0] (FILE:5): found "xbt/usd"; allowed: all, or a list of pairs as BASE-QUOTE in capitals, e.g. BTC-USD (Bitcoin is BTC), each once, at least one. Did you mean "BTC-USD"?',
      'exchanges[1].bookDepth (FILE:6): found 11; allowed: 10, 25, 100, 500, 1000. Correct it, or remove it for the default (100).',
      'exchanges[1].silenceMS (FILE:7): unknown field; allowed: exchange, pairs, channel, bookDepth, silenceMs, feeds, wsUrl, restUrl. Did you mean "silenceMs"? Rename or remove it.',
      'exchanges[2].pairs (FILE:8): missing; allowed: all, or a list of pairs as BASE-QUOTE in capitals, e.g. BTC-USD (Bitcoin is BTC), each once, at least one. Add it.',
      'ingest.partitions (command line): found 0; allowed: whole number from 1 to 1024. Correct it, or remove it for the default (4).',
      'bus.servers (FILE:11): found "nats://127.0.0.1:4222"; allowed: list of addresses such as nats://host:4222. Correct it, or remove it for the default (["nats://127.0.0.1:4222"]).',
      'bus.kindd (FILE:10): unknown field; allowed: kind, servers, windowBatches, maxBatchKb, replicas, leaseS, stream, spool, user, password, passwordFile, token, tokenFile, credsFile. Did you mean "kind"? Rename or remove it.',
      'store.questdbUrl (FILE:13): found "http://[hidden]@127.0.0.1:9000"; allowed: address starting with http:// or https://, without user or password in it. Correct it, or remove it for the default (http://127.0.0.1:9000).',
      'store.batchRows (WHALEWATCH_STORE_BATCH_ROWS): found "many"; allowed: whole number from 1 to 1000000. Correct it, or remove it for the default (160000).',
      'http (FILE:14): found 80; allowed: fields with values. Correct it.',
      'lgo (FILE:15): unknown field; allowed: exchanges, roles, credentials, instruments, ingest, scoring, analytics, bus, store, archive, state, http, monitor, supervision, log. Did you mean "log"? Rename or remove it.',
    ]);
  });

  test('the credentials of a venue are needed where its single orders are watched, and come from the environment alone', () => {
    const orders = fileWith(`exchanges:
  - exchange: coinbase
    pairs: [BTC-USD]
    channel: orders
`);
    const missing = (part: string): string =>
      `credentials.coinbase.${part}: missing; allowed: text, since exchanges[coinbase].channel is orders. Set it.`;
    const found = problemsOf({ file: orders, env: { WHALEWATCH_CREDENTIALS_COINBASE_KEY: 'k' } });
    expect(found.map((line) => line.replace(/ \(FILE[^)]*\)/, ''))).toEqual(['secret', 'passphrase'].map(missing));
    const env = {
      WHALEWATCH_CREDENTIALS_COINBASE_KEY: 'the-key',
      WHALEWATCH_CREDENTIALS_COINBASE_SECRET: 'the-secret',
      WHALEWATCH_CREDENTIALS_COINBASE_PASSPHRASE: 'the-passphrase',
    };
    const config = loadConfig({ file: orders, env });
    expect(credentialsOf(config, 'coinbase')).toEqual({
      ...{ key: 'the-key', secret: 'the-secret', passphrase: 'the-passphrase' },
    });
    expect(credentialsOf(config, 'binance')).toBeNull();
    expect(JSON.stringify(redact(config))).not.toMatch(/the-(key|secret|passphrase)/);
  });

  test('rules between fields are reported together with wrong values', () => {
    const overrides = {
      exchanges: [
        { exchange: 'kraken', pairs: ['BTC-USD', 'BTC-USD'] },
        { exchange: 'kraken', pairs: ['ETH-USD'], bookDepth: 1 },
      ],
      ingest: { shards: 5, partitions: 4, maxHeapMb: 'x' },
      scoring: { shards: 9 },
      supervision: { backoffMinMs: 500, backoffMaxMs: 400 },
    };
    expect(problemsOf({ overrides }).map((line) => line.split(' (')[0])).toEqual([
      'exchanges[0].pairs',
      'exchanges[1].bookDepth',
      'exchanges',
      'ingest.maxHeapMb',
      'ingest.shards',
      'supervision.backoffMinMs',
      'scoring.shards',
    ]);
  });

  test('a default that breaks a rule is told as such', () => {
    expect(problemsOf({ overrides: { supervision: { backoffMaxMs: 50 } } })).toEqual([
      'supervision.backoffMinMs: its default is 100; allowed: at most supervision.backoffMaxMs. Set it.',
    ]);
  });

  test('a file that is not there, is no YAML, or holds no fields', () => {
    const missing = join(directory, 'none');
    expect(problemsOf({ file: missing })).toEqual([
      'none: the file cannot be read: no such file. Check the path given with --config.',
    ]);
    expect(problemsOf({ file: fileWith('bus:\n  kind: [nats\nhttp: {}\n') })[0]).toMatch(/^FILE:3: not YAML or JSON: /);
    expect(problemsOf({ file: fileWith('bus: {}\nbus: {}\n') })).toEqual([
      'FILE:2: not YAML or JSON: Map keys must be unique. Correct the syntax.',
    ]);
    expect(problemsOf({ file: fileWith('- a\n') })[0]).toContain('FILE: found a list; allowed: fields with values');
  });

  test('a broken file does not hide what is wrong in the environment', () => {
    expect(
      problemsOf({ file: fileWith('a: [1'), env: { WHALEWATCH_EXCHANGES: '[{', WHALEWATCH_NO: '1' } }),
    ).toHaveLength(3);
  });

  test('a key that names the prototype is just an unknown field', () => {
    expect(problemsOf({ file: fileWith('bus: { __proto__: { kind: nats } }') })[0]).toContain('bus.__proto__');
  });
});

describe('secrets', () => {
  const passwordFile = fileWith('s3cret\n');

  test('come from the environment or from a file, and are hidden when printed', () => {
    const config = loadConfig({
      file: fileWith(`bus: { user: me, passwordFile: ${passwordFile} }`),
      env: { WHALEWATCH_STORE_QUESTDB_TOKEN: 't0ken' },
    });
    expect(config.bus.password).toBe('s3cret');
    expect(config.store.questdbToken).toBe('t0ken');
    const printed = JSON.stringify(redact(config));
    expect(printed).not.toMatch(/s3cret|t0ken/);
    expect(printed).toContain('"user":"me","password":"[hidden]"');
  });

  test('are refused in the file and on the command line, and never printed', () => {
    const lines = problemsOf({
      file: fileWith('bus: { password: hunter2 }'),
      overrides: { bus: { token: 'hunter3' } },
    });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('Set WHALEWATCH_BUS_PASSWORD, or bus.passwordFile to the path of a file');
    expect(problemsOf({ file: fileWith('bus: { password: 123456 }') }).join()).not.toContain('123456');
    expect(lines.join()).not.toMatch(/hunter/);
  });

  test('given twice, or by a file that cannot be read, are a problem', () => {
    const env = {
      WHALEWATCH_BUS_PASSWORD: 'a',
      WHALEWATCH_BUS_PASSWORD_FILE: passwordFile,
      WHALEWATCH_BUS_TOKEN_FILE: join(directory, 'absent'),
      WHALEWATCH_STORE_QUESTDB_TOKEN_FILE: fileWith('\n'),
    };
    expect(problemsOf({ env }).map((line) => line.split(':')[0])).toEqual([
      'bus.password',
      'bus.tokenFile',
      'store.questdbTokenFile',
    ]);
  });
});

describe('documentation', () => {
  test('docs/CONFIGURATION.md is what the schema says', () => {
    const written = readFileSync(new URL('../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
    expect(written === renderConfigDocs(CONFIG_FIELDS), 'run: npx node scripts/config-docs.ts').toBe(true);
  });

  test('every field says what it is for', () => {
    expect(CONFIG_FIELDS.filter((field) => field.description === '').map((field) => field.env)).toEqual([]);
  });

  test('defaults obey the schema', () => {
    expect(ConfigSchema.safeParse({}).success).toBe(true);
  });
});
