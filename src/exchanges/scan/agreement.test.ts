/**
 * Every wire's fast way of reading frames against its general way: whatever the scanner accepts means to the general
 * reader the same, field by field, level by level and digit by digit. The general way is forced by one space behind the
 * first bracket, which changes nothing of the JSON and is in no venue's shape.
 */

import { expect, it } from 'vitest';
import { describeWithData } from '../../../test/data.ts';
import type { CaptureName } from '../../../test/fixtures/captures.ts';
import { captureParts, recordsAt } from '../../../test/fixtures/captures.ts';
import type { PlainMessage } from '../../../test/fixtures/wire-messages.ts';
import { answersOf, messagesOf } from '../../../test/fixtures/wire-messages.ts';
import { assert } from '../../lib/assert.ts';
import type { Prng } from '../../lib/prng.ts';
import { chance, createPrng, int, pick } from '../../lib/prng.ts';
import { textOfUtf8 } from '../../lib/utf8.ts';
import type { ExchangeWire, WireReader } from '../../ports/exchange-wire.ts';
import { binance } from '../binance.ts';
import { bitfinex } from '../bitfinex.ts';
import { coinbaseAdvanced } from '../coinbase-advanced.ts';
import { geminiV2 } from '../gemini-v2.ts';
import { bitstamp } from '../bitstamp.ts';
import { krakenV1 } from '../kraken-v1.ts';
import { krakenV2 } from '../kraken-v2.ts';

const SEED = 'agreement-1';
const MUTATIONS = 6_000;
/** Frames of a recording that are cut at every byte. */
const CUT_FRAMES = 30;

interface Agreement {
  readonly wire: ExchangeWire;
  /** The least share of the frames with market data that the scanner must read. */
  readonly fastShareMin: number;
}

const AGREEMENTS: Readonly<Partial<Record<CaptureName, Agreement>>> = {
  'binance-650s': { wire: binance, fastShareMin: 1 },
  'binance-4pairs': { wire: binance, fastShareMin: 1 },
  'binance-3pairs': { wire: binance, fastShareMin: 1 },
  'kraken-v1': { wire: krakenV1, fastShareMin: 0.999 },
  'kraken-v2-mina': { wire: krakenV2, fastShareMin: 1 },
  'kraken-v2-btc': { wire: krakenV2, fastShareMin: 1 },
  'gemini-v2': { wire: geminiV2, fastShareMin: 1 },
  // Three first books have auctions in them.
  'gemini-v2-2021': { wire: geminiV2, fastShareMin: 0.99 },
  'coinbase-advanced': { wire: coinbaseAdvanced, fastShareMin: 1 },
  // One of its ten first books has an amount beyond 2^53.
  'bitstamp-9pairs': { wire: bitstamp, fastShareMin: 0.998 },
  'bitfinex-7pairs': { wire: bitfinex, fastShareMin: 1 },
};

const MARKET_DATA: ReadonlySet<string> = new Set(['snapshot', 'delta', 'trades', 'quote']);
const SPACE = 0x20;
/** Bytes that a frame is made of, more than others. */
const LIKELY = Buffer.from('0123456789012345678901234567890123456789..,,""[]{}:-eE\\ \n\0/:;@é', 'utf8');

interface Frame {
  /** A REST answer where it is not null. */
  readonly url: string | null;
  readonly bytes: Uint8Array;
  /** What the connection's reader remembers from the frames before. */
  readonly state: unknown;
}

function framesAt(path: string, wire: ExchangeWire): Frame[] {
  const readers = new Map<string, WireReader>();
  return recordsAt(path).flatMap(({ conn, op, url, data: bytes }) => {
    if (op === 'open') readers.delete(conn);
    if (bytes === null || (op !== 'recv' && op !== 'http')) return [];
    const reader = readers.get(conn) ?? wire.reader();
    readers.set(conn, reader);
    const frame = { url: op === 'http' ? url : null, bytes, state: reader.state() };
    if (op === 'recv') reader.parse(bytes, () => undefined);
    return [frame];
  });
}

/** Equal JSON that no scanner knows. */
function spaced({ bytes, ...frame }: Frame): Frame {
  const at = bytes.findIndex((code) => code === 0x7b || code === 0x5b) + 1;
  return { ...frame, bytes: Buffer.concat([bytes.subarray(0, at), Buffer.of(SPACE), bytes.subarray(at)]) };
}

function read(wire: ExchangeWire, { url, bytes, state }: Frame): PlainMessage[] {
  if (url !== null) return answersOf(wire, url, bytes);
  const reader = wire.reader();
  reader.restore(state);
  return messagesOf(reader, bytes);
}

