/**
 * The process of the load: a venue on loopback with everything prepared, so that sending costs next to nothing. It waits
 * until its client has subscribed and synchronised, sends for so long when told, and then says what it has sent.
 */

import { generatorSpecSchema, toGeneratorSchema, type FromGenerator } from './messages.ts';
import { Pace } from './pace.ts';
import { readRecording } from './recording.ts';
import { makeScripts } from './script.ts';
import type { Tally } from './tally.ts';
import type { TapePair } from './tape.ts';
import { QUOTE, startVenue } from './venue.ts';

const spec = generatorSpecSchema.parse(JSON.parse(process.argv[2] ?? ''));
const scripts = makeScripts(await readRecording(spec.recording), { ...spec, scripts: spec.pairs });
const pairs: TapePair[] = scripts.map((script, at) => ({
  venueSymbol: `M${String(at).padStart(3, '0')}${QUOTE}`,
  script,
}));
let pace: Pace | null = null;

const venue = await startVenue(pairs, (venueSymbol) => {
  // A book that starts anew while frames flow: its rows cannot be counted any more.
  if (pace !== null) tell({ kind: 'broken', reason: `the snapshot of ${venueSymbol} was asked for again` });
});

process.on('message', (raw) => {
  const message = toGeneratorSchema.parse(raw);
  if (message.kind === 'start') void run(message.changesPerSecond, message.seconds);
  else if (pace !== null) tell({ kind: 'progress', progress: pace.progress });
});
// Whoever started it has ended.
process.on('disconnect', () => process.exit());
tell({
  kind: 'listening',
  wsUrl: venue.wsUrl,
  restUrl: venue.restUrl,
  pairs: pairs.map(({ venueSymbol }) => symbolOf(venueSymbol)),
});

async function run(changesPerSecond: number, seconds: number): Promise<void> {
  const connections = venue.connections();
  const subscribed = connections.reduce((sum, connection) => sum + connection.pairs.length, 0);
  if (subscribed !== pairs.length) {
    tell({ kind: 'broken', reason: `${subscribed} of ${pairs.length} pairs are subscribed to` });
    return;
  }
  pace = new Pace(connections);
  for (const { socket } of connections) {
    socket.on('close', () => tell({ kind: 'broken', reason: 'a connection was closed' }));
  }
  await pace.run(changesPerSecond, seconds);
  const tallies = pace.tallies().map(([venueSymbol, tally]): [string, Tally] => [symbolOf(venueSymbol), tally]);
  tell({ kind: 'ended', progress: pace.progress, heldS: pace.heldS, tallies });
}

function symbolOf(venueSymbol: string): string {
  return `${venueSymbol.slice(0, -QUOTE.length)}-${QUOTE}`;
}

/** Whoever has ended meanwhile need not be told: then this process ends, too. */
function tell(message: FromGenerator): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
