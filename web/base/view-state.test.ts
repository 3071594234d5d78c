import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ViewState } from './view-state.ts';
import { INITIAL_VIEW, PAGES, parseView, queryOf, RANGES_S, SCORES_MIN, THEMES } from './view-state.ts';

const pair = fc.constantFrom('', 'kraken:BTC-USD', 'binance:SIM001-USDT');
const sort = fc.constantFrom('pair', '-whales', 'away', '-state');
const views: fc.Arbitrary<ViewState> = fc.record({
  page: fc.constantFrom(...PAGES),
  pair,
  rangeS: fc.constantFrom(...RANGES_S),
  scoreMin: fc.constantFrom(...SCORES_MIN),
  untilMs: fc.option(fc.integer({ min: 1, max: 4e12 })),
  theme: fc.constantFrom(...THEMES),
  sort,
  search: fc.string({ maxLength: 40 }),
  market: pair,
  bookSort: sort,
  bookSearch: fc.string({ maxLength: 40 }),
});

describe('the address of a view', () => {
  it('says all of it', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(parseView(queryOf(view))).toEqual(view);
      }),
    );
  });

  it('leaves out what is as usual', () => {
    expect(queryOf(INITIAL_VIEW)).toBe('?');
    expect(queryOf({ ...INITIAL_VIEW, pair: 'kraken:BTC-USD', scoreMin: 4 })).toBe('?pair=kraken:BTC-USD&score=4');
  });

  it.each(['?view=moon&range=7&score=99&until=never&theme=pink&sort=<b>&pair=nothing', '?&&&=', '?until=-5&range='])(
    'is read as usual where it is nonsense: %s',
    (query) => expect(parseView(query)).toEqual(INITIAL_VIEW),
  );
});
