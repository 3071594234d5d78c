import { partitionOf } from '../model/partition.ts';
import { CHECKSUM_BYTES } from './codec-layout.ts';

/** Whose event a batch begins with. */
export interface FirstEvent {
  readonly exchange: string;
  readonly symbol: string;
  readonly epoch: number;
  readonly seq: number;
}

const NAMES = 2 ** 32;
const RADIX = 36;

/**
 * The id under which a batch is published: equal for equal content, whichever incarnation sends it. No other event of the
 * topic has the first event's identity, so that other content comes under the id only where a batch that begins with the
 * same event was cut elsewhere and has the same checksum by chance. A hash over all bytes would cost more than their
 * encoding.
 * @param data as `BatchWriter.take` gave it
 */
export function batchId(topic: string, first: FirstEvent, data: Uint8Array): string {
  const { exchange, symbol, epoch, seq } = first;
  const name = partitionOf(exchange, symbol, NAMES).toString(RADIX);
  const checksum = checksumOf(data).toString(RADIX);
  return `${topic}.${name}.${epoch.toString(RADIX)}.${seq.toString(RADIX)}.${checksum}`;
}

function checksumOf(data: Uint8Array): number {
  let checksum = 0;
  for (let at = data.length - CHECKSUM_BYTES; at < data.length; at++) checksum = checksum * 256 + (data[at] as number);
  return checksum;
}
