/** Elements in one expression, and the few things that every widget does with them. */

type Attribute = string | number | boolean | null | undefined;
type Child = Node | string | null;
export type Attributes = Readonly<Record<string, Attribute>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An element. Attributes that are `false`, `null` or absent are left out, `true` ones are empty. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** An icon of 16 x 16 units, drawn in the colour of the text, that says nothing to a screen reader. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

export function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** Sets the text where it differs: writing the same text again would cost a layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets the class where it differs. */
export function setClass(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

/** A text that only screen readers meet. */
export function hidden(text: string): HTMLElement {
  return h('span', { class: 'visually-hidden' }, text);
}

let ids = 0;

/** An id that no other element has. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${++ids}`;
}
