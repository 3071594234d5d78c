/** Thread of one shard: its own frames in its own memory, and a fresh ingest shard for each copy of them. */

import { parentPort } from 'node:worker_threads';

import { answerOf } from '../../src/actors/runtime/failure.ts';
import { assert } from '../../src/lib/assert.ts';
import { loadFrames, timedTexts } from '../frame-to-book/frames.ts';
import { ProductPath } from '../frame-to-book/product-path.ts';
import type { Facts } from '../harness/facts.ts';
import type { CopyFacts, ShardData, ToShard } from './shard.protocol.ts';

/** Works through one copy of the frames. */
type Copy = () => Facts;

let newCopy: () => Copy = () => () => ({});
let copies: Copy[] = [];

async function obey(message: ToShard): Promise<CopyFacts> {
  switch (message.kind) {
    case 'load':
      newCopy = await loaded(message.data);
      return [];
    case 'reset':
      copies = Array.from({ length: message.copies }, newCopy);
      return [];
    case 'run':
      return copies.map((copy) => copy());
  }
}

async function loaded({ work, source }: ShardData): Promise<() => Copy> {
  const frames = await loadFrames(source);
  const texts = timedTexts(frames);
  if (work === 'JSON.parse') return () => () => ({ frames: texts.length, containers: containersIn(texts) });
  return () => {
    const path = new ProductPath(frames, () => {});
    return () => {
      path.feed(0, frames.records.length);
      return { frames: texts.length, ...path.facts() };
    };
  };
}

function containersIn(jsonTexts: readonly string[]): number {
  let containers = 0;
  for (const text of jsonTexts) {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) containers++;
  }
  return containers;
}

assert(parentPort !== null, 'this file is the entry of a thread');
const port = parentPort;
port.on('message', (message: ToShard) => {
  // What is not expected trouble is thrown on: an unhandled rejection ends the thread.
  void (async () => port.postMessage(await answerOf(() => obey(message))))();
});
