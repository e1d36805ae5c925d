import { isSystemError, MgitError } from '../../base/errors.ts';
import type { SpawnResult } from '../../base/ports/process.ts';
import type { Evaluation, ModelMeasurements } from '../../eval/gate/measurements.ts';
import type { Outcome, Role } from '../../eval/gate/verdict.ts';
import { byRole, type GateJob, type GateMeasured, type GateModel, measureModels } from './job.ts';
import { readCommandResults } from './results.ts';

const DEFAULT_TIMEOUT_SECONDS = 3600;

/**
 * Runs a gate's command: once per model when it names `{model}`, else once for all; and each of that once per seed. It runs among the
 * files of the target's tip, never the candidate's. Errors: `GATE_COMMAND_FAILED`, `GATE_COMMAND_TIMEOUT`, `GATE_RESULT_INVALID`.
 */
export async function measureByCommand(job: GateJob): Promise<GateMeasured> {
  if (!job.gate.accept) return decideByExitStatus(job);
  const remarks = new Map<string, string>();
  const isPerModel = (job.gate.command ?? []).some(word => word.includes('{model}'));
  const measurements = isPerModel
    ? await measureModels(job.models, (model, role) => measureOne(job, { model, role }, remarks))
    : await measureAll(job, remarks);
  return { measurements, environment: Object.fromEntries(remarks) };
}

interface Subject {
  readonly model: GateModel;
  readonly role: Role;
}

async function measureOne(
  job: GateJob,
  subject: Subject,
  remarks: Map<string, string>,
): Promise<ModelMeasurements> {
  const evaluate = async (seed: number | undefined): Promise<Evaluation> => {
    const out = await runOnce(job, { subject, seed });
    const results = await readCommandResults(job, out);
    const own = results.get(undefined) ?? results.get(subject.role);
    if (!own) throw noResults(subject.role);
    note(remarks, own.remarks);
    return { metrics: own.metrics };
  };
  if (!job.gate.seeds) return { asIs: await evaluate(undefined), probes: [] };
  const probes: { seed: number; evaluation: Evaluation }[] = [];
  for (const seed of job.gate.seeds) probes.push({ seed, evaluation: await evaluate(seed) });
  return { asIs: undefined, probes };
}

/** One run tells of all models: `metrics.json` by role, and `model` in every item. */
async function measureAll(job: GateJob, remarks: Map<string, string>): Promise<ReturnType<typeof byRole>> {
  const runs: { seed: number | undefined; results: Awaited<ReturnType<typeof readCommandResults>> }[] = [];
  for (const seed of job.gate.seeds ?? [undefined])
    runs.push({ seed, results: await readCommandResults(job, await runOnce(job, { seed })) });
  return byRole(role => {
    if (!job.models.has(role)) return undefined;
    const evaluations = runs.flatMap(({ seed, results }) => {
      const own = results.get(role);
      if (own) note(remarks, own.remarks);
      return own ? [{ seed, evaluation: { metrics: own.metrics } }] : [];
    });
    const [first] = evaluations;
    if (!first) return undefined;
    if (first.seed === undefined) return { asIs: first.evaluation, probes: [] };
    return {
      asIs: undefined,
      probes: evaluations.map(({ seed, evaluation }) => ({ seed: seed ?? 0, evaluation })),
    };
  });
}

/** A command without rules says pass with status 0 and fail with 1; anything else is an error. */
async function decideByExitStatus(job: GateJob): Promise<GateMeasured> {
  const { result } = await start(job, {});
  const outcomes: Readonly<Record<number, Outcome>> = { 0: 'pass', 1: 'fail' };
  const outcome = result.code === null ? undefined : outcomes[result.code];
  if (!outcome) throw commandFailed(job, result);
  return { measurements: undefined, outcome, environment: {} };
}

interface Invocation {
  readonly subject?: Subject;
  readonly seed?: number | undefined;
}

