import { execFileSync } from 'node:child_process';

/** The interpreter that `MGIT_PYTHON` names; it must have what `python/requirements-test.txt` lists. */
export function pythonProgram(): string {
  const program = process.env.MGIT_PYTHON;
  if (!program)
    throw new Error('MGIT_PYTHON must name a Python that has the packages of python/requirements-test.txt');
  return program;
}

/** Runs a Python program; returns what it printed. */
export function runPython(...args: readonly string[]): string {
  return execFileSync(pythonProgram(), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
}
