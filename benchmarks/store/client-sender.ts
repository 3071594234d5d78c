/** The official client as its documentation shows it: a `Sender` that is told each row, cell by cell, and flushes itself. */

import { Sender } from '@questdb/nodejs-client';

import { CHANGE_KINDS, type BookView, type ScoreView } from '../../src/model/event.ts';
import { decimalToDouble } from '../../src/storage/decimal-to-double.ts';

const SIDES = ['bid', 'ask'] as const;

export class ClientSender {
  private readonly sender: Sender;
  private readonly prefix: string;

  private constructor(sender: Sender, prefix: string) {
    this.sender = sender;
    this.prefix = prefix;
  }

  /** Its own defaults, 75,000 rows a request among them. The version is given, so that it asks for none. */
  static async connect(url: string, prefix: string): Promise<ClientSender> {
    const { host } = new URL(url);
    return new ClientSender(await Sender.fromConfig(`http::addr=${host};protocol_version=2`), prefix);
  }

  async add(event: BookView | ScoreView): Promise<void> {
    if (event.kind === 'order.score') await this.addScore(event);
    else await this.addChanges(event);
  }

  /** Resolves when the server has everything. */
  async close(): Promise<void> {
    await this.sender.flush();
    await this.sender.close();
  }

  private async addChanges({ header, changes }: BookView): Promise<void> {
    const { sender } = this;
    for (let i = 0; i < changes.count; i++) {
      const row = sender
        .table(`${this.prefix}order_changes`)
        .symbol('exchange', header.exchange)
        .symbol('symbol', header.symbol)
        .symbol('side', SIDES[changes.side[i] ?? 0])
        .symbol('kind', CHANGE_KINDS[changes.kind[i] ?? 0])
        .symbol('book_state', header.state)
        .symbol('reason', header.reason)
        .intColumn('epoch', header.epoch)
        .intColumn('seq', header.seq + i)
        .floatColumn('price', decimalToDouble(changes.price[i] ?? 0, header.priceScale))
        .floatColumn('size', decimalToDouble(changes.size[i] ?? 0, header.sizeScale))
        .floatColumn('change', decimalToDouble(changes.change[i] ?? 0, header.sizeScale));
      this.int('orders', Math.max(changes.orders[i] ?? -1, 0) || Number.NaN);
      await row.at(header.exchangeUs, 'us');
    }
  }

  private async addScore(event: ScoreView): Promise<void> {
    const { header } = event;
    const row = this.sender
      .table(`${this.prefix}new_orders`)
      .symbol('exchange', header.exchange)
      .symbol('symbol', header.symbol)
      .symbol('side', SIDES[event.side])
      .symbol('model', event.model)
      .symbol('book_state', header.state)
      .intColumn('epoch', header.epoch)
      .intColumn('seq', header.seq)
      .floatColumn('price', event.price)
      .floatColumn('size', event.size)
      .floatColumn('notional', event.price * event.size);
    this.int('whale_score', event.score);
    this.float('z', event.z);
    this.int('score_size', event.scoreSize);
    this.int('score_spread', event.scoreSpread);
    this.int('score_mid', event.scoreMid);
    this.int('score_imbalance', event.scoreImbalance);
    this.float('spread_bps', event.spreadBps);
    this.float('mid_distance_bps', event.midDistanceBps);
    this.float('imbalance', event.imbalance);
    this.int('orders', Math.max(event.orders, 0) || Number.NaN);
    await row.timestampColumn('received', header.receiveUs, 'us').at(header.exchangeUs, 'us');
  }

  private int(name: string, value: number): void {
    if (!Number.isNaN(value)) this.sender.intColumn(name, value);
  }

  private float(name: string, value: number): void {
    if (!Number.isNaN(value)) this.sender.floatColumn(name, value);
  }
}