async function runOnce(job: GateJob, invocation: Invocation): Promise<string> {
  const { out, result } = await start(job, invocation);
  if (result.code !== 0) throw commandFailed(job, result);
  return out;
}

async function start(
  job: GateJob,
  invocation: Invocation,
): Promise<{ readonly out: string; readonly result: SpawnResult }> {
  const { ports } = job.repository;
  const out = await ports.fs.makeTemporaryDirectory(
    `${job.outDirectory}/${invocation.subject?.role ?? 'all'}-`,
  );
  const [command, ...args] = commandLine(job, invocation, out);
  const about = [
    invocation.subject?.role,
    invocation.seed === undefined ? undefined : `seed ${invocation.seed}`,
  ];
  job.onEvent?.({
    type: 'step',
    message: `${job.gate.name}: running ${command}${about.some(Boolean) ? ` (${about.filter(Boolean).join(', ')})` : ''}`,
  });
  try {
    const result = await ports.processes.run({
      command: command ?? '',
      args,
      cwd: job.workDirectory,
      env: environmentOf(job),
      timeoutMs: (job.gate.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
      ...(job.signal ? { signal: job.signal } : {}),
    });
    if (result.timedOut) throw timedOut(job);
    return { out, result };
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'EACCES')) throw cause;
    throw new MgitError(
      'GATE_COMMAND_FAILED',
      `the program ${command} of gate ${job.gate.name} is not here`,
      {
        cause,
        hint: 'install it, or correct the command in mgit.yaml on the target branch',
      },
    );
  }
}

function environmentOf(job: GateJob): Readonly<Record<string, string | undefined>> {
  const { env } = job.repository.ports;
  const git = Object.keys(env).filter(name => name.startsWith('GIT_'));
  return {
    ...env,
    ...Object.fromEntries(git.map(name => [name, undefined])),
    ...(job.gate.gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: job.gate.gpu }),
  };
}

/** The words of the command with placeholders filled in. An unknown placeholder stays as it is: braces are common in commands. */
export function commandLine(
  job: Pick<GateJob, 'gate' | 'models'>,
  invocation: Invocation,
  out: string,
): string[] {
  const places = new Map<string, string>([...job.models].map(([role, { directory }]) => [role, directory]));
  places.set('out', out);
  places.set('seed', String(invocation.seed ?? 0));
  if (invocation.subject) places.set('model', invocation.subject.model.directory);
  return (job.gate.command ?? []).map(word =>
    word.replace(/\{([a-z]+[0-9]*)\}/g, (whole, name: string) => places.get(name) ?? whole),
  );
}

function note(remarks: Map<string, string>, added: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(added)) remarks.set(`command.${key}`, value.slice(0, 200));
}

function timedOut({ gate }: GateJob): MgitError {
  return new MgitError(
    'GATE_COMMAND_TIMEOUT',
    `the command of gate ${gate.name} ran longer than ${gate.timeout ?? DEFAULT_TIMEOUT_SECONDS} s`,
    {
      hint: 'raise timeout in mgit.yaml on the target branch, or evaluate less',
    },
  );
}

function commandFailed({ gate }: GateJob, result: SpawnResult): MgitError {
  const output = new TextDecoder().decode(result.stderr.length > 0 ? result.stderr : result.stdout).trimEnd();
  const tail = output.split('\n').slice(-12).join('\n  ');
  const how = result.code === null ? `was ended by ${result.signalName}` : `ended with ${result.code}`;
  return new MgitError(
    'GATE_COMMAND_FAILED',
    `the command of gate ${gate.name} ${how}${tail === '' ? '' : `:\n  ${tail}`}`,
    {
      hint: 'run the command by hand on a checkout of the target branch',
    },
  );
}

function noResults(role: Role): MgitError {
  return new MgitError('GATE_RESULT_INVALID', `the command wrote no results for the ${role}`, {
    hint: 'write {out}/metrics.json, and {out}/items.jsonl with one line per item',
  });
}
