import { describe, expect, it } from 'vitest';
import type { EventHeader } from '../model/event.ts';
import { emptyScore } from '../scoring/whale-score.ts';
import { Positions, StreamHole, type Verdict } from './positions.ts';

const KEY = 'kraken:BTC-USD';

function header(epoch: number, seq: number, span = 1): EventHeader {
  return { ...emptyScore().header, epoch, seq, span };
}

/** What a consumer that stands at epoch 5, seq 10 says of an event, and where it stands then. */
const CASES: readonly (readonly [string, EventHeader, Verdict, { epoch: number; nextSeq: number }])[] = [
  ['the next one', header(5, 10), 'new', { epoch: 5, nextSeq: 11 }],
  ['the next one, of several rows', header(5, 10, 7), 'new', { epoch: 5, nextSeq: 17 }],
  ['the one before', header(5, 9), 'old', { epoch: 5, nextSeq: 10 }],
  ['an older one of several rows', header(5, 6, 4), 'old', { epoch: 5, nextSeq: 10 }],
  ['the first of its epoch', header(5, 0), 'old', { epoch: 5, nextSeq: 10 }],
  ['one after a hole', header(5, 11), 'hole', { epoch: 5, nextSeq: 10 }],
  ['the first of the next epoch', header(6, 0), 'new', { epoch: 6, nextSeq: 1 }],
  ['the first of a much later epoch', header(1_000, 0, 3), 'new', { epoch: 1_000, nextSeq: 3 }],
  ['a later one of the next epoch', header(6, 1), 'hole', { epoch: 5, nextSeq: 10 }],
  ['any of an epoch before', header(4, 999), 'old', { epoch: 5, nextSeq: 10 }],
];

describe('Positions', () => {
  it.each(CASES)('judge %s', (_name, event, verdict, after) => {
    const positions = new Positions();
    positions.restore({ [KEY]: { epoch: 5, nextSeq: 10 } });
    expect(positions.accept(KEY, event)).toBe(verdict);
    expect(positions.state()).toEqual({ [KEY]: after });
  });

  it('let a consumer begin in mid-stream, each book for itself', () => {
    const positions = new Positions();
    expect(positions.accept('a', header(5, 77, 3))).toBe('new');
    expect(positions.accept('b', header(9, 4))).toBe('new');
    expect(positions.accept('a', header(5, 81))).toBe('hole');
    expect(positions.accept('a', header(5, 80))).toBe('new');
    expect(positions.state()).toEqual({ a: { epoch: 5, nextSeq: 81 }, b: { epoch: 9, nextSeq: 5 } });
  });

  it('let a consumer begin with the late word of a loss, behind the first events of the next epoch', () => {
    const positions = new Positions();
    const loss = (epoch: number): EventHeader => ({ ...header(epoch, 0), reason: 'shard-lost' });
    expect(positions.accept(KEY, loss(4))).toBe('new');
    expect(positions.accept(KEY, loss(4))).toBe('old');
    expect(positions.accept(KEY, loss(5))).toBe('new');
    expect(positions.state()).toEqual({});
    expect(positions.accept(KEY, header(6, 3))).toBe('new');
    expect(positions.state()).toEqual({ [KEY]: { epoch: 6, nextSeq: 4 } });
    // From here on a hole is one, whoever's word comes between.
    expect(positions.accept(KEY, loss(7))).toBe('new');
    expect(positions.accept(KEY, header(8, 1))).toBe('hole');
  });

  it('take results with holes between them, and still none twice', () => {
    const positions = new Positions();
    const verdicts = [header(5, 3), header(5, 9), header(5, 9), header(5, 4), header(6, 2), header(5, 99)].map(
      (event) => positions.acceptSparse(KEY, event),
    );
    expect(verdicts).toEqual(['new', 'new', 'old', 'old', 'new', 'old']);
    expect(positions.state()).toEqual({ [KEY]: { epoch: 6, nextSeq: 3 } });
  });

  it('say which book has not reached a goal', () => {
    const positions = new Positions();
    positions.restore({ a: { epoch: 5, nextSeq: 10 }, b: { epoch: 6, nextSeq: 1 } });
    expect(positions.reached({})).toBe(true);
    expect(positions.reached({ a: { epoch: 5, nextSeq: 10 }, b: { epoch: 5, nextSeq: 99 } })).toBe(true);
    expect(positions.firstMissing({ b: { epoch: 6, nextSeq: 1 }, a: { epoch: 5, nextSeq: 11 } })).toBe('a');
    expect(positions.firstMissing({ b: { epoch: 7, nextSeq: 0 } })).toBe('b');
    expect(positions.firstMissing({ c: { epoch: 0, nextSeq: 0 } })).toBe('c');
  });

  it('hand out a state that later events do not reach', () => {
    const positions = new Positions();
    positions.accept(KEY, header(5, 0));
    const state = positions.state();
    positions.accept(KEY, header(5, 1));
    expect(state).toEqual({ [KEY]: { epoch: 5, nextSeq: 1 } });
    const other = new Positions();
    other.restore(state);
    other.accept(KEY, header(5, 1));
    expect(state).toEqual({ [KEY]: { epoch: 5, nextSeq: 1 } });
  });

  it('name book and place of a hole', () => {
    const hole = new StreamHole(KEY, header(6, 7));
    expect(hole).toMatchObject({ name: 'StreamHole', book: KEY });
    expect(hole.message).toContain('epoch 6, seq 7');
  });
});
