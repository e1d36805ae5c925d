#!/usr/bin/env node
// Plain JavaScript for any Node: an unsupported version gets one clear sentence instead of a syntax error.
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(
    `mgit needs Node 22.15 or newer; this is ${process.versions.node}. Install a current Node from https://nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache(); // Before anything of mgit is loaded: a short command is mostly loading.
  import('../dist/main.js').then(cli => cli.main());
}
