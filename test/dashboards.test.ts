/**
 * Every query of every dashboard, and every rule, on the real servers: QuestDB with the rows of a run, Prometheus with its
 * metrics. The run watches simulated exchanges, whose time passes faster than ours, so that minutes fill in seconds.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { startPrometheus, type PrometheusServer } from '../scripts/services/prometheus-server.ts';
import { TABLE_NAMES } from '../src/storage/tables.ts';
import type { Choice, Dashboard, Panel, Target, Variable } from './fixtures/dashboards.ts';
import { DEPLOY, expandPromQl, expandSql, readDashboards, yaml } from './fixtures/dashboards.ts';
import { LiveWorld } from './fixtures/live-world.ts';
import { describeWithPrometheus, describeWithQuestDb } from './services.ts';

const SEED = 'dashboards';
const PREFIX = `dash${process.pid}_`;
/** Market time, s: the first minute has no bar, and the slowest indicator wants four of them. */
const MARKET_S = 320;
const SCRAPE_MS = 1000;
/** As Grafana has it: four scrapes at least, and more where a step is longer. */
const RATE_INTERVAL = '10s';
const RANGE = '1m';
/** Columns that are empty in health: what was wrong, in words. */
const QUIET_COLUMNS: readonly string[] = ['detail'];
/** Alerts that do not depend on how fast the machine is, nor on QuestDB's metrics, which its test server has not. */
const OF_ERRORS = ['WhaleWatchGaveUp', 'ActorFailed', 'FramesMalformed', 'BookProvenWrong', 'BusStreamFull'];
/** Periods of the indicators, so short that some minutes fill them. */
const SHORT = { macdFast: 2, macdSlow: 3, macdSignal: 2, sma: 2, ema: 2, bollinger: 2, atr: 2, rsi: 2, volatility: 2 };

const dashboards = readDashboards();

interface Query {
  readonly name: string;
  readonly panel: Panel;
  readonly target: Target;
  readonly board: Dashboard;
}

const queries = dashboards.flatMap(([, board]) =>
  board.panels.flatMap((panel) =>
    panel.targets.map((target): Query => ({
      name: `${board.title}: ${panel.title} (${target.refId})`,
      panel,
      target,
      board,
    })),
  ),
);
const sqlQueries = queries.filter(({ target }) => target.rawSql !== undefined);
const promQueries = queries.filter(({ target }) => target.expr !== undefined);

const Exec = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  dataset: z.array(z.array(z.unknown())),
});
const Samples = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]).optional(),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
});
const Rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
      }),
    ),
  }),
});

