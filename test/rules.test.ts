/** Prometheus's configuration, rules and runbooks: checked by promtool, and against what the program counts. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { snapshotOf } from '../src/telemetry/metrics-hub.ts';
import { DEPLOY, readDashboards, yaml } from './fixtures/dashboards.ts';
import { describeWithPrometheus } from './services.ts';

const FOLDER = join(DEPLOY, 'prometheus');
const ROOT = resolve(DEPLOY, '..');
const RUNBOOKS = join(ROOT, 'docs', 'runbooks');
const execute = promisify(execFile);

const Rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          record: z.string().optional(),
          alert: z.string().optional(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['critical', 'warning', 'info']) }).optional(),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook: z.string() }).optional(),
        }),
      ),
    }),
  ),
});
const Cases = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      input_series: z.array(z.object({ series: z.string() })),
      promql_expr_test: z.array(z.object({ expr: z.string(), exp_samples: z.array(z.unknown()) })).default([]),
    }),
  ),
});

const rules = ['recording.yml', 'alerts.yml'].flatMap((file) =>
  Rules.parse(yaml('prometheus', file)).groups.flatMap((group) => group.rules),
);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const testFiles = readdirSync(FOLDER).filter((file) => file.endsWith('.test.yml'));
const dashboards = readDashboards();
const cases = testFiles.flatMap((file) => Cases.parse(yaml('prometheus', file)).tests);

describeWithPrometheus('promtool', ({ promtool }) => {
  const check = async (...args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await execute(promtool, args, { cwd: FOLDER });
    return stdout + stderr;
  };

  it('accepts the configuration and its rules', async () => {
    expect(await check('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
    expect(await check('check', 'rules', 'recording.yml', 'alerts.yml')).toContain(
      `SUCCESS: ${alerts.length} rules found`,
    );
  });

  it('has every alert fire, and be silent, as its cases say', async () => {
    expect(testFiles).toEqual(['alerts.test.yml', 'recording.test.yml']);
    await expect(check('test', 'rules', ...testFiles)).resolves.toContain('SUCCESS');
  });
});

describe.each(alerts.map((rule) => [rule.alert ?? '', rule] as const))('the alert %s', (name, rule) => {
  it('has a case in which it fires and one in which it is silent', () => {
    for (const [ending, samples] of [
      ['fires', 1],
      ['is silent', 0],
    ] as const) {
      const found = cases.find((one) => one.name === `${name} ${ending}`);
      expect(found?.promql_expr_test.map(({ expr }) => expr)).toEqual([
        `ALERTS{alertname="${name}", alertstate="firing"}`,
      ]);
      expect(found?.promql_expr_test.map((one) => one.exp_samples.length)).toEqual([samples]);
    }
  });

  it('has a severity, words, and a page that says what it means, how to see it and what to do', () => {
    expect(rule.labels?.severity).toBeDefined();
    expect(rule.annotations?.summary).toMatch(/\w/);
    const file = rule.annotations?.runbook ?? '';
    expect(file).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/);
    const page = readFileSync(join(ROOT, file), 'utf8');
    expect(page).toMatch(new RegExp(`^# ${name}\n`));
    for (const part of ['What it means', 'How to see it', 'What to do']) expect(page).toContain(`\n## ${part}\n`);
  });
});

describe('a runbook', () => {
  const pages = readdirSync(RUNBOOKS);
  const titles = dashboards.map(([, { title }]) => title);
  const index = readFileSync(join(RUNBOOKS, 'README.md'), 'utf8');

  it('is that of an alert, and in the list', () => {
    const named = alerts.map(({ annotations }) => annotations?.runbook.split('/').at(-1) ?? '');
    expect(new Set(pages)).toEqual(new Set([...named, 'README.md']));
    for (const { alert, annotations, labels } of alerts) {
      const link = annotations?.runbook.replace('docs/runbooks/', '') ?? '';
      expect(index).toMatch(new RegExp(`\`${alert ?? ''}\` +\\| ${labels?.severity ?? ''} +\\| \\[.*\\]\\(${link}\\)`));
    }
  });

  it.each(pages)('%s leads to pages that exist', (page) => {
    for (const [, target = ''] of readFileSync(join(RUNBOOKS, page), 'utf8').matchAll(/\]\(([^):]+)\)/g)) {
      expect(existsSync(join(RUNBOOKS, target)), target).toBe(true);
    }
  });

  it.each(pages)('%s names dashboards that exist', (page) => {
    for (const [, title] of readFileSync(join(RUNBOOKS, page), 'utf8').matchAll(/[Dd]ashboard _([^_]+)_/g)) {
      expect(titles).toContain(title);
    }
  });
});

describe('a name of a metric', () => {
  it('in a rule, a case or a dashboard is one that the program or a rule has', async () => {
    const registry = new Registry();
    createMetrics(registry);
    const known = new Set(rules.map(({ record }) => record ?? ''));
    for (const { name, type } of await snapshotOf(registry)) {
      for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) known.add(name + suffix);
    }
    const texts = [
      ...rules.map(({ expr }) => expr),
      ...cases.flatMap((one) => one.input_series.map(({ series }) => series)),
      ...dashboards.flatMap(([, { panels }]) => panels.flatMap(({ targets }) => targets.map(({ expr = '' }) => expr))),
    ];
    const used = texts.flatMap((text) => [...text.matchAll(/(?:\w+:)?whalewatch_\w+(?::\w+)?/g)].map(([name]) => name));
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    expect(new Set(used).size).toBeGreaterThan(50);
  });
});
