import { CodecError } from './codec-error.ts';
import * as layout from './codec-layout.ts';

/** @throws CodecError where these are not the bytes of one whole batch of this version */
export function checkBatch(data: Uint8Array): void {
  const { length } = data;
  if (length < layout.BATCH_HEADER_BYTES + layout.CHECKSUM_BYTES) {
    throw new CodecError('codec.truncated', 'too short for a batch', { length });
  }
  if (u32(data, layout.AT_MAGIC) !== layout.MAGIC) {
    throw new CodecError('codec.magic', 'these bytes are no batch of events', { length });
  }
  const version = u16(data, layout.AT_VERSION);
  if (version !== layout.VERSION) {
    throw new CodecError(
      'codec.version',
      `the batch has layout version ${version}, this program reads version ${layout.VERSION}`,
      { found: version, supported: layout.VERSION },
      'run the same release of Whale Watch on every host and replay with the release that wrote the stream',
    );
  }
  const claimed = u32(data, layout.AT_LENGTH);
  if (claimed !== length) {
    throw new CodecError('codec.truncated', 'the batch has lost or gained bytes', { claimed, length });
  }
  if (!layout.isChecksumRight(data)) {
    throw new CodecError('codec.checksum', 'the bytes of the batch changed on their way', { length });
  }
}

function u16(data: Uint8Array, at: number): number {
  return (data[at] as number) | ((data[at + 1] as number) << 8);
}

function u32(data: Uint8Array, at: number): number {
  return (u16(data, at) | (u16(data, at + 2) << 16)) >>> 0;
}
