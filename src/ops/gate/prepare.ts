import { resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { SigningKey } from '../../eval/report/keys.ts';
import type { Repository } from '../repository.ts';
import { dataOf, policyChanges, reportBindings } from './bindings.ts';
import type { GateData } from './data.ts';
import type { RunGatesOptions } from './gate-run.ts';
import { keysFolderOf, signingKey } from './keys.ts';
import { gateLineage } from './lineage.ts';
import { refuseUnreachable } from './link-data.ts';
import { outsideDigest } from './outside-data.ts';
import { type TargetPolicy, targetPolicy } from './policy.ts';

/** A run that nothing known beforehand stands against. */
export interface PreparedRun {
  readonly policy: TargetPolicy;
  readonly gates: readonly GatePolicy[];
  readonly key: SigningKey;
  /** Whether these are all gates that the branch requires. */
  readonly complete: boolean;
}

/** Checks everything that can be checked before models are touched. Errors: those that `runGates` lists. */
export async function prepareRun(repository: Repository, options: RunGatesOptions): Promise<PreparedRun> {
  const policy = await policyAtTip(repository, options.targetRef);
  tellOfReviewers(policy, options);
  const gates = chosenGates(policy, options.only);
  const key = await trustedSigningKey(repository, policy);
  await gateLineage(repository.history, options.candidate, { tip: policy.tip, healedFrom: null });
  if (!options.allowPolicyChange) await refusePolicyChange(repository, policy, options.candidate);
  for (const gate of gates) await checkGate(repository, policy, { gate, candidate: options.candidate });
  return { policy, gates, key, complete: gates.length === policy.gates.length };
}

/** Reviews are counted where contributions are proposed; whoever lands one here must know that nobody did. */
function tellOfReviewers({ ref, protection }: TargetPolicy, { onEvent }: LongOperation): void {
  if (!protection.reviewers) return;
  onEvent?.({
    type: 'warning',
    code: 'REVIEWS_NOT_COUNTED',
    message: `${ref.replace(/^refs\/heads\//, '')} asks for ${protection.reviewers} reviewers, and reviews are not counted here`,
    hint: 'have the host of the repository require them',
  });
}

async function policyAtTip(repository: Repository, ref: string): Promise<TargetPolicy> {
  const tip = await repository.history.readRef(ref);
  const name = ref.replace(/^refs\/heads\//, '');
  if (!tip)
    throw new MgitError('GATE_TARGET_MISSING', `there is no branch ${name}`, {
      hint: 'name the protected branch with --onto',
    });
  const policy = await targetPolicy(repository.history, ref, tip as CommitId);
  if (policy) return policy;
  throw new MgitError(
    'GATE_NOT_PROTECTED',
    `${name} requires no gates: mgit.yaml at its tip does not protect it`,
    {
      hint: `add "protect: { ${name}: { gates: [...] } }" to mgit.yaml and commit it on ${name}`,
    },
  );
}

function chosenGates(policy: TargetPolicy, only: readonly string[] | undefined): readonly GatePolicy[] {
  if (!only) return policy.gates;
  return only.map(name => {
    const gate = policy.gates.find(candidate => candidate.name === name);
    if (gate) return gate;
    throw new MgitError('GATE_UNKNOWN', `${policy.ref.replace(/^refs\/heads\//, '')} has no gate ${name}`, {
      hint: `its gates are ${policy.gates.map(candidate => candidate.name).join(', ')}`,
    });
  });
}

async function trustedSigningKey(repository: Repository, policy: TargetPolicy): Promise<SigningKey> {
  const key = await signingKey(repository);
  if (policy.keys.some(({ keyId }) => keyId === key.keyId)) return key;
  const isLocked = policy.keys.length === 0;
  throw new MgitError(
    'GATE_KEY_UNTRUSTED',
    `the tip of ${policy.ref.replace(/^refs\/heads\//, '')} does not trust the signing key ${key.keyId.slice(0, 16)}`,
    {
      hint: isLocked
        ? `it trusts no key at all, so nothing can land: move it back with git, and commit ${keysFolderOf(policy.protection)} (mgit key trust <name>) before or with the protection`
        : 'have somebody whose key is trusted land your public key: mgit key trust <name>',
    },
  );
}

async function refusePolicyChange(
  repository: Repository,
  policy: TargetPolicy,
  candidate: CommitId,
): Promise<void> {
  const { tree } = await repository.history.readCommit(candidate);
  const changes = await policyChanges(repository.history, policy, tree);
  if (changes.length === 0) return;
  throw new MgitError(
    'GATE_POLICY_CHANGE',
    `the candidate changes policy, keys or what gates read: ${changes.slice(0, 10).join(', ')}${changes.length > 10 ? ', ...' : ''}`,
    {
      hint: 'review these changes; if they are wanted, allow them with --allow-policy-change',
      details: { changes },
    },
  );
}

interface GateCheck {
  readonly gate: GatePolicy;
  readonly candidate: CommitId;
}

async function checkGate(
  repository: Repository,
  policy: TargetPolicy,
  { gate, candidate }: GateCheck,
): Promise<void> {
  await checkSurroundings(repository, policy, { gate });
  await reportBindings(repository.history, { policy, gate, candidate, healedFrom: null });
}

/** Where a gate says the digests of its data. */
const PLACES: Readonly<Record<GateData['use'], string>> = {
  eval: 'eval.digest',
  train: 'finetune.digest',
  command: 'data[].digest',
};

/**
 * Checks that a gate's runner, accelerator and data are there. `places`: where `mgit.yaml` would pin data, for hints. Errors:
 * `GATE_RUNNER_MISSING`, `GATE_ACCELERATOR_MISSING`, `GATE_DATA_*`.
 */
export async function checkSurroundings(
  repository: Repository,
  policy: TargetPolicy,
  { gate, places = PLACES }: { readonly gate: GatePolicy; readonly places?: typeof PLACES },
): Promise<void> {
  if (gate.runner !== undefined && gate.runner !== 'local')
    throw new MgitError(
      'GATE_RUNNER_MISSING',
      `gate ${gate.name} wants the runner ${gate.runner}, which this version cannot start`,
      {
        hint: 'run the gate where its runner is, or remove runner from the gate',
      },
    );
  await checkAccelerator(repository, gate);
  for (const data of await dataOf(repository.history, policy, gate))
    if (data.source === 'outside')
      await checkOutside(repository, policy, { gate, data, place: places[data.use] });
}

/** CUDA passes over a device that is not there, and a program then runs without any: that is found out before. */
async function checkAccelerator({ ports }: Repository, gate: GatePolicy): Promise<void> {
  if (gate.gpu === undefined || gate.gpu === '') return;
  const listed = await ports.processes.run({ command: 'nvidia-smi', args: ['-L'] }).then(
    ({ code, stdout }) => (code === 0 ? Buffer.from(stdout).toString('utf8') : ''),
    error => {
      if (isSystemError(error, 'ENOENT', 'EACCES')) return undefined;
      throw error;
    },
  );
  const missing = gate.gpu.split(',').find(wanted => !isListed(wanted.trim(), listed ?? ''));
  if (missing === undefined) return;
  const found = listed?.match(/^GPU \d+:/gm)?.length ?? 0;
  const problem = listed === undefined ? 'nvidia-smi is not here' : `nvidia-smi lists ${found || 'none'}`;
  throw new MgitError(
    'GATE_ACCELERATOR_MISSING',
    `gate ${gate.name} wants GPU ${missing.trim()}: ${problem}`,
    {
      hint: 'run the gate on a machine that has it, or correct or remove gpu in the gate',
    },
  );
}

/** Whether `nvidia-smi -L` lists a device of `CUDA_VISIBLE_DEVICES`: a number, or the beginning of a UUID. */
function isListed(wanted: string, listed: string): boolean {
  if (/^\d+$/.test(wanted)) return new RegExp(`^GPU ${Number(wanted)}:`, 'm').test(listed);
  const uuids = [...listed.matchAll(/UUID: ([^)]+)\)/g)].map(([, uuid]) => uuid ?? '');
  return wanted !== '' && uuids.some(uuid => uuid.startsWith(wanted));
}

async function checkOutside(
  repository: Repository,
  policy: TargetPolicy,
  { gate, data, place }: { readonly gate: GatePolicy; readonly data: GateData; readonly place: string },
): Promise<void> {
  refuseUnreachable(data);
  const path = resolve(outsideDirectory(repository), data.path);
  const found = await outsideDigest(repository, policy, { gate, use: data.use, absolute: path });
  if (found === data.digest) return;
  if (data.digest === undefined)
    throw new MgitError(
      'GATE_DATA_UNPINNED',
      `${data.path} is not in the target's tree, and no digest pins it`,
      {
        hint: `pin it in mgit.yaml on the target branch: ${place}: sha256:${found}`,
      },
    );
  throw new MgitError(
    'GATE_DATA_MISMATCH',
    `${data.path} is not the data that the policy pins: sha256:${found}`,
    {
      hint: 'restore the data, or have the new digest landed on the target branch',
    },
  );
}

/** Where relative paths of data outside the tree begin: the work tree, or the repository itself where it is bare. */
export function outsideDirectory({ history }: Repository): string {
  return history.workTree ?? history.commonDirectory;
}
