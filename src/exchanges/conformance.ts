/**
 * What every wire must do, as one numbered suite: each wire's test hands in samples of its venue's frames and what they
 * mean. The numbers are the same for all venues, so that a matrix of venues and cases can be read off a test run.
 */

import { describe, expect, it } from 'vitest';
import type { CaptureName } from '../../test/fixtures/captures.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { describeWithData } from '../../test/data.ts';
import type { PlainMessage } from '../../test/fixtures/wire-messages.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { textOfUtf8, utf8Of } from '../lib/utf8.ts';
import type { ExchangeWire, Subscription, WireReader } from '../ports/exchange-wire.ts';
import { wireRegistry, WIRES } from './registry.ts';

/** A frame, or a REST answer where there is a URL, and what its messages must at least say. */
export interface Sample {
  readonly frame: string;
  readonly url?: string;
  readonly messages: readonly Partial<PlainMessage>[];
}

export interface WireUnderTest {
  readonly wire: ExchangeWire;
  readonly subscription: Subscription;
  /** What the venue has sent on the connection before any of the samples, for wires whose frames do not stand alone. */
  readonly opening?: readonly string[];
  /** The venue's name of the first pair's book channel after that. */
  readonly channel?: string;
  readonly subscribe: readonly string[];
  /** Frames that ask for the first pair's snapshot again. */
  readonly resubscribe: readonly string[];
  readonly snapshot: Sample;
  readonly delta: Sample;
  /** A level of size zero. */
  readonly removal: Sample;
  /** One price several times in one message. */
  readonly repeatedPrice: Sample;
  /** Both sides of takers. */
  readonly trades: readonly Sample[];
  /** Heartbeats, and frames of kinds that are not used. */
  readonly idle: readonly Sample[];
  readonly refusals: readonly Sample[];
  readonly acknowledgements: readonly Sample[];
  readonly status: readonly Sample[];
  /** Frames with something missing or wrong, and the symbol that they are still about. */
  readonly malformed: readonly { readonly frame: string; readonly venueSymbol: string }[];
  /** Of wires of single orders: a price of zero is that of a market order, which never rests. */
  readonly hasMarketOrders?: true;
  /** A delta frame with one bid of these number texts: a level, or a new order. */
  readonly withLevel: (price: string, size: string) => string;
  /** A frame around any JSON value in a place where the parser looks for a text or a number. */
  readonly hostile: (json: string) => readonly string[];
  readonly hostileAnswers?: (json: string) => readonly { readonly url: string; readonly body: string }[];
  readonly instruments: Sample;
  /** The first pair's book by REST, where live books are held against it. */
  readonly reference?: Sample;
  /** The venue's symbol and the pair that it means; null where it means none. */
  readonly symbols: readonly (readonly [venueSymbol: string, pair: string | null])[];
  readonly captures: readonly CaptureName[];
  /** Frames of other wires of the same venue. */
  readonly foreignFrames: readonly string[];
}

/** Trades of the same venue come alike on both channels. */
const LEVEL_WIRES = WIRES.filter(({ orders }) => orders === undefined);

const NONSENSE = ['', '-', '.', '1.', 'NaN', '0x10', '1e999', '1,5', ' 1', '-1', '9'.repeat(400)];

const HOSTILE_VALUES = [
  'null',
  'true',
  '[]',
  '{}',
  '-1',
  '1e999',
  '""',
  '"\\ud800"',
  '[["1","2"]]',
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"length":1}}',
  '{"length":4294967295}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
];

