import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { Role } from '../../eval/gate/verdict.ts';
import type { Repository } from '../repository.ts';
import { dataOf } from './bindings.ts';
import { checkOutModels, checkOutOthers } from './files.ts';
import type { GateJob, GateModel } from './job.ts';
import { linkCommandData } from './link-data.ts';
import type { TargetPolicy } from './policy.ts';
import { outsideDirectory } from './prepare.ts';

/** What a gate compares. */
export interface GateSubjects {
  readonly gate: GatePolicy;
  readonly candidate: CommitId;
  readonly base: CommitId;
  readonly parents: readonly CommitId[];
}

/** A temporary directory with the target's files and the models that gates measure; removed when disposed. */
export interface GateWorkspace extends AsyncDisposable {
  /** Absolute. */
  readonly directory: string;
  readonly workDirectory: string;
  /** A commit's models on disk; each commit is written once. */
  model(commit: CommitId): Promise<GateModel>;
  jobFor(subjects: GateSubjects): Promise<GateJob>;
  /** A gate's job without models yet. */
  open(gate: GatePolicy): Promise<Omit<GateJob, 'models'>>;
}

/** Makes the directory and checks the target's files out into it. */
export async function openWorkspace(
  repository: Repository,
  policy: TargetPolicy,
  operation: LongOperation,
): Promise<GateWorkspace> {
  const { ports } = repository;
  const directory = await ports.fs.makeTemporaryDirectory(join(ports.temporaryDirectory, 'mgit-gate-'));
  // Data beside the work tree is linked beside it here, too, where nothing else is.
  const workDirectory = join(directory, 'target', 'work');
  const dispose = (): Promise<void> => ports.fs.removeDirectory(directory, { recursive: true });
  try {
    await checkOutOthers(repository, policy.tip, workDirectory);
  } catch (error) {
    await dispose();
    throw error;
  }
  const models = new Map<CommitId, Promise<GateModel>>();
  const model = (commit: CommitId): Promise<GateModel> => {
    const place = join(directory, 'models', commit);
    const known =
      models.get(commit) ?? checkOutGateModel(repository, policy, { commit, directory: place, operation });
    models.set(commit, known);
    return known;
  };
  const open = async (gate: GatePolicy): Promise<Omit<GateJob, 'models'>> => {
    const outDirectory = join(directory, 'out', gate.name);
    await ports.fs.makeDirectory(outDirectory);
    const data = await dataOf(repository.history, policy, gate);
    const places = { workDirectory, outsideDirectory: outsideDirectory(repository) };
    await linkCommandData(ports.fs, data, places);
    return { repository, policy, gate, ...places, outDirectory, ...operationOf(operation) };
  };
  return {
    directory,
    workDirectory,
    model,
    open,
    jobFor: async subjects => ({
      ...(await open(subjects.gate)),
      models: await modelsByRole(subjects, policy, model),
    }),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Only the events and the signal: options of a run hold more. */
export function operationOf({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

/** Writes a commit's models, and what belongs to them, into a directory. */
export function checkOutGateModel(
  repository: Repository,
  policy: TargetPolicy,
  { commit, directory, operation }: { commit: CommitId; directory: string; operation: LongOperation },
): Promise<GateModel> {
  const graphs = policy.project.models.flatMap(({ graph }) => (graph ? [graph] : []));
  const also = new Set(graphs.map(graph => ('onnx' in graph ? graph.onnx : graph.config)));
  return checkOutModels(repository, {
    commit,
    directory,
    also,
    ...operationOf(operation),
  });
}

async function modelsByRole(
  subjects: GateSubjects,
  policy: TargetPolicy,
  model: (commit: CommitId) => Promise<GateModel>,
): Promise<ReadonlyMap<Role, GateModel>> {
  const commits: readonly (readonly [Role, CommitId])[] = [
    ['base', subjects.base],
    ['target', policy.tip],
    ...subjects.parents.map((parent, index) => [`parent${index + 1}`, parent] as const),
    ['candidate', subjects.candidate],
  ];
  const found = new Map<Role, GateModel>();
  for (const [role, commit] of commits) found.set(role, await model(commit));
  return found;
}
