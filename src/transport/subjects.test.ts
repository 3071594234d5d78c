import { expect, test } from 'vitest';
import { BusError } from './bus-error.ts';
import {
  checkNamespace,
  filterSubject,
  laneOfSubject,
  laneSubject,
  liveSubject,
  replayNamespace,
  streamName,
  streamSubjects,
} from './subjects.ts';

const NAMESPACES = ['', replayNamespace('7f')];

test('a lane is found again in its subject, in every namespace', () => {
  const lane = { kind: 'md', topic: 'kraken', partition: 3 } as const;
  for (const namespace of NAMESPACES) {
    expect(laneOfSubject(namespace, laneSubject(namespace, lane))).toEqual(lane);
  }
  expect(laneSubject('', lane)).toBe('md.kraken.3');
  expect(laneSubject(replayNamespace('7f'), lane)).toBe('replay-7f.md.kraken.3');
});

test('a subject of something else is no lane', () => {
  for (const subject of [
    '',
    'md',
    'md.kraken',
    'md.kraken.x',
    'md.kraken.3.4',
    'live.kraken.3',
    'replay-7f.md.kraken.3',
  ]) {
    expect(laneOfSubject('', subject)).toBeNull();
  }
});

test('a consumer needs one filter', () => {
  expect(filterSubject('', 'md', 3)).toBe('md.*.3');
  expect(filterSubject('', 'result')).toBe('result.*.*');
  expect(streamSubjects('', 'md')).toEqual([filterSubject('', 'md')]);
});

test('namespaces share no stream', () => {
  expect(NAMESPACES.map((namespace) => streamName(namespace, 'md'))).toEqual([
    'WHALEWATCH_MD',
    'WHALEWATCH_MD_replay-7f',
  ]);
});

test('names that would change a subject are refused', () => {
  expect(() => laneSubject('', { kind: 'md', topic: 'a.b', partition: 0 })).toThrow(BusError);
  expect(() => laneSubject('', { kind: 'md', topic: '*', partition: 0 })).toThrow(BusError);
  expect(() => laneSubject('', { kind: 'md', topic: 'kraken', partition: 1.5 })).toThrow(BusError);
  expect(() => checkNamespace('a.b.')).toThrow(BusError);
  expect(() => replayNamespace('')).toThrow(BusError);
});

test('a live subject holds any symbol', () => {
  expect(liveSubject('kraken', 'BTC-USD', 'trade')).toBe('live.kraken.BTC-USD.trade');
  expect(liveSubject('x', 'A.B >*-USD', 'trade')).toBe('live.x.A_B___-USD.trade');
});
