import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { EventView } from '../model/event.ts';
import type { FeedRecord } from '../model/feed-record.ts';

const S = 1_000_000;

/** What an event says of itself, and the numbers of a sample. */
function wordsOf(view: EventView): string {
  const { symbol, epoch, seq, span, state, exchangeUs } = view.header;
  const numbers = view.kind === 'book.sample' ? ` ${view.values.subarray(0, view.count).join(',')}` : '';
  return `${view.kind} ${symbol} ${epoch}/${seq}+${span} ${state} ${exchangeUs}${numbers}`;
}

function told(records: readonly FeedRecord[], sampleLevels?: number): EventView[] {
  const world = new IngestWorld(sampleLevels === undefined ? {} : { sampleLevels });
  for (const record of records) world.process(record);
  return world.events;
}

describe.each(['kraken-v1', 'bitstamp-9pairs', 'binance-4pairs'] as const)('the samples of %s', (name) => {
  describeWithData('as its books tell them', captureParts(name), (path) => {
    const records = recordsAt(path);
    const events = told(records, 5);

    it('stand before the first event of each second of a live book, and nowhere else', () => {
      const nextUs = new Map<string, number>();
      let samples = 0;
      for (const [i, { kind, header }] of events.entries()) {
        const { symbol, state, exchangeUs, epoch, seq } = header;
        if (kind === 'book.status') nextUs.delete(symbol);
        const isTimed = state === 'live' && (kind === 'book.delta' || kind === 'trade');
        if (!isTimed) continue;
        const isDue = exchangeUs >= (nextUs.get(symbol) ?? -Infinity);
        const before = events.slice(0, i).findLast((one) => one.header.symbol === symbol);
        // The book came to be live by this very message: before it there was none to be sampled.
        if (before?.kind === 'book.status') continue;
        const isSampled = before?.kind === 'book.sample';
        expect(isSampled, `${kind} of ${symbol} at ${exchangeUs}`).toBe(isDue);
        if (!isDue) continue;
        samples++;
        expect(before?.header).toMatchObject({ epoch, seq, span: 0, state: 'live', exchangeUs });
        nextUs.set(symbol, (Math.floor(exchangeUs / S) + 1) * S);
      }
      expect(samples).toBe(events.filter(({ kind }) => kind === 'book.sample').length);
      expect(samples).toBeGreaterThan(5);
    });

    it('change nothing of the other events', () => {
      const others = events.filter(({ kind }) => kind !== 'book.sample').map(wordsOf);
      expect(others).toEqual(told(records).map(wordsOf));
    });
  });
});
