import { AppError } from '../lib/app-error.ts';

/**
 * Why a server cannot listen, in words.
 * @param address.fields the part of the configuration that names the address, e.g. `http`
 */
export function cannotListen(
  error: unknown,
  { host, port, fields }: { host: string; port: number; fields: 'http' | 'monitor' },
): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const context = { host, port, code };
  const option = fields === 'http' ? '--http-port or the field http.port' : 'the field monitor.port';
  if (code === 'EADDRINUSE') {
    return new AppError('http.port-in-use', `port ${port} on ${host} is in use by another program`, {
      remedy: `Stop that program, or choose another port with ${option} (0 takes any free one).`,
      context,
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('http.cannot-listen', `cannot listen on port ${port} of ${host}: ${reason}`, {
    remedy: `Check ${fields}.host and ${fields}.port: the address must belong to this machine, ports below 1024 need rights.`,
    context,
    cause: error,
  });
}