/** Registers the suite for one wire. */
export function wireConformance(underTest: WireUnderTest): void {
  const { wire, subscription, opening = [] } = underTest;
  /** On a connection that has just been opened. */
  const framed = (frame: string): PlainMessage[] => {
    const reader = wire.reader();
    for (const before of opening) reader.parse(utf8Of(before), () => undefined);
    return messagesOf(reader, frame);
  };
  /** Levels without the numbers of orders, which only some venues tell; orders without what they are. */
  const uncounted = (frame: string): PlainMessage[] =>
    framed(frame).map((message) => ({
      ...message,
      levels: [
        ...message.levels.map((level) => level.replace(/ in \d+$/, '')),
        ...message.orders.map((order) => order.replace(/^.*(?=(?:bid|ask) )/, '')),
      ],
    }));
  const read = ({ frame, url }: Sample): PlainMessage[] =>
    url === undefined ? framed(frame) : answersOf(wire, url, frame);
  const expectSample = (sample: Sample): void => {
    expect(read(sample)).toMatchObject(sample.messages);
  };
  const samplesOf = (samples: readonly Sample[]): void => {
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) expectSample(sample);
  };

  describe(`wire conformance of ${wire.wire}`, () => {
    it('W01 subscribes to book and trades of every pair', () => {
      expect(wire.subscribe(subscription)).toEqual(underTest.subscribe);
    });

    it('W02 names every pair of a full connection, in frames of a bounded size', () => {
      const venueSymbols = Array.from({ length: wire.limits.pairsPerConnection }, (_, i) => `PAIR${i}/QUOTE`);
      const frames = wire.subscribe({ ...subscription, venueSymbols });
      for (const frame of frames) expect(frame.length).toBeLessThan(16_384);
      const all = frames.join('').toUpperCase();
      for (const symbol of venueSymbols) expect(all).toContain(symbol);
    });

    it('W03 asks for a snapshot again', () => {
      const [symbol = ''] = subscription.venueSymbols;
      expect(wire.resubscribe(symbol, subscription, underTest.channel ?? '')).toEqual(underTest.resubscribe);
      // One of the two ways must lead to a snapshot.
      expect(underTest.resubscribe.length > 0).toBe(wire.snapshotRequest(symbol, 100) === null);
      expect(wire.rules.snapshot).toBe(underTest.resubscribe.length > 0 ? 'stream' : 'rest');
    });

    it('W04 is found by the URL that it connects to, by its name and by its frames, and it alone', () => {
      expect(wireRegistry.byName(wire.wire)).toBe(wire);
      const frames = [underTest.delta, ...underTest.trades].map(({ frame }) => frame);
      if (wire.orders === undefined) {
        const url = wire.endpoints.ws + wire.connectPath(subscription);
        expect(wireRegistry.at(wire.exchange, url)).toBe(wire);
        for (const frame of frames) {
          const readers = LEVEL_WIRES.filter((one) => one.exchange === wire.exchange && one.recognises(utf8Of(frame)));
          expect(readers).toEqual([wire]);
        }
      } else {
        // What is asked for and what comes first tells it from levels at the same address.
        // Of frames that do not stand alone only the channel's beginning tells.
        const told = opening.length > 0 ? [] : [underTest.delta.frame];
        const first = underTest.acknowledgements[0]?.frame ?? '';
        const shows = (frame: string): boolean => wireRegistry.ofOrders(wire.exchange, utf8Of(frame)) === wire;
        expect(wire.subscribe(subscription).some(shows)).toBe(true);
        expect([first, ...told].filter((frame) => !shows(frame))).toEqual([]);
        for (const frame of told) expect(wireRegistry.ofFrame(wire.exchange, utf8Of(frame))).toBe(wire);
        expect(wireRegistry.live(wire.exchange, 'orders')).toBe(wire);
      }
      for (const frame of underTest.foreignFrames) expect(wire.recognises(utf8Of(frame))).toBe(false);
    });

    it('W05 reads a snapshot', () => expectSample(underTest.snapshot));

    it('W06 reads a delta', () => expectSample(underTest.delta));

    it('W07 reads a removal as size zero', () => expectSample(underTest.removal));

    it('W08 keeps every mention of a price, in order', () => expectSample(underTest.repeatedPrice));

    it('W09 reads trades with the side of the taker', () => {
      samplesOf(underTest.trades);
      const told = underTest.trades.flatMap((sample) => read(sample)).flatMap(({ trades }) => trades);
      expect(new Set(told.map((trade) => trade.split(' ')[0]))).toEqual(new Set(['buy', 'sell']));
    });

    it('W10 passes by heartbeats and kinds that are not used', () => {
      samplesOf(underTest.idle);
      for (const sample of underTest.idle) {
        for (const { kind } of read(sample)) expect(['ignored', 'heartbeat']).toContain(kind);
      }
    });

    it('W11 hands on what the venue refuses, in its words', () => {
      samplesOf(underTest.refusals);
      for (const sample of underTest.refusals) {
        for (const { kind, detail } of read(sample)) expect([kind, detail === '']).toEqual(['refused', false]);
      }
    });

    it('W12 reads acknowledgements', () => samplesOf(underTest.acknowledgements));

    it('W13 reads what the venue says of its own state', () => samplesOf(underTest.status));

    it('W14 makes one malformed message, with its reason, of a frame that makes no sense', () => {
      const broken = ['', ' ', 'null', 'true', '0', '""', '[]', '{}', '[[]]', '{', ']', 'hello', '\0', '\ufeff{}'];
      for (const frame of broken) {
        expect(framed(frame), JSON.stringify(frame)).toMatchObject([{ kind: 'malformed', venueSymbol: '' }]);
      }
      for (const { frame, venueSymbol } of underTest.malformed) {
        const messages = framed(frame);
        expect(messages, frame).toMatchObject([{ kind: 'malformed', venueSymbol }]);
        expect(messages[0]?.detail).not.toBe('');
      }
    });

    it('W15 takes a frame that breaks off anywhere for malformed', () => {
      for (const { frame } of [underTest.delta, underTest.trades[0] ?? underTest.delta]) {
        for (let end = 0; end < frame.length; end++) {
          expect(framed(frame.slice(0, end)).map(({ kind }) => kind)).toEqual(['malformed']);
        }
      }
    });

    it('W16 keeps every digit of extreme numbers', () => {
      const extremes = ['0.00000001', '1000000000000.00000001', '9007199254740991', '9007199254740993', '0.10000000'];
      for (const price of extremes) {
        for (const size of extremes) {
          expect(uncounted(underTest.withLevel(price, size))).toMatchObject([
            { kind: 'delta', levels: [`bid ${price} x ${size}`] },
          ]);
        }
      }
      expect(uncounted(underTest.withLevel('2E-7', '1.5e3'))).toMatchObject([
        { kind: 'delta', levels: ['bid 0.0000002 x 1500'] },
      ]);
    });

    it('W17 refuses nonsense numbers', () => {
      for (const text of underTest.hasMarketOrders === true ? NONSENSE : [...NONSENSE, '0']) {
        expect(framed(underTest.withLevel(text, '1')), text).toMatchObject([{ kind: 'malformed' }]);
      }
      for (const text of NONSENSE) {
        expect(framed(underTest.withLevel('1', text)), text).toMatchObject([{ kind: 'malformed' }]);
      }
    });

    it('W18 throws for no value in no place', () => {
      for (const value of HOSTILE_VALUES) {
        for (const frame of underTest.hostile(value)) {
          expect(framed(frame).length, frame.slice(0, 200)).toBeGreaterThan(0);
          expect(wire.route(utf8Of(frame))).toBeTypeOf('string');
          expect(wire.recognises(utf8Of(frame))).toBeTypeOf('boolean');
        }
        for (const { url, body } of underTest.hostileAnswers?.(value) ?? []) {
          expect(answersOf(wire, url, body).length, body.slice(0, 200)).toBeGreaterThan(0);
        }
      }
    });

    it('W19 leaves nothing of one frame in the next', () => {
      const { snapshot, delta, trades, removal, status } = underTest;
      const samples = [snapshot, delta, ...trades, removal, ...status];
      const alone = samples.map((sample) => read(sample));
      for (const sample of samples) {
        read(sample);
        expect(samples.map((one) => read(one))).toEqual(alone);
      }
    });

    it('W20 reads the list of instruments', () => expectSample(underTest.instruments));

    it('W21 names pairs canonically, and back', () => {
      for (const [venueSymbol, pair] of underTest.symbols) {
        const split = wire.splitSymbol(venueSymbol);
        expect(split === null ? null : `${split.base}-${split.quote}`, venueSymbol).toBe(pair);
        if (split !== null) expect(wire.splitSymbol(wire.venueSymbol(split))).toEqual(split);
      }
    });

    it('W23 reads the book that it asks for to compare, and knows whose it is', () => {
      const { reference } = underTest;
      expect(reference === undefined).toBe(wire.comparison === undefined);
      if (reference === undefined) return;
      const [symbol = ''] = subscription.venueSymbols;
      const url = wire.endpoints.rest + (wire.comparison?.request(symbol).path ?? '');
      expect(reference.url).toBe(url);
      expectSample(reference);
      for (const message of read(reference))
        expect([message.kind, message.venueSymbol]).toEqual(['snapshot', wire.routeHttp(url)]);
      for (const body of ['{}', '[]', '{"message":"NotFound"}', '{"bids":[["1"]],"asks":[]}']) {
        expect(answersOf(wire, url, body)).toMatchObject([{ kind: 'malformed', venueSymbol: wire.routeHttp(url) }]);
      }
    });

    describe.each(underTest.captures)('with the recording %s', (name) => {
      describeWithData('W22', captureParts(name), (path) => {
        const records = recordsAt(path);

        it('understands every frame, and routes each as it reads it', () => {
          let read = 0;
          const readers = new Map<string, WireReader>();
          // Where frames are numbered over the whole connection, every shard must see them all.
          const isRouted = wire.rules.sequence !== 'connection';
          for (const { conn, op, data, url } of records) {
            if (op === 'open') readers.delete(conn);
            if (data === null || (op !== 'recv' && op !== 'http')) continue;
            const reader = readers.get(conn) ?? wire.reader();
            readers.set(conn, reader);
            const messages = op === 'recv' ? messagesOf(reader, data) : answersOf(wire, url ?? '', data);
            const routed = op === 'recv' ? wire.route(data) : wire.routeHttp(url ?? '');
            expect(messages.length).toBeGreaterThan(0);
            for (const { kind, venueSymbol, detail } of messages) {
              if (kind === 'malformed') expect.unreachable(`${detail}: ${textOfUtf8(data.subarray(0, 200))}`);
              if (routed !== '' && kind !== 'ignored') expect(venueSymbol).toBe(routed);
              // What a book needs must be routed to it, or any shard but one would miss it.
              const isData = ['snapshot', 'delta', 'trades', 'quote', 'checksum'].includes(kind);
              if (isData) expect(routed).toBe(isRouted || op === 'http' ? venueSymbol : '');
            }
            read++;
          }
          expect(read).toBeGreaterThan(0);
        });
      });
    });
  });
}
