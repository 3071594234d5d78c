/** The same rows from column buffers to bytes: by the client's row buffer, and by the product's encoder. */

import { createHash } from 'node:crypto';

import type { EventView } from '../../src/model/event.ts';
import { clientRows, createClientBuffer } from '../../src/storage/client-rows.fixture.ts';
import type { TableBuffer } from '../../src/storage/column-buffers.ts';
import { IlpEncoder } from '../../src/storage/ilp-encoder.ts';
import { ColumnBatch } from '../../src/storage/row-batch.ts';
import { TimeOrder } from '../../src/storage/time-order.ts';
import type { PreparedCase } from '../harness/serve-case.ts';

/** In the order of the report; the first is the baseline. */
export const ENCODERS = ["client's buffer", 'encoder'] as const;
export type EncoderName = (typeof ENCODERS)[number];

/** The product's default. */
const REQUEST_ROWS = 50_000;
/** So that neither has to grow its memory while it is timed. */
const CLIENT_BYTES = 32 * 1024 * 1024;

type Encode = (table: TableBuffer, name: string, rows: Uint32Array) => Uint8Array;

const MAKERS: Readonly<Record<EncoderName, () => Encode>> = {
  "client's buffer": () => {
    const buffer = createClientBuffer({ initialBytes: CLIENT_BYTES });
    return (table, name, rows) => clientRows(buffer, table, name, rows);
  },
  encoder: () => {
    const encoder = new IlpEncoder();
    return (table, name, rows) => encoder.encode(table, name, rows);
  },
};

/** Both put the rows in the order of time first, which is in the time of both. */
export function prepareEncoding(by: EncoderName, events: readonly EventView[]): PreparedCase {
  const encode = MAKERS[by]();
  const order = new TimeOrder();
  const batch = new ColumnBatch();
  for (const event of events) batch.append(event);

  const eachRequest = (take: (bytes: Uint8Array) => void): void => {
    for (const table of batch.tables) {
      const rows = order.of(table.timestamps.values, table.rows);
      for (let from = 0; from < rows.length; from += REQUEST_ROWS) {
        take(encode(table, table.name, rows.subarray(from, from + REQUEST_ROWS)));
      }
    }
  };

  return {
    reset() {},
    run() {
      let bytes = 0;
      eachRequest((request) => {
        bytes += request.length;
      });
      return bytes;
    },
    facts() {
      const hash = createHash('sha256');
      let bytes = 0;
      eachRequest((request) => {
        hash.update(request);
        bytes += request.length;
      });
      return { rows: batch.rows, bytes, sha256: hash.digest('hex') };
    },
  };
}
