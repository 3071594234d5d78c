/** Lets one loop sleep until something has happened; a wake-up before the wait is not lost. */
export class Wakeup {
  private signalled = false;
  private resolve: (() => void) | null = null;

  wake(): void {
    this.signalled = true;
    this.resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.signalled) {
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
      });
    }
    this.resolve = null;
    this.signalled = false;
  }
}
