/** Holds a run's raw archive against its limits. */

import { trimArchive } from '../collect/archive-retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Config } from './config.ts';

const GIB = 1024 ** 3;
const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 60_000;

/** Removes old files at once and from time to time, where there are limits. @returns what ends that */
export function keepArchiveTrimmed(archive: Config['archive'], clock: Clock, log: Logger): () => void {
  const { dir: directory, maxGb, maxAgeDays } = archive;
  if (directory === null || (maxGb === null && maxAgeDays === null)) return () => undefined;
  const trim = (): void => {
    trimArchive({
      ...{ directory, nowMs: clock.nowUs() / 1000 },
      bytesMax: maxGb === null ? null : maxGb * GIB,
      ageMaxMs: maxAgeDays === null ? null : maxAgeDays * DAY_MS,
    }).then(
      ({ files, bytes }) => {
        if (files > 0) log.info({ files, bytes }, 'old files of the raw archive are removed');
      },
      (error: unknown) => log.error({ err: error }, 'old files of the raw archive could not be removed'),
    );
  };
  trim();
  const timer = setInterval(trim, EVERY_MS);
  return () => clearInterval(timer);
}
