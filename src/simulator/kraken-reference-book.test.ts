import { describe, expect, it } from 'vitest';
import { KrakenReferenceBook, referenceCrc32 } from './kraken-reference-book.ts';

/** Kraken's documented example: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2 */
const ASKS =
  '45285.2:0.00100000 45286.4:1.54571953 45286.6:1.54571109 45289.6:1.54560911 45290.2:0.15890660 45291.8:1.54553491 45294.7:0.04454749 45296.1:0.35380000 45297.5:0.09945542 45299.5:0.18772827';
const BIDS =
  '45283.5:0.10000000 45283.4:1.54582015 45282.1:0.10000000 45281.0:0.10000000 45280.3:1.54592586 45279.0:0.07990000 45277.6:0.03310103 45277.5:0.30000000 45277.3:1.54602737 45276.6:0.15445238';

function levels(text: string): [price: string, qty: string][] {
  return text.split(' ').map((level) => {
    const [price = '', qty = ''] = level.split(':');
    return [price, qty];
  });
}

describe('reference book of Kraken', () => {
  it('computes CRC-32 as everybody does', () => {
    expect(referenceCrc32('123456789')).toBe(3421780262);
  });

  it('gets the checksum of the documented example', () => {
    const book = new KrakenReferenceBook(10);
    book.asks = levels(ASKS);
    book.bids = levels(BIDS);
    expect(book.checksum()).toBe(3310070434);
  });

  it('gets the checksum of a book with less than ten levels', () => {
    const book = new KrakenReferenceBook(10);
    book.asks = levels('100.10:0.50000000 100.20:1.00000000');
    book.bids = levels('100.00:0.25000000 99.90:2.00000000');
    expect(book.checksum()).toBe(326197103);
  });
});