const contentOf = (messages: readonly PlainMessage[]): string =>
  // Absent numbers are NaN, and an unlimited depth is infinite: JSON must tell them from others.
  JSON.stringify(messages, (key, value: unknown) =>
    key === 'general' ? undefined : typeof value === 'number' ? String(value) : value,
  );

const isFast = (messages: readonly PlainMessage[]): boolean => messages.every(({ general }) => !general);

const hasMarketData = (messages: readonly PlainMessage[]): boolean =>
  messages.some(({ kind }) => MARKET_DATA.has(kind));

/** What the wire says of the frame; the scanner's word is held against the general one. */
function judged(wire: ExchangeWire, frame: Frame): PlainMessage[] {
  const messages = read(wire, frame);
  if (!isFast(messages)) return messages;
  const generally = read(wire, spaced(frame));
  if (contentOf(messages) === contentOf(generally)) return messages;
  const text = textOfUtf8(frame.bytes.subarray(0, 2_000));
  throw new Error(`${text}\n was read as ${contentOf(messages)}\n and means ${contentOf(generally)}`);
}

/** The frame with one byte changed, put in or taken out, more often near its ends than in its long middle. */
function damaged({ bytes, ...frame }: Frame, prng: Prng): Frame {
  const near = Math.min(200, bytes.length);
  const at = pick(prng, [int(prng, 0, near), bytes.length - int(prng, 0, near), int(prng, 0, bytes.length)]);
  const code = chance(prng, 0.8) ? pick(prng, [...LIKELY]) : int(prng, 0, 255);
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
  const middle = pick(prng, [
    () => [Buffer.of(code), behind.subarray(1)],
    () => [Buffer.of(code), behind],
    () => [behind.subarray(1)],
    // A piece of it twice, as where a buffer was filled wrongly.
    () => [behind.subarray(0, int(prng, 1, 8)), behind],
  ])();
  return { ...frame, bytes: Buffer.concat([before, ...middle]) };
}

/** Frames of every kind and size: some of each length, the rest at random. */
function sampleOf(frames: readonly Frame[], count: number, prng: Prng): Frame[] {
  const byLength = [...frames].sort((a, b) => a.bytes.length - b.bytes.length);
  const step = Math.max(1, Math.floor(byLength.length / count));
  return byLength.filter((_, i) => i % step === 0).map((frame) => (chance(prng, 0.5) ? frame : pick(prng, frames)));
}

for (const [name, { wire, fastShareMin }] of Object.entries(AGREEMENTS) as [CaptureName, Agreement][]) {
  describeWithData(`the two ways of ${wire.wire} with ${name} (seed ${SEED})`, captureParts(name), (path) => {
    const frames = framesAt(path, wire);

    it('agree on every frame, and the fast one reads what is frequent', () => {
      const counts = { data: 0, fast: 0 };
      for (const frame of frames) {
        const messages = judged(wire, frame);
        if (!hasMarketData(messages)) continue;
        counts.data++;
        if (!isFast(messages)) continue;
        counts.fast++;
        // Else this would compare the fast way with itself.
        if (fastShareMin > 0) assert(!isFast(read(wire, spaced(frame))), 'the general way was not taken');
      }
      expect(counts.data).toBeGreaterThan(0);
      expect(counts.fast / counts.data).toBeGreaterThanOrEqual(fastShareMin);
    });

    it('agree on whatever the fast one accepts of damaged frames', () => {
      const prng = createPrng(`${SEED}-${name}`);
      // Long snapshots are many bytes and few shapes.
      const short = frames.filter(({ bytes }) => bytes.length < 4_000);
      let accepted = 0;
      for (let round = 0; round < MUTATIONS; round++) {
        const messages = judged(wire, damaged(pick(prng, round % 100 === 0 ? frames : short), prng));
        if (isFast(messages) && hasMarketData(messages)) accepted++;
      }
      // Many damages change a digit only: the frame is as good as before, and says something else.
      if (fastShareMin > 0) expect(accepted).toBeGreaterThan(MUTATIONS / 20);
    });

    it('refuse a frame that breaks off anywhere, whatever follows in the memory', () => {
      const short = frames.filter(({ bytes }) => bytes.length < 1_500);
      for (const { bytes, ...frame } of sampleOf(short, CUT_FRAMES, createPrng(SEED))) {
        // The rest of the frame, and the next ones, lie behind the cut; also where there is no room to look ahead.
        const roomy = Buffer.concat([bytes, bytes, Buffer.alloc(100, '9')]);
        for (let end = 0; end < bytes.length; end++) {
          for (const memory of [roomy, Uint8Array.from(bytes.subarray(0, end))]) {
            const messages = read(wire, { ...frame, bytes: memory.subarray(0, end) });
            assert(messages.length === 1 && messages[0]?.kind === 'malformed', `${end} of ${textOfUtf8(bytes)}`);
          }
        }
      }
    });
  });
}
