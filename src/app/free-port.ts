/** Whether a port can be had. */

import { createServer } from 'node:net';

/** What keeps this process from listening there (`code` is `EADDRINUSE` where somebody else does); null where nothing. */
export function listenError({ host, port }: { host: string; port: number }): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => {
      server.close(() => resolve(null));
    });
  });
}