describeWithQuestDb('on a run', (questdbUrl) => {
  describeWithPrometheus(`the dashboards (seed ${SEED})`, (program) => {
    let world: LiveWorld;
    let prometheus: PrometheusServer;
    let fromUs = 0;

    beforeAll(async () => {
      world = await LiveWorld.start({
        seed: SEED,
        venues: ['kraken', 'coinbase'],
        pairs: ['BTC-USD', 'ETH-USD'],
        ratePerPair: 5,
        whalesPerMinute: 60,
        beginsAgoS: MARKET_S + 60,
        config: {
          analytics: { periods: SHORT },
          scoring: { minOrders: 20 },
          store: { kind: 'questdb', questdbUrl, tablePrefix: PREFIX, flushMs: 1000 },
        },
      });
      fromUs = world.simulator.nowUs;
      const configure = (port: number): string => scraping(world.running.monitor.url, questdbUrl, port);
      [prometheus] = await Promise.all([startPrometheus(program, configure), world.untilLive()]);
      await world.hurry(MARKET_S);
      await world.running.tree.caughtUp();
    });
    afterAll(async () => {
      await prometheus?.process.stop();
      for (const table of TABLE_NAMES) await world.running.tree.query(`DROP TABLE IF EXISTS ${PREFIX}${table}`);
      await world?.end();
    });

    it('ask QuestDB for what it has', async () => {
      // A row that QuestDB has acknowledged is seen once it has been merged into its table.
      await world.until('an answer to every query', unanswered, (empty) => empty.length === 0, false);
    });

    it('ask Prometheus for what it has', async () => {
      const exchanges = (): Promise<readonly unknown[]> => instant('group by (exchange) (whalewatch_book_books)');
      await world.until('metrics of every exchange', exchanges, (found) => found.length === 2);
      const look = async (): Promise<string[]> => {
        const answers = promQueries.map(async ({ name, target, board }) =>
          (await isAnswered(target, await chosen(board))) ? [] : [name],
        );
        return (await Promise.all(answers)).flat();
      };
      await world.until('an answer to every query', look, (empty) => empty.length === 0);
      expect(promQueries.length).toBeGreaterThan(80);
    });

    it('have rules behind them that work, and no alert on an error fires in health', async () => {
      const { data } = Rules.parse(await get('/api/v1/rules'));
      const rules = data.groups.flatMap((group) => group.rules);
      expect(rules.length).toBeGreaterThan(30);
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      const firing = (await instant('ALERTS{alertstate="firing"}')).map(({ metric }) => metric['alertname'] ?? '');
      expect(firing.filter((name) => OF_ERRORS.includes(name))).toEqual([]);
    });

    /** Queries whose answers are empty, or have a column that is. */
    async function unanswered(): Promise<string[]> {
      const empty: string[] = [];
      for (const { name, panel, target, board } of sqlQueries) {
        const choice = await chosen(board);
        if ([...choice.values()].some((values) => values.length === 0)) return [`${name}: nothing to choose`];
        const { columns, dataset } = await ask(target.rawSql ?? '', choice, panel.interval);
        expect(target.format === 'time_series' ? columns[0] : { type: 'TIMESTAMP' }, name).toMatchObject({
          type: 'TIMESTAMP',
        });
        for (const [at, column] of columns.entries()) {
          if (QUIET_COLUMNS.includes(column.name)) continue;
          if (!dataset.some((row) => row[at] !== null && row[at] !== '')) empty.push(`${name}: ${column.name}`);
        }
      }
      return empty;
    }

    /** Everything that can be chosen, or the first where one only can. */
    async function chosen({ templating }: Dashboard): Promise<Choice> {
      const choice = new Map<Variable, readonly string[]>();
      for (const variable of templating.list) {
        const values = await valuesOf(variable, choice);
        choice.set(variable, variable.multi ? values : values.slice(0, 1));
      }
      return choice;
    }

    async function valuesOf(variable: Variable, choice: Choice): Promise<readonly string[]> {
      if (variable.type === 'custom') return String(variable.query).split(',');
      const definition = variable.definition ?? '';
      const [, metric, label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      if (metric !== undefined) {
        return (await instant(`group by (${label}) (${metric})`)).map((one) => one.metric[label] ?? '');
      }
      const { dataset } = await ask(definition, choice);
      return dataset.map(([value]) => String(value));
    }

    async function ask(sql: string, choice: Choice, interval = ''): Promise<z.infer<typeof Exec>> {
      const filled = expandSql(sql, { fromUs, toUs: world.simulator.nowUs, interval, choice });
      const text = filled.replaceAll(/\bFROM (\w+)/g, `FROM ${PREFIX}$1`);
      const url = new URL('/exec', questdbUrl);
      url.searchParams.set('query', text);
      const response = await fetch(url);
      const body: unknown = await response.json();
      expect(response.status, `${text}\n${JSON.stringify(body)}`).toBe(200);
      return Exec.parse(body);
    }

    async function isAnswered({ expr = '', instant: isInstant }: Target, choice: Choice): Promise<boolean> {
      const query = expandPromQl(expr, { rateInterval: RATE_INTERVAL, range: RANGE, choice });
      const result = isInstant === true ? await instant(query) : await lately(query);
      return result.some(({ value, values = [] }) =>
        [...values, ...(value ? [value] : [])].some(([, text]) => text !== 'NaN'),
      );
    }

    async function instant(query: string): Promise<z.infer<typeof Samples>['data']['result']> {
      return Samples.parse(await get('/api/v1/query', { query })).data.result;
    }

    async function lately(query: string): Promise<z.infer<typeof Samples>['data']['result']> {
      const end = Date.now() / 1000;
      const times = { start: `${end - 10}`, end: `${end}`, step: '1' };
      return Samples.parse(await get('/api/v1/query_range', { query, ...times })).data.result;
    }

    async function get(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
      const response = await fetch(new URL(`${path}?${new URLSearchParams(query).toString()}`, prometheus.url));
      const body: unknown = await response.json();
      expect(response.status, `${JSON.stringify(query)} ${JSON.stringify(body)}`).toBe(200);
      return body;
    }
  });
});

/** The deployed configuration, with other addresses and a shorter wait. QuestDB's tests have no metrics: it counts as down. */
function scraping(url: string, questdbUrl: string, port: number): string {
  const targets: Readonly<Record<string, string>> = {
    whalewatch: new URL(url).host,
    questdb: new URL(questdbUrl).host,
    prometheus: `127.0.0.1:${port}`,
  };
  const deployed = z
    .object({ rule_files: z.array(z.string()), scrape_configs: z.array(z.looseObject({ job_name: z.string() })) })
    .loose()
    .parse(yaml('prometheus', 'prometheus.yml'));
  return stringify({
    ...deployed,
    global: {
      scrape_interval: `${SCRAPE_MS}ms`,
      scrape_timeout: `${SCRAPE_MS}ms`,
      evaluation_interval: `${SCRAPE_MS}ms`,
    },
    rule_files: deployed.rule_files.map((file) => join(DEPLOY, 'prometheus', file)),
    scrape_configs: deployed.scrape_configs.map((job) => ({
      ...job,
      static_configs: [{ targets: [targets[job.job_name] ?? ''] }],
    })),
  });
}
