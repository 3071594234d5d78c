/** Does something once at the end of the event loop's turn, however often it is asked for within the turn. */
export class EndOfTurn {
  private readonly action: () => void;
  private scheduled: NodeJS.Immediate | null = null;

  constructor(action: () => void) {
    this.action = action;
  }

  request(): void {
    this.scheduled ??= setImmediate(() => {
      this.scheduled = null;
      this.action();
    });
  }

  /** Does at once what was asked for. */
  hurry(): void {
    if (this.scheduled === null) return;
    this.cancel();
    this.action();
  }

  cancel(): void {
    if (this.scheduled !== null) clearImmediate(this.scheduled);
    this.scheduled = null;
  }
}
