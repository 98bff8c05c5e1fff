#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

const main = new URL('../dist/src/main.js', import.meta.url);
const dependencies = new URL('../node_modules/', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 12)) {
  fail(`kubelab needs Node.js 20.12 or newer; this is ${process.version}.`);
} else if (!existsSync(main)) {
  fail(`kubelab is not built. In its folder run: ${existsSync(dependencies) ? 'npm run build' : 'npm ci'}`);
} else {
  // Node 22 and newer keep compiled code between runs.
  module.enableCompileCache?.();
  await import(main.href);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}
