/** Lets callers wait until a condition holds, judged again whenever something has moved. No polling. */
export class ProgressGate {
  private readonly waiting = new Set<{ readonly holds: () => boolean; readonly resolve: () => void }>();

  /** Resolves once the condition holds; at once where it does already. */
  wait(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.add({ holds, resolve });
    });
  }

  /** Something moved: judge again. */
  moved(): void {
    for (const waiter of this.waiting) {
      if (!waiter.holds()) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
