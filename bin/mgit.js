#!/usr/bin/env node
// Plain JavaScript for any Node: an unsupported version gets one clear sentence instead of a syntax error.
import module from 'node:module';
import v8 from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(
    `mgit needs Node 22.15 or newer; this is ${process.versions.node}. Install a current Node from https://nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  v8.setFlagsFromString('--heap-growing-percent=30'); // A large manifest is not to take twice its memory in garbage.
  v8.setFlagsFromString('--semi-space-growth-factor=1'); // Nor are short-lived objects to take 100 MiB more: collecting them sooner costs no time.
  module.enableCompileCache(); // Before anything of mgit is loaded: a short command is mostly loading.
  import('../dist/main.js').then(cli => cli.main());
}
