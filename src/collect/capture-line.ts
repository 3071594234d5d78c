/** A feed record as a line of a capture, and back. The format is described at `FeedRecord`. */

import { textOfUtf8, utf8Of } from '../lib/utf8.ts';
import type { FeedOp, FeedRecord } from '../model/feed-record.ts';
import { FEED_OPS } from '../model/feed-record.ts';

/** The record as one line, with its line feed. */
export function encodeCaptureLine({ tUs, exchange, conn, op, url, data }: FeedRecord): string {
  const line: Record<string, unknown> = { t_us: tUs, ex: exchange, conn, op };
  if (url !== null) line['url'] = url;
  if (data !== null) line['data'] = textOfUtf8(data);
  return `${JSON.stringify(line)}\n`;
}

/** The record of a line, or what is wrong with it. */
export function decodeCaptureLine(line: string): FeedRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isObject(value)) return 'no JSON object';
  const { t_us: tUs, ex, conn, op, url = null, data = null } = value;
  if (typeof tUs !== 'number' || !Number.isSafeInteger(tUs) || tUs < 0) return 't_us is no whole number of µs';
  if (typeof ex !== 'string' || ex === '') return 'ex is missing';
  if (typeof conn !== 'string' || conn === '') return 'conn is missing';
  if (!isFeedOp(op)) return `unknown op ${JSON.stringify(op)}`;
  if (url !== null && typeof url !== 'string') return 'url is no text';
  if (data !== null && typeof data !== 'string') return 'data is no text';
  if (data === null && op !== 'open' && op !== 'close') return `${op} without data`;
  if (url === null && op === 'http') return 'http without url';
  return { tUs, exchange: ex, conn, op, url, data: data === null ? null : utf8Of(data) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFeedOp(value: unknown): value is FeedOp {
  return (FEED_OPS as readonly unknown[]).includes(value);
}
