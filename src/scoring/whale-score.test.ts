import { describe, expect, it } from 'vitest';
import { type BookView, FIRST_SIGHT, KNOWN, type ScoreView, WINDOW_EXIT } from '../model/event.ts';
import { delta } from '../storage/events.fixture.ts';
import type { SizeModel } from './size-model.ts';
import { emptyScore, initialScorer, scoreBookEvent, type ScorerState, sizePoints } from './whale-score.ts';

/** A model that says what the test wants, and writes down what it is asked and taught. */
function scripted(z: number): { model: SizeModel<string[]>; state: ScorerState<string[]> } {
  const model: SizeModel<string[]> = {
    name: 'scripted',
    initial: () => [],
    z(state, size) {
      state.push(`z ${size}`);
      return z;
    },
    observe: (state, size, timeUs) => void state.push(`observe ${size} ${timeUs}`),
  };
  return { model, state: initialScorer(model) };
}

interface Case {
  readonly z?: number;
  readonly bid?: number;
  readonly ask?: number;
  readonly bidSum?: number;
  readonly askSum?: number;
  readonly price?: number;
  readonly size?: number;
}

/** A delta of one order at two decimals of price and three of size, in base and quote units. */
function event({ bid = 99.9, ask = 100.1, bidSum = 500, askSum = 100, price = 50, size = 1 }: Case): BookView {
  const view = delta([['bid', price * 100, size * 1000, size * 1000, -1]], { priceScale: 2, sizeScale: 3, seq: 7 });
  view.top = {
    bid: bid * 100,
    bidSize: 1,
    ask: ask * 100,
    askSize: 1,
    bidSum: bidSum * 1e3,
    askSum: askSum * 1e3,
    wide: null,
  };
  return view;
}

function scores(view: BookView, z: number): ScoreView[] {
  const { model, state } = scripted(z);
  const found: ScoreView[] = [];
  scoreBookEvent(model, state, view, emptyScore(), (score) => found.push(structuredClone(score)));
  return found;
}

describe('sizePoints', () => {
  it.each([
    [-5, 0],
    [1.999_999, 0],
    [2, 1],
    [2.999_999, 1],
    [3, 2],
    [3.999_999, 2],
    [4, 3],
    [40, 3],
    [NaN, 0],
  ])('gives for z = %s %s points', (z, points) => {
    expect(sizePoints(z)).toBe(points);
  });
});

describe('the whale score by hand', () => {
  it.each<[string, Case, [size: number, spread: number, mid: number, imbalance: number]]>([
    ['nothing special', { z: 1 }, [0, 0, 0, 0]],
    ['two deviations', { z: 2 }, [1, 0, 0, 0]],
    ['three deviations', { z: 3.5 }, [2, 0, 0, 0]],
    ['four deviations', { z: 4 }, [3, 0, 0, 0]],
    // (100.5 - 99.5) / 100 is 1 % and not more.
    ['a spread of one per cent', { z: 0, bid: 99.5, ask: 100.5 }, [0, 0, 0, 0]],
    ['a spread above one per cent', { z: 0, bid: 99.5, ask: 100.51 }, [0, 1, 0, 0]],
    ['one per cent below the mid', { z: 0, price: 99 }, [0, 0, 1, 0]],
    ['one per cent above the mid', { z: 0, price: 101 }, [0, 0, 1, 0]],
    ['a tick more than one per cent below', { z: 0, price: 98.99 }, [0, 0, 0, 0]],
    ['a tick more than one per cent above', { z: 0, price: 101.01 }, [0, 0, 0, 0]],
    ['ten times the imbalance', { z: 0, bidSum: 100, askSum: 101, size: 10 }, [0, 0, 0, 0]],
    ['more than ten times the imbalance', { z: 0, bidSum: 100, askSum: 101, size: 10.001 }, [0, 0, 0, 1]],
    ['a balanced book', { z: 0, bidSum: 100, askSum: 100, size: 0.001 }, [0, 0, 0, 1]],
    ['all six', { z: 4, bid: 99, ask: 101, price: 100, bidSum: 1, askSum: 1.5, size: 6 }, [3, 1, 1, 1]],
  ])('%s', (_name, order, [size, spread, mid, imbalance]) => {
    expect(scores(event(order), order.z ?? NaN)).toMatchObject([
      {
        score: size + spread + mid + imbalance,
        scoreSize: size,
        scoreSpread: spread,
        scoreMid: mid,
        scoreImbalance: imbalance,
        z: order.z,
      },
    ]);
  });

  it('explains itself', () => {
    const [score] = scores(event({ bid: 99, ask: 101, price: 98, size: 2 }), 2.5);
    expect(score).toMatchObject({ side: 0, price: 98, size: 2, imbalance: 400, orders: -1, model: 'scripted' });
    expect(score?.spreadBps).toBeCloseTo(200, 9);
    expect(score?.midDistanceBps).toBeCloseTo(200, 9);
    expect(score?.header).toMatchObject({ symbol: 'BTC-USD', seq: 7, span: 1 });
  });

  it.each<[string, Case, number]>([
    ['without a z', {}, NaN],
    ['without bids', { bid: NaN }, 5],
    ['without asks', { ask: NaN }, 5],
  ])('abstains %s, and still teaches the model', (_name, order, z) => {
    const { model, state } = scripted(z);
    const found: ScoreView[] = [];
    scoreBookEvent(model, state, event(order), emptyScore(), (score) => found.push(structuredClone(score)));
    const none = { score: NaN, scoreSize: NaN, scoreSpread: NaN, scoreMid: NaN, scoreImbalance: NaN };
    expect(found).toMatchObject([none]);
    expect(state.bid).toHaveLength(2);
  });
});

describe('scoreBookEvent', () => {
  it('scores positive changes of known levels, each by its row, and learns each after its score', () => {
    const view = delta(
      [
        ['bid', 100, 5, 5, -1],
        ['ask', 101, 1, -4, -1],
        ['ask', 102, 9, 6, 3],
        ['bid', 99, 4, 4, -1],
        ['bid', 98, 0, -4, -1],
        ['bid', 97, 7, 7, 1],
      ],
      { seq: 40, priceScale: 0, sizeScale: 0, exchangeUs: 77 },
    );
    view.changes.kind.set([KNOWN, KNOWN, KNOWN, FIRST_SIGHT, WINDOW_EXIT, KNOWN]);
    const { model, state } = scripted(1);
    const found: string[] = [];
    scoreBookEvent(model, state, view, emptyScore(), ({ header, side, size, orders }) => {
      found.push(`${header.seq} ${side} ${size} ${orders}`);
    });
    expect(found).toEqual(['40 0 5 -1', '42 1 6 3', '45 0 7 1']);
    expect(state.bid).toEqual(['z 5', 'observe 5 77', 'z 7', 'observe 7 77']);
    expect(state.ask).toEqual(['z 6', 'observe 6 77']);
  });

  it.each(['syncing', 'stale', 'suspect'] as const)('leaves a %s book alone', (trust) => {
    const view = event({});
    view.header.state = trust;
    expect(scores(view, 5)).toEqual([]);
  });

  it('takes no level of a snapshot for an order', () => {
    expect(scores({ ...event({}), kind: 'book.snapshot' }, 5)).toEqual([]);
  });
});
