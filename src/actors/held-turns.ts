/**
 * Turns of orders that are not told yet: those of the message at hand or, where a venue tells a trade in several messages of
 * one moment, of all its messages so far. Such a trade is whole when as much was bought as was sold.
 */

import type { OrderTurn } from '../book/order-turns.ts';
import { BID } from '../model/event.ts';

export interface HeldTurnsState {
  readonly turns: readonly OrderTurn[];
  readonly isHolding: boolean;
  readonly exchangeUs: number;
  readonly venueSeq: number;
  readonly receiveUs: number;
  readonly bought: bigint;
  readonly sold: bigint;
}

export class HeldTurns {
  /** Whether further messages of this moment are waited for. */
  isHolding = false;
  /** The moment, the number and the receive time of the last message. */
  exchangeUs = NaN;
  venueSeq = NaN;
  receiveUs = NaN;
  private list: OrderTurn[] = [];
  /** What was traded of orders of each side, in units of 10^-22. */
  private bought = 0n;
  private sold = 0n;

  /** Whether both sides of what was traded have been told. */
  get isBalanced(): boolean {
    return this.bought === this.sold && this.bought > 0n;
  }

  /** The turns in their order; valid until `clear`. */
  turns(): readonly OrderTurn[] {
    return this.list;
  }

  add(turn: OrderTurn): void {
    this.list.push(turn);
  }

  /** So much of an order was traded: its other side is to be told as well. */
  trade(side: number, size: bigint): void {
    if (side === BID) this.bought += size;
    else this.sold += size;
    this.isHolding = true;
  }

  hold(): void {
    this.isHolding = true;
  }

  /** A message was taken in. */
  at(exchangeUs: number, venueSeq: number, receiveUs: number): void {
    this.exchangeUs = exchangeUs;
    this.venueSeq = venueSeq;
    this.receiveUs = receiveUs;
  }

  clear(): void {
    this.list = [];
    this.isHolding = false;
    this.bought = 0n;
    this.sold = 0n;
  }

  state(): HeldTurnsState {
    const { isHolding, exchangeUs, venueSeq, receiveUs, bought, sold } = this;
    return { turns: [...this.list], isHolding, exchangeUs, venueSeq, receiveUs, bought, sold };
  }

  restore(state: HeldTurnsState): void {
    this.list = [...state.turns];
    this.isHolding = state.isHolding;
    this.exchangeUs = state.exchangeUs;
    this.venueSeq = state.venueSeq;
    this.receiveUs = state.receiveUs;
    this.bought = state.bought;
    this.sold = state.sold;
  }
}
