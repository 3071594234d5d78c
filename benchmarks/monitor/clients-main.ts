/** The process of the clients. They read all that comes, and compare what they get of one state. */

import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { viewKey } from '../../src/monitor/api/keys.ts';
import type { LiveView } from '../../src/monitor/api/live.ts';
import type { Seen } from './messages.ts';
import { answer } from './process.ts';

const HEAD = /^\{"type":"(snapshot|update)","kind":"\w+","view":"([^"]+)","seq":(\d+)/;
/** States of a view whose texts are remembered. */
const REMEMBERED = 64;

let sockets: WebSocket[] = [];
let texts = new Map<string, string>();
const views = new Set<string>();
let seen = { messages: 0, bytes: 0, differing: 0, holes: 0, closed: 0 };

answer(async (question) => {
  if (question.kind === 'come') {
    const { url, clients, pairs } = question;
    seen = { messages: 0, bytes: 0, differing: 0, holes: 0, closed: 0 };
    texts = new Map();
    views.clear();
    const all = Array.from({ length: clients }, (_, at) => come(url, pairs[at % pairs.length] ?? ''));
    await Promise.all(all);
    return null;
  }
  if (question.kind !== 'go') throw new Error(`clients have no answer to ${question.kind}`);
  const told: Seen = { ...seen, views: views.size };
  for (const socket of sockets) socket.terminate();
  sockets = [];
  return told;
});

/** Resolves when the client has the snapshots of its views. */
function come(url: string, pair: string): Promise<void> {
  const [exchange = '', symbol = ''] = pair.split(':');
  const wanted: LiveView[] = [{ kind: 'whales', exchange, symbol, minScore: 0 }, { kind: 'markets' }];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/live`);
  sockets.push(socket);
  const places = new Map<string, number>();
  socket.on('close', () => seen.closed++);
  socket.on('open', () => {
    for (const view of wanted) socket.send(JSON.stringify({ type: 'subscribe', view }));
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      seen.messages++;
      seen.bytes += data.length;
      const [, type, view = '', seq] = HEAD.exec(text) ?? [];
      if (text.startsWith('{"type":"refused"')) reject(new Error(text));
      if (type === undefined) return;
      compare(`${type} ${view} ${seq}`, text, Number(seq));
      views.add(view);
      if (type === 'update' && places.get(view) !== Number(seq) - 1) seen.holes++;
      places.set(view, Number(seq));
      if (wanted.every((one) => places.has(viewKey(one)))) resolve();
    });
  });
}

/** Texts of updates are the same for all; a snapshot is made anew now and then of the same state, at another time. */
function compare(state: string, text: string, seq: number): void {
  if (!state.startsWith('update')) return;
  const hash = createHash('md5').update(text).digest('base64');
  const known = texts.get(state);
  if (known === undefined) texts.set(state, hash);
  else if (known !== hash) seen.differing++;
  const [type, view] = state.split(' ');
  texts.delete(`${type} ${view} ${seq - REMEMBERED}`);
}
