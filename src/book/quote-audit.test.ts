import { beforeEach, describe, expect, it } from 'vitest';
import { levelBuffer } from '../../test/fixtures/book-views.ts';
import { Book } from './book.ts';
import { QuoteAudit } from './quote-audit.ts';

const quote = (bid: string, ask: string): ReturnType<typeof levelBuffer> =>
  levelBuffer([
    { side: 'bid', price: bid, size: '1.50000000' },
    { side: 'ask', price: ask, size: '2.00000000' },
  ]);

describe('QuoteAudit', () => {
  let audit = new QuoteAudit();
  const book = new Book({ keepDigits: false });
  const check = (last: number): boolean | null => audit.check(last, book.top, book.priceScale, book.sizeScale);

  beforeEach(() => {
    audit = new QuoteAudit();
    const levels = [
      { side: 'bid', price: '100.1', size: '1.5' },
      { side: 'ask', price: '100.2', size: '2' },
      { side: 'bid', price: '99', size: '7' },
    ] as const;
    book.load(levelBuffer(levels), { limit: Number.POSITIVE_INFINITY, window: false });
  });

  it('has nothing to say before a quote that is old enough', () => {
    expect(check(10)).toBeNull();
    audit.add(11, quote('1', '2'));
    expect(check(10)).toBeNull();
  });

  it('compares with the newest quote that is not ahead of the book, by value', () => {
    audit.add(8, quote('1', '2'));
    audit.add(10, quote('100.10000000', '100.20000000'));
    audit.add(12, quote('3', '4'));
    expect(check(11)).toBe(true);
    expect(check(12)).toBe(false);
  });

  it('keeps to the newest quote while no newer one comes', () => {
    audit.add(10, quote('100.1', '100.2'));
    expect([check(10), check(11), check(99)]).toEqual([true, true, true]);
  });

  it('sees an empty side as a difference', () => {
    audit.add(10, quote('100.1', '100.2'));
    book.apply(levelBuffer([{ side: 'ask', price: '100.2', size: '0' }]));
    expect(check(10)).toBe(false);
  });

  it('agrees with a wide book', () => {
    book.apply(levelBuffer([{ side: 'bid', price: '1', size: `${2n ** 60n}` }]));
    expect(book.wide).toBe(true);
    audit.add(10, quote('100.1', '100.2'));
    expect(check(10)).toBe(true);
  });

  it('goes on from its state, and forgets when cleared', () => {
    audit.add(10, quote('100.1', '100.2'));
    audit.add(20, quote('1', '2'));
    check(10);
    const restored = new QuoteAudit();
    restored.restore(structuredClone(audit.state()));
    audit = restored;
    expect([check(15), check(20)]).toEqual([true, false]);
    audit.clear();
    expect(check(30)).toBeNull();
  });

  it('takes quotes of any scale, and tells the last digit apart', () => {
    audit.add(1, quote('100.1', '100.20'));
    audit.add(2, quote('100.10000000000', '100.2'));
    audit.add(3, quote('100.10000000001', '100.2'));
    audit.add(4, quote('100', '100.2'));
    expect([check(1), check(2), check(3), check(4)]).toEqual([true, true, false, false]);
  });

  it('compares a quote beyond 2^53 exactly, and forgets it with the next', () => {
    const wide = `${2n ** 60n + 1n}`;
    const sized = (size: string): ReturnType<typeof levelBuffer> =>
      levelBuffer([
        { side: 'bid', price: '100.1', size },
        { side: 'ask', price: '100.2', size: '2' },
      ]);
    book.apply(levelBuffer([{ side: 'bid', price: '100.1', size: wide }]));
    audit.add(10, sized(wide));
    audit.add(11, sized(`${2n ** 60n}`));
    audit.add(12, sized(wide));
    expect([check(10), check(11), check(12)]).toEqual([true, false, true]);
    expect(audit.state().wide).toHaveLength(1);
    const restored = new QuoteAudit();
    restored.restore(structuredClone(audit.state()));
    audit = restored;
    expect(check(13)).toBe(true);
  });

  it('keeps the order of its quotes while some go and more come', () => {
    // Good and bad ones by turns: each check must see its own.
    let added = 0;
    for (let last = 1; last <= 3_000; last++) {
      while (added < Math.min(3_000, last + (last % 97)))
        audit.add(++added, quote(added % 3 === 0 ? '100.1' : '7', '100.2'));
      expect(check(last), `update ${last}`).toBe(last % 3 === 0);
    }
    expect(audit.state().waiting).toHaveLength(0);
  });

  it('drops the oldest quotes when too many wait', () => {
    for (let last = 1; last <= 5_000; last++) audit.add(last, quote('100.1', '100.2'));
    // A number and four times a mantissa and its decimals each.
    expect(audit.state().waiting).toHaveLength(4_096 * 9);
    expect(check(904)).toBeNull();
    expect(check(905)).toBe(true);
  });
});
