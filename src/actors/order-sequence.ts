/**
 * Where a message of single orders stands among those before it, by the venue's own means: numbers without holes, or links
 * by which each message names the one before. Links rise too, so that a copy is told from what is missing.
 */

import type { OrderRules } from '../book/order-rules.ts';
import type { WireMessage } from '../book/wire-message.ts';

/**
 * `old`: the book holds it already. `next`: it follows what the book holds. `ahead`: something between is missing.
 * `unproven`: whether something is missing behind the snapshot cannot be told.
 */
export type Place = 'old' | 'next' | 'ahead' | 'unproven';

export interface OrderSequenceState {
  readonly last: number;
  readonly link: string;
  readonly floorUs: number;
  readonly isProven: boolean;
  readonly links: { readonly ok: number; readonly broken: number };
}

export class OrderSequence {
  /** Messages whose link to the one before them was right, and missing. */
  links = { ok: 0, broken: 0 };
  private readonly kind: OrderRules['sequence'];
  /** Number (`range`) or time (`chain`) of what the book, or what is kept for it, holds last. */
  private last = NaN;
  /** Link of the last message; empty before the first, and where the venue gives none. */
  private link = '';
  /** `chain`: the time of the snapshot, which holds everything up to it. */
  private floorUs = NaN;
  /** `chain`: whether a message from before the snapshot was heard. */
  private isProven = false;

  constructor(kind: OrderRules['sequence']) {
    this.kind = kind;
  }

  /** Whether the first message that was kept leads on from a snapshot. @param first its number or time; NaN without any */
  mayFollow(snapshot: WireMessage, first: number): boolean {
    return !((this.kind === 'chain' ? snapshot.last : snapshot.last + 1) < first);
  }

  /** The book is that of this snapshot now. */
  begin(snapshot: WireMessage): void {
    this.last = snapshot.last;
    this.floorUs = snapshot.last;
    this.link = '';
    this.isProven = this.kind !== 'chain';
  }

  /** The first message is kept for a snapshot. */
  restart(message: WireMessage): void {
    this.remember(message);
  }

  /** Whether a further message may be kept for a snapshot: nothing is missing before it. */
  continues(message: WireMessage): boolean {
    const place = this.kind === 'chain' ? this.linked(message, true) : this.numbered(message);
    if (place === 'next') this.remember(message);
    return place !== 'ahead';
  }

  /**
   * Places a message, and moves on to it where it is not ahead.
   * @param isCounted false where its link was counted before
   */
  place(message: WireMessage, isCounted: boolean): Place {
    if (this.kind !== 'chain') {
      const place = this.numbered(message);
      if (place === 'next') this.last = message.last;
      return place;
    }
    if (!this.isProven) {
      if (message.exchangeUs > this.floorUs) return 'unproven';
      this.isProven = true;
      this.remember(message);
      return 'old';
    }
    const place = this.linked(message, isCounted);
    if (place !== 'next') return place;
    this.remember(message);
    return message.exchangeUs > this.floorUs ? 'next' : 'old';
  }

  /** What was expected instead of a message that is ahead, in words. */
  expectation(message: WireMessage): string {
    return this.kind === 'chain'
      ? `expected the event behind ${this.link}, got the one behind ${message.orders?.previousLink}`
      : `expected message ${this.last + 1}, got ${message.first}`;
  }

  state(): OrderSequenceState {
    const { last, link, floorUs, isProven, links } = this;
    return { last, link, floorUs, isProven, links: { ...links } };
  }

  restore(state: OrderSequenceState): void {
    this.last = state.last;
    this.link = state.link;
    this.floorUs = state.floorUs;
    this.isProven = state.isProven;
    this.links = { ...state.links };
  }

  private remember(message: WireMessage): void {
    this.last = message.last;
    this.link = message.orders?.link ?? '';
  }

  private numbered({ first, last }: WireMessage): Place {
    if (last <= this.last) return 'old';
    return first <= this.last + 1 ? 'next' : 'ahead';
  }

  private linked({ orders, last }: WireMessage, isCounted: boolean): Place {
    const { links } = this;
    const link = orders?.link ?? '';
    // Without links, times alone tell old from new.
    if (link === '' || this.link === '') return last < this.last ? 'old' : 'next';
    if (link <= this.link) return 'old';
    const isLinked = orders?.previousLink === this.link;
    if (isCounted) {
      if (isLinked) links.ok++;
      else links.broken++;
    }
    return isLinked ? 'next' : 'ahead';
  }
}
