/** How long what was killed took to catch up, as a Markdown table. */
export function recoveryTable(
  kills: readonly { readonly target: string; readonly recoveryMs: number }[],
  of = 'killed',
): string {
  const targets = [...new Set(kills.map(({ target }) => target))].toSorted();
  const line = (name: string, times: readonly number[]): string =>
    `| ${[name, times.length, ...[0.5, 0.99, 1].map((share) => Math.round(quantile(times, share)))].join(' | ')} |`;
  return [
    `| ${of} | times | p50 ms | p99 ms | longest ms |`,
    '| --- | --- | --- | --- | --- |',
    ...targets.map((target) => line(target, timesOf(kills.filter((kill) => kill.target === target)))),
    line('all', timesOf(kills)),
  ].join('\n');
}

function timesOf(kills: readonly { readonly recoveryMs: number }[]): number[] {
  return kills.map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
}

/** Of sorted values: the smallest that so many are not above. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
