/**
 * Prints the counts of a test run as one plain line, `N passed, N failed`, with `, N skipped` where any were.
 *
 *     node scripts/count-tests.ts REPORT      REPORT: the file that vitest's JSON reporter wrote
 *
 * A test file that could not even be loaded counts as one failure, as it holds tests that did not run. Without a
 * readable report nothing ran: the line then is `0 passed, 0 failed`. Ends with 1 when anything failed or nothing
 * passed.
 */

import { readFileSync } from 'node:fs';

import { z } from 'zod';

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

const { passed, failed, skipped } = count(process.argv[2]);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function count(path: string | undefined): { passed: number; failed: number; skipped: number } {
  if (path === undefined) return { passed: 0, failed: 0, skipped: 0 };
  try {
    const report = Report.parse(JSON.parse(readFileSync(path, 'utf8')));
    const unloadable = report.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloadable.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch (error) {
    console.error(`${path} is no report of a test run:`, error);
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
