/**
 * Gemini, the WebSocket API of `ws.gemini.com`. https://developer.gemini.com/websocket/streams
 *
 * How its book works. `<symbol>@depth@100ms` sends absolute sizes of the levels that changed. On a connection opened with
 * `?snapshot=-1` the first `depthUpdate` of a symbol is its whole book; it looks like any other, but for its numbers, which
 * are one and the same. Update numbers rise over all symbols of the venue, so a symbol's own leap; what proves that nothing
 * is missing is that each `U` repeats the `u` before it: an update is what happened behind `U` up to `u`. So the venue's
 * change log has it, and so others found it in thousands of frames; no recording is at hand that proves it. Where it does
 * not hold the book asks for itself anew: a venue that counts otherwise costs resyncs without end, never a lost update.
 *
 * A pair's book comes again after UNSUBSCRIBE and SUBSCRIBE of its stream. Answers name no pair, but they repeat the
 * request's `id`, which therefore does. From the answer to UNSUBSCRIBE on a frame with one number is the whole book again;
 * whatever else is on its way still is a change of a book that nobody holds. Should the venue not send it, the book waits
 * and asks again, and is never wrong.
 */

import type { WireSink } from '../book/wire-message.ts';
import { WireMessage } from '../book/wire-message.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import { ASK, BID } from '../model/event.ts';
import type { ExchangeWire, WireReader } from '../ports/exchange-wire.ts';
import {
  geminiComparison,
  geminiInstrumentsRequest,
  geminiLimits,
  parseGeminiHttp,
  routeGeminiHttp,
  splitGeminiSymbol,
} from './gemini-common.ts';
import { scanFrame, US_MAX } from './gemini-scan.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJsonWithNumberTexts, text, words } from './json.ts';

/** Each frame's `U` repeats the `u` before it; 0 where a venue counts on from there, as Binance does. */
const OVERLAP = 1;

const HEAD_BYTES = 64;
const FIRST_FIELD = /^\s*\{\s*"(?:e|E|u|id|lastUpdateId)"\s*:/;
const SYMBOL_FIELD = /"s"\s*:\s*"([^"\\]+)"/;
const NANOSECONDS = /^[1-9]\d{18}$/;
const DIGITS = /^\d+$/;
const UNSUBSCRIBE_ID = /^UNSUBSCRIBE (.+)$/;
const REQUEST_ID = /^(?:UN)?SUBSCRIBE (.+)$/;

const message = new WireMessage();

/** Nanoseconds have 19 digits and pass 2^53: the last three are cut from the text. */
function usFromNanoseconds(nanoseconds: string): number {
  const us = NANOSECONDS.test(nanoseconds) ? Number(nanoseconds.slice(0, -3)) : NaN;
  return us < US_MAX ? us : NaN;
}

/** An update number from its text; NaN where it is none, or beyond 2^53. */
function updateNumber(value: unknown): number {
  const digits = text(value);
  const number = Number(digits);
  return DIGITS.test(digits) && Number.isSafeInteger(number) ? number : NaN;
}

function malformed(sink: WireSink, detail: string, venueSymbol = ''): void {
  message.start('malformed', venueSymbol).detail = detail;
  sink(message);
}

function pushLevels(side: number, rows: unknown): boolean {
  if (!Array.isArray(rows)) return false;
  return (rows as unknown[]).every(
    (row) => Array.isArray(row) && message.levels.push(side, text(row[0]), text(row[1])),
  );
}

/** Sample: `{"e":"depthUpdate","E":1785000000659505382,"s":"btcusd","U":1764527605192323,"u":1764527605192686,
 * "b":[["64250.10","1.25"],["64249.00","0.00000000"]],"a":[["64250.11","0.75"]]}` */
function parseDepth(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  message.start('delta', symbol);
  message.exchangeUs = usFromNanoseconds(text(data['E']));
  message.first = updateNumber(data['U']);
  message.last = updateNumber(data['u']);
  if (symbol === '' || !(message.first <= message.last) || Number.isNaN(message.exchangeUs)) {
    malformed(sink, 'depthUpdate: s, E, U or u is missing or no number', symbol);
  } else if (!pushLevels(BID, data['b']) || !pushLevels(ASK, data['a'])) {
    malformed(sink, 'depthUpdate: a level in b or a is not [price, quantity]', symbol);
  } else {
    sink(message);
  }
}

/** Sample: `{"E":1785000000659505382,"s":"btcusd","t":2840140956529623,"p":"64250.11","q":"0.01","m":true}`; `m`: the
 * buyer was the maker. */
function parseTrade(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  message.start('trades', symbol);
  const at = usFromNanoseconds(text(data['E']));
  const id = text(data['t']);
  message.exchangeUs = at;
  if (symbol === '' || !DIGITS.test(id) || Number.isNaN(at) || typeof data['m'] !== 'boolean') {
    malformed(sink, 'trade: s, t, E or m is missing or nonsense', symbol);
  } else if (message.trades.push(id, text(data['p']), text(data['q']), !data['m'], at)) {
    sink(message);
  } else {
    malformed(sink, 'trade: p or q is not a number above zero', symbol);
  }
}

/** Sample: `{"u":1764527605192686,"E":1785000000600117161,"s":"btcusd","b":"64250.10","B":"0.75","a":"64250.11","A":"1.2"}` */
function parseQuote(data: JsonObject, sink: WireSink): void {
  const symbol = text(data['s']);
  const [bid, bidSize, ask, askSize] = [text(data['b']), text(data['B']), text(data['a']), text(data['A'])];
  // A side without any order is left out or zero: nothing to hold a book against.
  if ([bid, bidSize, ask, askSize].some((number) => Number(number) === 0)) return sink(message.start('ignored'));
  const { levels } = message.start('quote', symbol);
  message.last = updateNumber(data['u']);
  if (
    symbol === '' ||
    Number.isNaN(message.last) ||
    Number.isNaN(usFromNanoseconds(text(data['E']))) ||
    !levels.push(BID, bid, bidSize) ||
    !levels.push(ASK, ask, askSize)
  ) {
    malformed(sink, 'bookTicker: a field is missing or no number', symbol);
  } else {
    sink(message);
  }
  return undefined;
}

