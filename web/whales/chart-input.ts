/**
 * Pointer, wheel and keys of the chart, as what they mean. Drag or sideways wheel: scroll through time. Wheel: range. Shift and
 * wheel: prices. Keys: arrows step from order to order, with shift they scroll; + and - change the range; Home follows the
 * stream again; Escape releases the order.
 */

export interface ChartWishes {
  pointed(at: { readonly x: number; readonly y: number } | null): void;
  clicked(at: { readonly x: number; readonly y: number }): void;
  dragged(pixels: number): void;
  zoomed(direction: 1 | -1): void;
  priceZoomed(factor: number): void;
  stepped(direction: 1 | -1): void;
  paged(direction: 1 | -1): void;
  released(): void;
  followed(): void;
}

/** A pointer that moved less has clicked. */
const CLICK_PX = 4;
/** The wheel turns the range by one step after so many pixels. */
const WHEEL_STEP_PX = 120;
const WHEEL_PRICES = 0.0015;

/** Listens, for as long as the element lives. */
export function listenToChart(element: HTMLElement, wishes: ChartWishes): void {
  const input = new ChartInput(element, wishes);
  input.listen();
}

class ChartInput {
  private readonly element: HTMLElement;
  private readonly wishes: ChartWishes;
  private drag: { readonly id: number; x: number; movedPx: number } | null = null;
  private wheeled = 0;

  constructor(element: HTMLElement, wishes: ChartWishes) {
    this.element = element;
    this.wishes = wishes;
  }

  listen(): void {
    const { element, wishes } = this;
    element.addEventListener('pointerdown', (event) => this.down(event));
    element.addEventListener('pointermove', (event) => this.move(event));
    element.addEventListener('pointerup', (event) => this.up(event));
    element.addEventListener('pointercancel', () => {
      this.drag = null;
    });
    element.addEventListener('pointerleave', () => wishes.pointed(null));
    element.addEventListener('dblclick', () => wishes.followed());
    element.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    element.addEventListener('keydown', (event) => this.key(event));
  }

  private at(event: PointerEvent): { readonly x: number; readonly y: number } {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.drag = { id: event.pointerId, x: event.clientX, movedPx: 0 };
  }

  private move(event: PointerEvent): void {
    const { drag } = this;
    if (drag !== null && drag.id === event.pointerId) {
      const movedPx = event.clientX - drag.x;
      if (drag.movedPx > 0 || Math.abs(movedPx) >= CLICK_PX) {
        this.element.setPointerCapture(event.pointerId);
        drag.movedPx += Math.abs(movedPx);
        drag.x = event.clientX;
        this.wishes.dragged(movedPx);
      }
    }
    this.wishes.pointed(this.at(event));
  }

  private up(event: PointerEvent): void {
    const clicked = this.drag !== null && this.drag.movedPx === 0;
    this.drag = null;
    if (clicked) this.wishes.clicked(this.at(event));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) {
      this.wishes.priceZoomed(Math.exp((event.deltaY || event.deltaX) * WHEEL_PRICES));
      return;
    }
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.wishes.dragged(-event.deltaX);
      return;
    }
    this.wheeled += event.deltaY;
    if (Math.abs(this.wheeled) < WHEEL_STEP_PX) return;
    this.wishes.zoomed(this.wheeled > 0 ? 1 : -1);
    this.wheeled = 0;
  }

  private key(event: KeyboardEvent): void {
    const act = this.actionOf(event);
    if (act === null) return;
    event.preventDefault();
    act();
  }

  private actionOf({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): (() => void) | null {
    if (ctrlKey || metaKey || altKey) return null;
    switch (key) {
      case 'ArrowLeft':
        return () => (shiftKey ? this.wishes.paged(-1) : this.wishes.stepped(-1));
      case 'ArrowRight':
        return () => (shiftKey ? this.wishes.paged(1) : this.wishes.stepped(1));
      case 'PageUp':
        return () => this.wishes.paged(-1);
      case 'PageDown':
        return () => this.wishes.paged(1);
      case 'ArrowUp':
        return () => this.wishes.priceZoomed(0.8);
      case 'ArrowDown':
        return () => this.wishes.priceZoomed(1.25);
      case '+':
      case '=':
        return () => this.wishes.zoomed(-1);
      case '-':
        return () => this.wishes.zoomed(1);
      case 'Home':
      case 'End':
        return () => this.wishes.followed();
      case 'Escape':
        return () => this.wishes.released();
      default:
        return null;
    }
  }
}
