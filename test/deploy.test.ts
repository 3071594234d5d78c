import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { NATS, QUESTDB } from '../scripts/services/pins.ts';
import { loadConfig } from '../src/app/config.ts';
import { TABLE_NAMES } from '../src/storage/tables.ts';
import { QuestDbStore } from '../src/storage/questdb-store.ts';
import { describeWithQuestDb } from './services.ts';

const DEPLOY = resolve(import.meta.dirname, '..', 'deploy');

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
const Datasources = z.object({
  datasources: z.array(z.object({ uid: z.string(), url: z.string() })),
});
const Dashboard = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      datasource: z.object({ uid: z.string() }),
      targets: z.array(z.object({ rawSql: z.string().optional(), expr: z.string().optional() })),
    }),
  ),
});

const compose = Compose.parse(yaml('docker-compose.yml'));
const services = Object.entries(compose.services);
const scraping = Scraping.parse(yaml('prometheus', 'prometheus.yml'));
const { datasources } = Datasources.parse(yaml('grafana', 'provisioning', 'datasources', 'datasources.yml'));
const DASHBOARDS = join(DEPLOY, 'grafana', 'dashboards');
const panels = readdirSync(DASHBOARDS).flatMap(
  (name) => Dashboard.parse(JSON.parse(readFileSync(join(DASHBOARDS, name), 'utf8'))).panels,
);

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

  it('of a rule file is a file', () => {
    for (const file of scraping.rule_files) expect(() => yaml('prometheus', file)).not.toThrow();
  });
});

describe('a dashboard', () => {
  it('uses provisioned sources only', () => {
    const known = datasources.map(({ uid }) => uid);
    expect(known).toEqual(expect.arrayContaining(panels.map(({ datasource }) => datasource.uid)));
  });
});

describeWithQuestDb('a dashboard query', (url) => {
  const tablePrefix = `deploy_test_${process.pid}_`;
  const queries = panels.flatMap(({ title, targets }) => targets.map(({ rawSql }) => ({ title, rawSql })));

  it('runs on the tables of the schema', async () => {
    const store = new QuestDbStore({ url, tablePrefix });
    await store.open();
    for (const { title, rawSql } of queries) {
      if (rawSql === undefined) continue;
      await expect(store.query(expandMacros(rawSql)), title).resolves.toBeDefined();
    }
    for (const table of TABLE_NAMES) await store.query(`DROP TABLE ${tablePrefix}${table}`);
    await store.close();
  });

  /** As Grafana does before it sends a query (https://grafana.com/docs/grafana/latest/datasources/postgres/#macros). */
  function expandMacros(sql: string): string {
    return sql
      .replaceAll('$__timeFilter(ts)', "ts BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-01T01:00:00Z'")
      .replaceAll('$__interval', '15s')
      .replace(/^FROM (\w+)/gm, `FROM ${tablePrefix}$1`);
  }
});

function yaml(...path: string[]): unknown {
  return parse(readFileSync(join(DEPLOY, ...path), 'utf8'), { merge: true });
}

function expectServices(addresses: readonly string[]): void {
  const hosts = addresses.map((address) => address.replace(/^\w+:\/\//, '').split(':')[0]);
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(hosts));
}
