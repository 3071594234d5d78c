/** The product's own way: a session with its socket, the ingest shard behind it, and the whale score, in one thread. */

import { Session } from '../../src/exchanges/session.ts';
import { SessionBudgets } from '../../src/exchanges/session-budgets.ts';
import type { SessionEvent } from '../../src/exchanges/session-event.ts';
import { binance } from '../../src/exchanges/binance.ts';
import { createSystemClock } from '../../src/exchanges/system-clock.ts';
import { systemRandom } from '../../src/exchanges/system-random.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { lastQuotes } from '../frame-to-book/book-path.ts';
import { ProductPath } from '../frame-to-book/product-path.ts';
import { ScoreTally } from '../frame-to-book/score-tally.ts';
import type { Facts } from '../harness/facts.ts';
import type { Feed } from './feed.ts';
import { machineMs } from './pace.ts';
import type { Receiver, ReceiverEvents } from './receiver.ts';

/** Nobody answers there: the snapshot has been handed over when the session begins. */
const NO_REST = 'http://127.0.0.1:9';

export class ProductReceiver implements Receiver {
  private readonly feed: Feed;
  private readonly clock = createSystemClock();
  private scores = new ScoreTally();
  /** Where the path looks for the record that has just come. */
  private readonly slot: FeedRecord[] = [];
  private path: ProductPath;
  private session: Session | null = null;

  constructor(feed: Feed) {
    this.feed = feed;
    this.path = this.newPath();
  }

  open(url: string, events: ReceiverEvents): void {
    const { clock } = this;
    this.scores = new ScoreTally();
    this.path = this.newPath();
    for (const snapshot of this.feed.snapshots) this.take({ ...snapshot, tUs: clock.nowUs() });
    const session = new Session({
      wire: binance,
      wsUrl: url,
      restUrl: NO_REST,
      subscription: {
        venueSymbols: this.feed.recording.instruments.map(({ venueSymbol }) => venueSymbol),
        bookDepth: 5000,
        audit: true,
      },
      connectionId: 'latency',
      clock,
      random: systemRandom,
      budgets: new SessionBudgets({ clock }),
      onRecord: (record) => this.onRecord(record, events),
      onState: (event) => {
        const trouble = troubleIn(event);
        if (trouble !== null) events.onEnd(trouble);
      },
    });
    this.session = session;
    session.start();
  }

  async close(): Promise<void> {
    await this.session?.stop();
    this.session = null;
  }

  facts(): Facts {
    const quotes = [...this.path.quotes()].map(([{ symbol }, quote]) => [symbol, quote] as const);
    return { ...this.path.facts(), ...lastQuotes(quotes), ...this.scores.facts() };
  }

  private newPath(): ProductPath {
    const { recording } = this.feed;
    return new ProductPath({ ...recording, records: this.slot }, (view) => this.scores.take(view));
  }

  private onRecord(record: FeedRecord, events: ReceiverEvents): void {
    const beganMs = machineMs();
    this.take(record);
    if (record.op === 'recv') events.onDone(beganMs);
  }

  private take(record: FeedRecord): void {
    this.slot[0] = record;
    this.path.feed(0, 1);
  }
}

/** What ends a run; null where nothing does. */
function troubleIn(event: SessionEvent): string | null {
  switch (event.kind) {
    case 'refused':
    case 'silent':
      return `${event.kind}: ${event.reason}`;
    case 'closed':
      return event.planned ? null : `closed: ${event.reason}`;
    case 'connecting':
    case 'open':
    case 'renewing':
    case 'retrying':
    case 'rest-failed':
      return null;
  }
}
