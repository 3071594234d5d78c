/** Sends tapes at a rate, by the clock: what could not be sent in time is sent as soon as the socket takes it. */

import type { Duplex } from 'node:stream';

import type { Progress } from './messages.ts';
import type { Tally } from './tally.ts';
import { addTally, emptyTally } from './tally.ts';
import { Tape } from './tape.ts';
import type { VenueConnection } from './venue.ts';

/** Time between two writes to a socket. */
const TURN_MS = 5;
/** A socket with more than this unsent is left alone; never more than half a tape, which is overwritten in its next pass. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;

interface Reel {
  readonly socket: Duplex;
  readonly tape: Tape;
  /** Its part of all level changes. */
  readonly share: number;
  readonly unsentMax: number;
  readonly tallies: readonly Tally[];
  next: number;
  sent: number;
}

export class Pace {
  private readonly reels: readonly Reel[];
  private readonly symbols: readonly string[];
  private frames = 0;
  private bytes = 0;
  private heldMs = 0;
  private startedMs = 0;
  private lastTurnMs = 0;
  private changesPerSecond = 0;
  private seconds = 0;

  /** Builds the tapes, which takes a while. */
  constructor(connections: readonly VenueConnection[]) {
    const tapes = connections.map(({ pairs }) => new Tape(pairs));
    const all = tapes.reduce((sum, { changes }) => sum + changes, 0);
    this.reels = tapes.map((tape, at) => ({
      tape,
      socket: (connections[at] as VenueConnection).socket,
      share: tape.changes / all,
      unsentMax: Math.min(UNSENT_BYTES_MAX, tape.bytes.length / 2),
      tallies: connections[at]?.pairs.map(emptyTally) ?? [],
      next: 0,
      sent: 0,
    }));
    this.symbols = connections.flatMap(({ pairs }) => pairs.map(({ venueSymbol }) => venueSymbol));
  }

  /** Resolves when everything has been handed to the sockets. */
  run(changesPerSecond: number, seconds: number): Promise<void> {
    this.changesPerSecond = changesPerSecond;
    this.seconds = seconds;
    this.startedMs = performance.now();
    this.lastTurnMs = this.startedMs;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (!this.turn()) return;
        clearInterval(timer);
        resolve();
      }, TURN_MS);
    });
  }

  get progress(): Progress {
    const { frames, bytes } = this;
    const elapsedS = (performance.now() - this.startedMs) / 1000;
    const due = this.changesPerSecond * Math.min(elapsedS, this.seconds);
    return { elapsedS, due, sent: this.reels.reduce((sum, { sent }) => sum + sent, 0), frames, bytes };
  }

  get heldS(): number {
    return this.heldMs / 1000;
  }

  /** By the venue's symbol. */
  tallies(): [string, Tally][] {
    const tallies = this.reels.flatMap((reel) => reel.tallies);
    return this.symbols.map((symbol, at) => [symbol, tallies[at] ?? emptyTally()]);
  }

  /** @returns true once all is sent */
  private turn(): boolean {
    const nowMs = performance.now();
    const { due } = this.progress;
    let isHeld = false;
    let isDone = nowMs - this.startedMs >= this.seconds * 1000;
    for (const reel of this.reels) {
      this.send(reel, due * reel.share);
      if (reel.sent >= due * reel.share) continue;
      isHeld = true;
      isDone = false;
    }
    if (isHeld) this.heldMs += nowMs - this.lastTurnMs;
    this.lastTurnMs = nowMs;
    return isDone;
  }

  /** Sends frames until so many changes have been, in pieces of the tape: one to its end, one from its beginning. */
  private send(reel: Reel, due: number): void {
    const { tape, socket, tallies, unsentMax } = reel;
    const nowMs = Date.now();
    while (reel.sent < due && socket.writableLength < unsentMax) {
      const from = tape.frames[reel.next]?.start ?? 0;
      let to = from;
      while (reel.sent < due && to - from < unsentMax / 4 && reel.next < tape.frames.length) {
        const frame = tape.frames[reel.next++] as Tape['frames'][number];
        tape.stamp(frame, nowMs);
        addTally(tallies[frame.pair] as Tally, frame.tally);
        reel.sent += frame.tally.changes;
        this.frames++;
        to = frame.end;
      }
      if (reel.next === tape.frames.length) reel.next = 0;
      this.bytes += to - from;
      socket.write(tape.bytes.subarray(from, to));
    }
  }
}
