/** What the frame of the monitor asks of each of its pages, and what it gives them. */

import type { LiveClient } from '../live/live-client.ts';
import type { Pairs } from '../live/pairs.ts';
import type { ViewState } from './view-state.ts';
import type { View } from './view.ts';

export interface PageContext {
  readonly view: View;
  readonly client: LiveClient;
  readonly pairs: Pairs;
}

export interface Page {
  readonly title: string;
  readonly element: HTMLElement;
  /** It is shown from now on: subscribe. */
  activate(): void;
  /** It is not shown any more: unsubscribe, and draw nothing. */
  deactivate(): void;
  viewChanged(view: ViewState): void;
  pairsChanged(): void;
  themeChanged(): void;
  /** Before each frame of the browser while it is shown. @param frameMs of `performance.now` */
  frame(frameMs: number): void;
}
