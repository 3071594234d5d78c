/**
 * What the tests run against, pinned in one place. `deploy/docker-compose.yml` deploys the same images
 * (`test/deploy.test.ts` compares them).
 */

/** NATS server. 2.9 is the oldest line whose JetStream has all that the core path uses. */
export const NATS = {
  version: '2.12.15',
  oldest: [2, 9],
  image: 'nats:2.12.15-alpine3.22@sha256:b270f5e2428354c0335612694d7dd2fb588148e567a5757fdff325ef9c9332e6',
  goModule: 'github.com/nats-io/nats-server/v2',
  debianPackage: 'nats-server',
  releases: 'https://github.com/nats-io/nats-server/releases/download',
  /** SHA-256 of the release's `.tar.gz` by Node's `<platform>-<arch>`; the official image checks the same. */
  archives: new Map([
    [
      'linux-x64',
      { suffix: 'linux-amd64', sha256: '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e' },
    ],
    [
      'linux-arm64',
      { suffix: 'linux-arm64', sha256: 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6' },
    ],
  ]),
} as const;

/**
 * Prometheus, for the tests of dashboards and rules. Deployed is a newer one than Debian's: the tests want the oldest
 * whose query language has all that they ask.
 */
export const PROMETHEUS = {
  oldest: [2, 42],
  debianPackage: 'prometheus',
} as const;

/** QuestDB server: one Java archive, the same for every platform. */
export const QUESTDB = {
  version: '9.3.4',
  oldestJava: 17,
  image: 'questdb/questdb:9.3.4',
  mavenGroup: 'org.questdb',
  mavenArtifact: 'questdb',
  jarSha256: '939bc53ab22f93dbaa6545143a6e7c536d4904c07b7f2d381e8eef10436be062',
  mavenCopyGoal: 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy',
} as const;
