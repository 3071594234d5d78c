/** What the configured pairs are on their venues, checked against the venues' own lists where these can be had. */

import { SymbolDirectory } from '../actors/symbol-directory.ts';
import type { InstrumentRow } from '../book/wire-message.ts';
import { wireRegistry } from '../exchanges/registry.ts';
import { fetchBody } from '../exchanges/session-fetch.ts';
import { AppError } from '../lib/app-error.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import { closest } from './config-suggest.ts';
import type { Config, ExchangeConfig } from './config.ts';
import { bookChannel } from './config.ts';
import type { LivePair } from './threads/ingest.protocol.ts';

export interface ResolvedVenue {
  readonly config: ExchangeConfig;
  readonly wire: ExchangeWire;
  readonly pairs: readonly LivePair[];
  /** The venue's list, or why it could not be had. */
  readonly listed: readonly InstrumentRow[] | string;
  /** Pairs that the venue lists but does not trade now. */
  readonly resting: readonly string[];
}

const TIMEOUT_MS = 15_000;

/**
 * @param timeoutMs how long to wait for the list of a venue
 * @throws AppError `config.unknown-pair` with one line per pair that its venue does not list
 */
export async function resolvePairs(config: Config, timeoutMs = TIMEOUT_MS): Promise<ResolvedVenue[]> {
  const venues = await Promise.all(config.exchanges.map((venue) => resolveVenue(venue, timeoutMs)));
  const problems = venues.flatMap(({ problems }) => problems);
  if (problems.length > 0) {
    throw new AppError('config.unknown-pair', problems.join('\n'), {
      remedy: 'name pairs as BASE-QUOTE as the venue lists them, in the field exchanges[].pairs',
      context: { problems },
    });
  }
  return venues.map(({ venue }) => venue);
}

async function resolveVenue(
  config: ExchangeConfig,
  timeoutMs: number,
): Promise<{ venue: ResolvedVenue; problems: string[] }> {
  const wire = wireRegistry.live(config.exchange, bookChannel(config));
  if (wire === undefined) throw new AppError('config.unknown-exchange', `no feed for ${config.exchange}`);
  const listed = await listInstruments(config, wire, timeoutMs);
  const directory = new SymbolDirectory(config.exchange);
  if (typeof listed !== 'string') directory.learn(listed);
  const problems: string[] = [];
  const resting: string[] = [];
  if (config.pairs === 'all' && typeof listed === 'string') {
    const why = `exchanges[${config.exchange}].pairs: all pairs are asked for, and the venue's list cannot be had: ${listed}`;
    return { venue: { config, wire, pairs: [], listed, resting }, problems: [why] };
  }
  const wanted = config.pairs !== 'all' ? config.pairs : typeof listed === 'string' ? [] : tradedPairs(listed);
  const rows = typeof listed === 'string' ? [] : listed;
  const pairs = livePairs(wanted, rows, wire);
  for (const symbol of wanted) {
    const found = directory.bySymbol(symbol);
    if (typeof listed !== 'string' && found === undefined) problems.push(unknownPair(config.exchange, symbol, listed));
    if (found?.tradable === false) resting.push(symbol);
  }
  return { venue: { config, wire, pairs, listed, resting }, problems };
}

/** The pairs as feeds need them. */
export function livePairs(
  symbols: readonly string[],
  rows: readonly InstrumentRow[],
  wire: ExchangeWire,
): readonly LivePair[] {
  const bySymbol = new Map(rows.map((row) => [`${row.base}-${row.quote}`, row]));
  return symbols.map((symbol) => {
    const [base = '', quote = ''] = symbol.split('-');
    const { tickSize = null, lotSize = null } = bySymbol.get(symbol) ?? {};
    return { symbol, venueSymbol: wire.venueSymbol({ base, quote }), base, quote, tickSize, lotSize };
  });
}

/** Every pair that is traded now, once, whatever the number of symbols that the venue has for it. */
export function tradedPairs(listed: readonly InstrumentRow[]): string[] {
  return [...new Set(listed.filter(({ tradable }) => tradable).map(({ base, quote }) => `${base}-${quote}`))].sort();
}

/** The venue's list, or the reason why it cannot be had. */
export async function listInstruments(
  config: ExchangeConfig,
  wire: ExchangeWire,
  timeoutMs: number,
): Promise<readonly InstrumentRow[] | string> {
  const url = (config.restUrl ?? wire.endpoints.rest).replace(/\/$/, '') + wire.instrumentsRequest().path;
  try {
    const answer = await fetchBody(url, AbortSignal.timeout(timeoutMs));
    if (answer.status !== 200) return `${url} answered ${answer.status}`;
    let rows: readonly InstrumentRow[] = [];
    wire.parseHttp(url, answer.body, (message) => {
      if (message.kind === 'instruments') rows = message.instruments;
    });
    return rows.length > 0 ? rows : `${url} listed no instruments`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    return `${url} cannot be reached: ${error instanceof Error ? error.message : String(error)} ${cause}`.trim();
  }
}

function unknownPair(exchange: string, symbol: string, listed: readonly InstrumentRow[]): string {
  const suggestion = closest(
    symbol,
    listed.map((row) => `${row.base}-${row.quote}`),
  );
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `exchanges[${exchange}].pairs: ${exchange} lists no ${symbol}${hint}`;
}
