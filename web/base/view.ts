/** The view of this tab: kept in the address, told to whoever listens. */

import type { ViewState } from './view-state.ts';
import { parseView, queryOf } from './view-state.ts';

export type ViewListener = (view: ViewState, before: ViewState) => void;

/** A change of these is a step to which the browser's back button returns. */
const STEPS: readonly (keyof ViewState)[] = ['page', 'pair', 'market'];

export class View {
  private current = parseView(location.search);
  private readonly listeners = new Set<ViewListener>();

  constructor() {
    window.addEventListener('popstate', () => this.take(parseView(location.search)));
  }

  get state(): ViewState {
    return this.current;
  }

  /** @param quietly true replaces the address without a step to return to, e.g. for what the page chose by itself */
  change(change: Partial<ViewState>, quietly = false): void {
    const next = { ...this.current, ...change };
    const query = queryOf(next);
    if (query === queryOf(this.current)) return;
    const step = !quietly && STEPS.some((name) => next[name] !== this.current[name]);
    if (step) history.pushState(null, '', query);
    else history.replaceState(null, '', query);
    this.take(next);
  }

  /** Calls at each change, until the returned function is called. */
  listen(listener: ViewListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private take(next: ViewState): void {
    const before = this.current;
    this.current = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