/** Sample: `{"id":"SUBSCRIBE btcusd","status":400,"error":{"code":-1013,"msg":"Invalid stream name: x@depth"}}` */
function parseReply(data: JsonObject, sink: WireSink): void {
  const { id, status, error } = { id: text(data['id']), status: words(data['status']), error: data['error'] };
  if (error !== undefined || data['result'] === 'error' || Number(status) >= 400) {
    message.start('refused', REQUEST_ID.exec(id)?.[1] ?? '');
    const [code, said] = isObject(error) ? [words(error['code']), words(error['msg'])] : ['', words(error)];
    message.detail = [code, said].filter((part) => part !== '').join(': ') || `status ${status || 'unknown'}`;
  } else {
    const symbol = UNSUBSCRIBE_ID.exec(id)?.[1];
    message.start(symbol === undefined ? 'ignored' : 'unsubscribed', symbol);
  }
  sink(message);
}

/** Any frame of this wire, whatever its spaces and the order of its fields. */
function parseAny(frame: Uint8Array, sink: WireSink): void {
  const data = parseJsonWithNumberTexts(textOfUtf8(frame));
  if (!isObject(data)) return malformed(sink, 'not a JSON object', gemini.route(frame));
  if (data['e'] === 'depthUpdate') return parseDepth(data, sink);
  if (typeof data['e'] === 'string' || 'lastUpdateId' in data) return sink(message.start('ignored'));
  if ('t' in data) return parseTrade(data, sink);
  if ('u' in data && 's' in data) return parseQuote(data, sink);
  if (['id', 'status', 'error', 'result'].some((name) => name in data)) return parseReply(data, sink);
  return malformed(sink, 'neither an event nor a reply', gemini.route(frame));
}

class GeminiReader implements WireReader {
  /** Symbols whose whole book has come. */
  private readonly begun = new Set<string>();

  parse(frame: Uint8Array, sink: WireSink): void {
    if (scanFrame(frame, message)) {
      this.place();
      sink(message);
      return;
    }
    parseAny(frame, (read) => {
      read.general = true;
      this.place();
      sink(read);
    });
  }

  state(): readonly string[] {
    return [...this.begun];
  }

  restore(state: unknown): void {
    this.begun.clear();
    if (!Array.isArray(state)) return;
    for (const symbol of state as unknown[]) if (typeof symbol === 'string') this.begun.add(symbol);
  }

  /** Tells the whole book from a change of it. */
  private place(): void {
    const { kind, venueSymbol } = message;
    if (kind === 'unsubscribed') {
      this.begun.delete(venueSymbol);
    } else if (kind === 'delta') {
      // Both are asked for: a frame that was begun in the middle of a connection has two numbers, and a change that had
      // one would say nothing new.
      if (message.first === message.last && !this.begun.has(venueSymbol)) {
        this.begun.add(venueSymbol);
        message.kind = 'snapshot';
        message.first = NaN;
      } else {
        message.first += OVERLAP;
      }
    }
  }
}

function request(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', symbol: string, streams: readonly string[]): string {
  return JSON.stringify({ id: `${method} ${symbol}`, method, params: streams.map((name) => `${symbol}@${name}`) });
}

const DEPTH_STREAM = 'depth@100ms';

export const gemini = {
  exchange: 'gemini',
  wire: 'gemini',
  rules: { snapshot: 'stream', sequence: 'range', checksum: null, keepDigits: false, depth: 'full' },
  limits: {
    ...geminiLimits,
    // No limit of streams is published.
    pairsPerConnection: 50,
    sendIntervalMs: 50,
    // The venue pings every 20 s.
    silenceMs: 30_000,
    ping: '{"id":"ping","method":"ping"}',
  },
  endpoints: { ws: 'wss://ws.gemini.com', rest: 'https://api.gemini.com' },

  speaksAt: (url) => /\bws\.(?:sandbox\.)?gemini\.com/.test(url) || /\/\?snapshot=/.test(url),
  recognises: (frame) => FIRST_FIELD.test(textOfUtf8(frame.subarray(0, HEAD_BYTES))),
  route: (frame) => SYMBOL_FIELD.exec(textOfUtf8(frame))?.[1] ?? '',
  reader: () => new GeminiReader(),

  connectPath: () => '/?snapshot=-1',

  subscribe({ venueSymbols, audit }) {
    const streams = [DEPTH_STREAM, 'trade', ...(audit ? ['bookTicker'] : [])];
    // One request per pair: a name that the venue does not know makes it refuse the whole request.
    return venueSymbols.map((symbol) => request('SUBSCRIBE', symbol.toLowerCase(), streams));
  },

  resubscribe(venueSymbol) {
    const symbol = venueSymbol.toLowerCase();
    return [request('UNSUBSCRIBE', symbol, [DEPTH_STREAM]), request('SUBSCRIBE', symbol, [DEPTH_STREAM])];
  },

  snapshotRequest: () => null,
  comparison: geminiComparison,
  instrumentsRequest: geminiInstrumentsRequest,
  routeHttp: routeGeminiHttp,
  parseHttp: (url, body, sink) => parseGeminiHttp(message, url, body, sink),
  splitSymbol: splitGeminiSymbol,
  venueSymbol: ({ base, quote }) => `${base}${quote}`.toLowerCase(),
} satisfies ExchangeWire;
