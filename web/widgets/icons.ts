/** Paths of icons in a square of 16 units, drawn as lines (`.icon` in the style sheet). */

export const SEARCH = 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14';
export const CHEVRON = 'M4 6.5 8 10.5 12 6.5';
export const PAUSE = 'M5.5 3v10M10.5 3v10';
export const PLAY = 'M4.5 2.8v10.4L13 8Z';
export const FOLLOW = 'M2.5 8h8M7 4l4 4-4 4M13.5 3v10';
export const CLOSE = 'M4 4l8 8M12 4l-8 8';
export const THEME = 'M8 2a6 6 0 1 0 0 12Zm0 0a6 6 0 0 1 0 12';
export const BUBBLES =
  'M6 13a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 6.5a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5ZM12.8 12.6h.01';
export const ROWS = 'M2 4h12M2 8h12M2 12h12';
export const PULSE = 'M1.5 8.5H4l2-5 3.5 9.5 2-4.5h3';
export const UP = 'M4 10 8 6l4 4';
