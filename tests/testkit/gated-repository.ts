import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitId } from '../../src/base/ids.ts';
import type { ReportBindings } from '../../src/eval/report/bindings.ts';
import { signStatement } from '../../src/eval/report/dsse.ts';
import { generateKey, readSigningKey, type SigningKey } from '../../src/eval/report/keys.ts';
import type { GateReport } from '../../src/eval/report/report.ts';
import { gateStatement } from '../../src/eval/report/statement.ts';
import { reportBindings } from '../../src/ops/gate/bindings.ts';
import { targetPolicy } from '../../src/ops/gate/policy.ts';
import { addReports } from '../../src/ops/gate/reports.ts';
import type { History } from '../../src/store/history/history.ts';
import { initHistory } from '../../src/store/history/init.ts';
import { sampleReport } from './gate-report.ts';
import { temporaryDirectory, testPorts } from './world.ts';

export const MAIN = 'refs/heads/main';

/** Files of a tree by path. */
export type Files = Readonly<Record<string, string>>;

/** A manifest of a model that nobody needs to restore. */
export function pretendManifest(content: string): string {
  return `mgit manifest 1\n${content}\n`;
}

/** A repository whose main branch is protected by one gate, and the key that it trusts. */
export interface GatedRepository extends AsyncDisposable {
  readonly path: string;
  readonly home: string;
  readonly history: History;
  readonly key: SigningKey;
  /** The files at the first tip. */
  readonly files: Files;
  readonly tip: CommitId;
  commit(files: Files, parents: readonly CommitId[]): Promise<CommitId>;
  /** Signs and keeps a report that says pass, as a run on `tip` would. */
  report(candidate: CommitId, tip: CommitId, how?: ReportTampering): Promise<void>;
  git(...args: string[]): string;
}

/** How a made-up report differs from an honest one. */
export interface ReportTampering {
  readonly key?: SigningKey;
  readonly bindings?: Partial<ReportBindings>;
  readonly report?: Partial<GateReport>;
  /** Changes the signed text afterwards. */
  readonly edit?: (text: string) => string;
  readonly unsigned?: boolean;
  readonly attempt?: number;
}

const POLICY = `version: 1
gates:
  - name: digits
    eval: { task: image-classification, data: data, metrics: [accuracy] }
    accept:
      - { metric: accuracy, against: parents, margin: 0.01 }
protect:
  main: { gates: [digits] }
`;

/** A new Ed25519 key that signs. */
export function newKey(): SigningKey {
  return readSigningKey(generateKey().privatePem, 'test key');
}

/** Makes the repository with its first commit on main. */
export async function gatedRepository(): Promise<GatedRepository> {
  const root = await temporaryDirectory();
  const [home, path] = [join(root.path, 'home'), join(root.path, 'repo')];
  mkdirSync(home);
  const ports = testPorts(home);
  const history = await initHistory({ ports, directory: path, initialBranch: 'main' });
  const key = newKey();
  const files = {
    'mgit.yaml': POLICY,
    'keys/maintainer.pem': key.publicPem,
    'data/test.csv': '1,2\n',
    'model.safetensors': pretendManifest('first'),
  };
  const commit = async (content: Files, parents: readonly CommitId[]): Promise<CommitId> => {
    const entries = await Promise.all(
      Object.entries(content).map(async ([name, text]) => ({
        path: name,
        mode: 0o100644,
        id: await history.writeBlob(Buffer.from(text)),
      })),
    );
    return history.writeCommit({ tree: await history.writeTree(entries), parents, message: 'test\n' });
  };
  const tip = await commit(files, []);
  await history.updateRefs([{ ref: MAIN, target: tip }], 'test');
  return {
    path,
    home,
    history,
    key,
    files,
    tip,
    commit,
    report: (candidate, on, how = {}) => keepReport(history, { candidate, tip: on, key, ...how }),
    git: (...args) =>
      execFileSync('git', args, { cwd: path, env: ports.env as NodeJS.ProcessEnv, encoding: 'utf8' }),
    [Symbol.asyncDispose]: async () => {
      await history.close();
      await root[Symbol.asyncDispose]();
    },
  };
}

async function keepReport(
  history: History,
  how: ReportTampering & { readonly candidate: CommitId; readonly tip: CommitId; readonly key: SigningKey },
): Promise<void> {
  const policy = await targetPolicy(history, MAIN, how.tip);
  const gate = policy?.gates[0];
  if (!policy || !gate) throw new Error('main is not protected there');
  const honest = await reportBindings(history, { policy, gate, candidate: how.candidate, healedFrom: null });
  const attempt = how.attempt ?? 1;
  const report = sampleReport({ bindings: { ...honest, ...how.bindings }, attempt, ...how.report });
  const envelope = signStatement(gateStatement(report), how.key);
  const text = Buffer.from(envelope.payload, 'base64').toString();
  const kept = {
    ...envelope,
    payload: Buffer.from(how.edit?.(text) ?? text).toString('base64'),
    signatures: how.unsigned ? [] : envelope.signatures,
  };
  const path = `${how.candidate}/${gate.name}/${attempt}.dsse.json`;
  await addReports(history, [{ path, text: JSON.stringify(kept) }], 'test');
}
