/**
 * tardis-dev behind a socket: the frame's text, `JSON.parse`, its mappers for trades, book changes and book tickers, and its
 * `OrderBook`, all within the socket's own callback. In its favour, the stream and the asynchronous generator are left out
 * that its `streamNormalized` puts in between.
 */

import { textOfUtf8 } from '../../src/lib/utf8.ts';
import { lastQuotes } from '../frame-to-book/book-path.ts';
import type { Frames } from '../frame-to-book/frames.ts';
import { TardisPath } from '../frame-to-book/tardis-path.ts';
import type { Facts } from '../harness/facts.ts';
import { BareReceiver } from './bare-receiver.ts';
import type { Feed } from './feed.ts';
import type { Receiver, ReceiverEvents } from './receiver.ts';

const NO_BYTES = new Uint8Array(0);

export class TardisReceiver implements Receiver {
  private readonly path: TardisPath;
  private readonly instruments: Frames['instruments'];
  private readonly socket: BareReceiver;
  /** Where the path looks for a frame's text: each is put there as it comes, and taken away again. */
  private readonly texts: (string | null)[];
  private readonly snapshots: readonly string[];
  private next = 0;

  constructor({ recording, snapshots, received }: Feed) {
    const records = [...snapshots, ...received];
    this.snapshots = snapshots.map(({ data }) => textOfUtf8(data ?? NO_BYTES));
    this.texts = records.map(() => null);
    this.path = new TardisPath({ ...recording, records, texts: this.texts });
    this.instruments = recording.instruments;
    this.socket = new BareReceiver((frame) => this.take(frame.toString()));
  }

  open(url: string, events: ReceiverEvents): void {
    this.path.open();
    this.next = 0;
    for (const snapshot of this.snapshots) this.take(snapshot);
    this.socket.open(url, events);
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  facts(): Facts {
    return lastQuotes(this.instruments.map(({ symbol, venueSymbol }) => [symbol, this.path.quote(venueSymbol)]));
  }

  private take(text: string): void {
    const index = this.next++;
    this.texts[index] = text;
    this.path.feed(index, index + 1);
    this.texts[index] = null;
  }
}
