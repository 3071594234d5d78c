/**
 * Messages of the WebSocket `/api/live`, one JSON text each.
 *
 * A client subscribes to views. Each subscription is answered by a snapshot, then by updates with what has changed. The
 * same view is the same text for every client: messages name it by its key (`viewKey`), and a client has it once. `seq`
 * counts a view's states: an update leads from `seq - 1` to `seq`. A client that read too slowly misses updates and gets a
 * fresh snapshot instead, which replaces everything. Where `seq` does not fit, subscribe again.
 */

import { z } from 'zod';
import { marketsSnapshot, marketsUpdate } from './market.ts';
import { systemState, systemUpdate } from './system.ts';
import { exchangeName, pairSymbol, scorePoints, timeMs } from './values.ts';
import { whalesSnapshot, whalesUpdate } from './whales.ts';

export const whalesView = z.strictObject({
  kind: z.literal('whales'),
  exchange: exchangeName,
  symbol: pairSymbol,
  minScore: scorePoints
    .nullable()
    .meta({ description: 'Orders from so many points on; null: those without a score too.' }),
});
export const liveView = z.discriminatedUnion('kind', [
  whalesView,
  z.strictObject({ kind: z.literal('markets') }),
  z.strictObject({ kind: z.literal('system') }),
]);
export type WhalesView = z.output<typeof whalesView>;
export type LiveView = z.output<typeof liveView>;

export const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('subscribe'), view: liveView }),
  z.strictObject({ type: z.literal('unsubscribe'), view: liveView }),
]);
export type ClientMessage = z.output<typeof clientMessage>;

const head = {
  view: z.string().meta({ description: 'Key of the view.' }),
  seq: z.int(),
  sentMs: timeMs('When it left.'),
};

/** The first message of every connection. */
const hello = z.object({ type: z.literal('hello'), version: z.string(), sentMs: timeMs('When it left.') });

const snapshot = z.discriminatedUnion('kind', [
  z.object({ type: z.literal('snapshot'), kind: z.literal('whales'), ...head, data: whalesSnapshot }),
  z.object({ type: z.literal('snapshot'), kind: z.literal('markets'), ...head, data: marketsSnapshot }),
  z.object({ type: z.literal('snapshot'), kind: z.literal('system'), ...head, data: systemState }),
]);

const update = z.discriminatedUnion('kind', [
  z.object({ type: z.literal('update'), kind: z.literal('whales'), ...head, data: whalesUpdate }),
  z.object({ type: z.literal('update'), kind: z.literal('markets'), ...head, data: marketsUpdate }),
  z.object({ type: z.literal('update'), kind: z.literal('system'), ...head, data: systemUpdate }),
]);

/** A subscription that cannot be had: the connection stays. */
const refused = z.object({
  type: z.literal('refused'),
  view: z.string(),
  code: z.enum(['unknown-pair', 'too-many-views']),
  message: z.string(),
});

/** Every `HEARTBEAT_MS`, whatever else is sent: the connection lives, and this is the time of the server. */
const heartbeat = z.object({ type: z.literal('heartbeat'), sentMs: timeMs('When it left.') });

export const serverMessage = z.union([hello, snapshot, update, refused, heartbeat]);
export type ServerMessage = z.output<typeof serverMessage>;
export type SnapshotMessage = z.output<typeof snapshot>;
export type UpdateMessage = z.output<typeof update>;
