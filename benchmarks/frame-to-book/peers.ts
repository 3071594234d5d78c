/** The others that the product is compared with. */

import type { BookPath } from './book-path.ts';
import type { Frames } from './frames.ts';

export const PEERS = ['tardis-dev', 'ccxt'] as const;
export type Peer = (typeof PEERS)[number];

/** Loads a peer's library: a process has no code in it but what it measures. */
export async function peerPath(peer: Peer, frames: Frames): Promise<BookPath> {
  switch (peer) {
    case 'tardis-dev': {
      const { TardisPath } = await import('./tardis-path.ts');
      return new TardisPath(frames);
    }
    case 'ccxt': {
      const { CcxtPath } = await import('./ccxt-path.ts');
      return new CcxtPath(frames);
    }
  }
}
