import { readFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { NATS, QUESTDB } from '../scripts/services/pins.ts';
import { loadConfig } from '../src/app/config.ts';
import type { Panel } from './fixtures/dashboards.ts';
import { DEPLOY, readDashboards, readDatasources, yaml } from './fixtures/dashboards.ts';

const Service = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  volumes: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }) }),
});
const Compose = z.object({ services: z.record(z.string(), Service), volumes: z.record(z.string(), z.unknown()) });
const Scraping = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
  ),
});

const compose = Compose.parse(yaml('docker-compose.yml'));
const services = Object.entries(compose.services);
const scraping = Scraping.parse(yaml('prometheus', 'prometheus.yml'));
const datasources = readDatasources();
const dashboards = readDashboards();

describe('docker-compose.yml', () => {
  it.each(services)('%s has a pinned image or is built here', (_name, service) => {
    if (service.build === undefined) expect(service.image).toMatch(/^[\w/.-]+:v?\d+\.\d+\.\d+/);
    else expect(existsSync(resolve(DEPLOY, service.build.context, service.build.dockerfile))).toBe(true);
  });

  it.each(services)('%s is limited, is checked for health, and shows ports on loopback only', (_name, service) => {
    // Docker itself checks the built image (HEALTHCHECK).
    if (service.build === undefined) expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.deploy.resources.limits.memory).toMatch(/^\d+[mg]$/);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('%s mounts what exists', (_name, service) => {
    for (const volume of service.volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(resolve(DEPLOY, source)), volume).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('waits only for services that exist', () => {
    const wanted = services.flatMap(([, service]) => Object.keys(service.depends_on));
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(wanted));
  });

  it('runs the servers that the tests run', () => {
    expect(compose.services['nats']?.image).toBe(NATS.image);
    expect(compose.services['questdb']?.image).toBe(QUESTDB.image);
  });

  it('asks for no secret that the example does not name', () => {
    const text = readFileSync(join(DEPLOY, 'docker-compose.yml'), 'utf8');
    const example = readFileSync(join(DEPLOY, '.env.example'), 'utf8');
    const asked = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    const named = new Set([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name));
    expect(asked).toEqual(named);
  });
});

describe('every address', () => {
  const live = loadConfig({ file: join(DEPLOY, 'whalewatch.live.yaml'), env: {} });

  it('that Prometheus scrapes is a service', () => {
    const targets = scraping.scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((each) => each.targets),
    );
    expect(targets).toContain(`whalewatch:${live.http.port}`);
    expectServices(targets.filter((target) => !target.startsWith('localhost:')));
  });

  it('of a Grafana source is a service', () => {
    expectServices(datasources.map(({ url }) => url));
  });

  it('in the live configuration is a service', () => {
    expect(live.bus.kind).toBe('nats');
    expect(live.store.kind).toBe('questdb');
    const ports = [live.http.port, live.monitor.port].map((port) => `127.0.0.1:${port}:${port}`);
    expect(compose.services['whalewatch']?.ports).toEqual(ports);
  });

  it('of a rule file is a file, in what Prometheus mounts', () => {
    expect(compose.services['prometheus']?.volumes).toContain('./prometheus:/etc/prometheus:ro');
    for (const file of scraping.rule_files) expect(() => yaml('prometheus', file)).not.toThrow();
  });
});

/** Types of panels whose look says what a number means only with a unit. */
const MEASURING: readonly string[] = ['stat', 'timeseries', 'table', 'candlestick', 'heatmap'];

describe('all dashboards', () => {
  it('have uids and titles of their own, and lead to each other', () => {
    const boards = dashboards.map(([, board]) => board);
    expect(new Set(boards.map(({ uid }) => uid)).size).toBe(boards.length);
    expect(new Set(boards.map(({ title }) => title)).size).toBe(boards.length);
    for (const { links, tags } of boards) {
      expect(links).toMatchObject([{ type: 'dashboards', tags: ['whalewatch'], keepTime: true }]);
      expect(tags).toContain('whalewatch');
    }
  });
});

describe.each(dashboards)('the dashboard %s', (_file, board) => {
  const { panels } = board;

  it('is of the deployed Grafana’s schema, in UTC, and not edited by hand', () => {
    const [, major] = /grafana:(\d+)\./.exec(compose.services['grafana']?.image ?? '') ?? [];
    // Grafana 12 writes 41 (packages/grafana-schema, `schemaVersion`).
    expect([Number(major), board.schemaVersion]).toEqual([12, 41]);
    expect(board.editable).toBe(false);
  });

  it('uses provisioned sources only, of the type that they have', () => {
    const known = datasources.map(({ uid, type }) => `${type}/${uid}`);
    const variables = board.templating.list.flatMap(({ datasource }) => (datasource === undefined ? [] : [datasource]));
    const used = panels.flatMap(({ datasource, targets }) => [
      ...(datasource === undefined ? [] : [datasource]),
      ...targets.map((target) => target.datasource),
    ]);
    for (const { uid, type } of [...used, ...variables]) expect(known).toContain(`${type}/${uid}`);
  });

  it('gives each panel an id of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('lays panels out within 24 columns, none over another, and begins with a row of numbers', () => {
    const cells = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (const cell of cellsOf(gridPos)) {
        expect(cells, title).not.toContain(cell);
        cells.add(cell);
      }
    }
    expect(panels.slice(0, 4).map(({ type }) => type)).toEqual(['row', 'stat', 'stat', 'stat']);
  });

  it.each(panels.filter(({ type }) => type !== 'row').map((panel) => [panel.title, panel] as const))(
    'says of “%s” what it is and in which unit',
    (_title, panel) => {
      expect(MEASURING).toContain(panel.type);
      expect(panel.description).toMatch(/\w.*\.$/);
      expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
      expect(panel.targets.length).toBeGreaterThan(0);
      expect(new Set(panel.targets.map(({ refId }) => refId)).size).toBe(panel.targets.length);
      for (const { rawSql, expr, datasource, format } of panel.targets) {
        expect(datasource.uid).toBe(rawSql === undefined ? 'prometheus' : 'questdb');
        expect(expr ?? rawSql).toBeTruthy();
        // Below a second Grafana writes steps that mean something else to QuestDB.
        if (rawSql?.includes('$__interval') === true) expect(panel.interval).toMatch(/^\d+[smh]$/);
        if (format === 'time_series') expect(rawSql).toMatch(/^SELECT ts AS "time", [^]*ORDER BY ts$/);
      }
    },
  );

  it('names no column that its table does not select', () => {
    for (const { type, title, targets, fieldConfig } of panels) {
      if (type !== 'table' || targets[0]?.rawSql === undefined) continue;
      for (const { matcher } of fieldConfig?.overrides ?? []) {
        expect(targets[0].rawSql, title).toMatch(new RegExp(`\\b${matcher.options}\\b`));
      }
    }
  });

  it('uses the variables that it has, and has those that it uses', () => {
    const text =
      JSON.stringify(panels) + JSON.stringify(board.templating.list.map(({ definition }) => definition ?? ''));
    const used = new Set(
      [...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name).filter((name) => !name.startsWith('__')),
    );
    expect(used).toEqual(new Set(board.templating.list.map(({ name }) => name)));
  });
});

function cellsOf({ x, y, w, h }: Panel['gridPos']): string[] {
  return Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`);
}

function expectServices(addresses: readonly string[]): void {
  const hosts = addresses.map((address) => address.replace(/^\w+:\/\//, '').split(':')[0]);
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(hosts));
}
