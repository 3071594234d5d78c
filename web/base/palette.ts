/** The colours of the style sheet for what draws by itself: named there, read here, and read again when the theme changes. */

/** Red, green, blue and opacity, each 0 to 1. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

export interface Palette {
  /** Of bubbles, by `side * 8 + score + 1`: no score first, then 0 to 6. */
  readonly marks: readonly Rgba[];
  readonly depthBid: Rgba;
  readonly depthAsk: Rgba;
  readonly ground: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  readonly bid: string;
  readonly ask: string;
  readonly mid: string;
  readonly accent: string;
  readonly raised: string;
}

const SCORES = 7;
/** Opacity of a bubble by its score, none first: what is ordinary stays in the background. */
const OPACITY = [0.22, 0.26, 0.36, 0.5, 0.66, 0.82, 0.92, 1];

/** Reads the palette as it is now. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  try {
    return {
      marks: [...sideMarks('bid', colour), ...sideMarks('ask', colour)],
      depthBid: rgbaOf(colour('depth-bid')),
      depthAsk: rgbaOf(colour('depth-ask')),
      ground: colour('chart'),
      grid: colour('grid'),
      text: colour('text'),
      muted: colour('muted'),
      bid: colour('bid'),
      ask: colour('ask'),
      mid: colour('mid'),
      accent: colour('accent'),
      raised: colour('raised'),
    };
  } finally {
    probe.remove();
  }
}

/** From the quiet colour of a side to its loud one. */
function sideMarks(side: string, colour: (name: string) => string): Rgba[] {
  const quiet = rgbaOf(colour(`${side}-quiet`));
  const plain = rgbaOf(colour(side));
  const loud = rgbaOf(colour(`${side}-loud`));
  return OPACITY.map((alpha, index) => {
    const share = Math.max(0, index - 1) / (SCORES - 1);
    const [from, to, part] = share < 0.5 ? [quiet, plain, share * 2] : [plain, loud, share * 2 - 1];
    return [mix(from[0], to[0], part), mix(from[1], to[1], part), mix(from[2], to[2], part), alpha];
  });
}

/** Reads what `getComputedStyle` writes: `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`. */
export function rgbaOf(text: string): Rgba {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red / 255, green / 255, blue / 255, alpha];
}

export function cssOf([red, green, blue, alpha]: Rgba, opacity = alpha): string {
  const byte = (part: number): number => Math.round(part * 255);
  return `rgba(${byte(red)}, ${byte(green)}, ${byte(blue)}, ${opacity.toFixed(3)})`;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
