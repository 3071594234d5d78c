/** Thread that runs one seed after another. */

import { parentPort } from 'node:worker_threads';
import { runSeed } from './world.ts';

parentPort?.on('message', (seed: string) => {
  // What a world throws is a mistake of the simulation itself: the thread ends with it.
  void runSeed(seed).then((outcome) => parentPort?.postMessage(outcome));
});
