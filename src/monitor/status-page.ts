/** The status page: what runs, what each book's state is, and where to look further. Plain HTML without scripts. */

import type { Readiness, Status } from '../ports/monitor-source.ts';

const LINKS = ['/metrics', '/healthz', '/readyz'];
const REFRESH_S = 5;

export function renderStatusPage(status: Status, readiness: Readiness): string {
  const live = status.books.filter((book) => book.state === 'live').length;
  const books = status.books.map((book) =>
    row([`${book.exchange}:${book.symbol}`, book.state, book.reason, timeOf(book.lastReceiveUs)]),
  );
  const missing = readiness.missing.map(
    ({ part, name, reason }) => `<li>${escapeHtml(`${part} ${name}: ${reason}`)}</li>`,
  );
  const standby = (readiness.standby ?? []).map(({ unit, owner }) => `${unit} (${owner ?? 'nobody yet'})`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="${REFRESH_S}">
<title>Whale Watch</title>
<style>body{font-family:system-ui;margin:2rem}td,th{padding:.2rem 1rem .2rem 0;text-align:left}</style>
<h1>Whale Watch</h1>
<p>Version ${escapeHtml(status.version)}, since ${timeOf(status.startedUs)}, bus ${escapeHtml(status.bus)}, store
${escapeHtml(status.store)}. ${readiness.ready ? 'Ready.' : 'Not ready:'} ${live} of ${status.books.length} books live.</p>
${missing.length === 0 ? '' : `<ul>${missing.join('')}</ul>`}
${standby.length === 0 ? '' : `<p>Done by other processes: ${escapeHtml(standby.join(', '))}.</p>`}
<table><tr><th>Book</th><th>State</th><th>Reason</th><th>Last frame (UTC)</th></tr>
${books.join('\n')}
</table>
<p>${LINKS.map((link) => `<a href="${link}">${link}</a>`).join(' · ')}</p>
</html>
`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
}

function timeOf(us: number | null): string {
  return us === null ? 'none yet' : new Date(us / 1000).toISOString();
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
