import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import { signStatement } from '../../../src/eval/report/dsse.ts';
import { gateStatement } from '../../../src/eval/report/statement.ts';
import { REPORTS_REF, readReports } from '../../../src/ops/gate/reports.ts';
import { verifyRange } from '../../../src/ops/gate/verify.ts';
import { openHistory } from '../../../src/store/history/open.ts';
import { objectId, sampleReport } from '../../testkit/gate-report.ts';
import { gatedRepository, MAIN, newKey, pretendManifest } from '../../testkit/gated-repository.ts';
import { type GatedWorkTree, gatedWorkTree } from '../../testkit/gated-work-tree.ts';

/** Puts files where reports are kept, as anybody can who may push. */
async function plant(tree: GatedWorkTree, files: Readonly<Record<string, string>>): Promise<void> {
  const history = await openHistory({ ports: tree.ports, directory: tree.path });
  const entries = await Promise.all(
    Object.entries(files).map(async ([path, text]) => ({
      path,
      mode: 0o100644,
      id: await history.writeBlob(Buffer.from(text)),
    })),
  );
  const target = await history.writeCommit({
    tree: await history.writeTree(entries),
    parents: [],
    message: 'planted\n',
  });
  await history.updateRefs([{ ref: REPORTS_REF, target }], 'planted');
  await history.close();
}

/** An envelope around anything, signed by a key that nobody trusts. */
function foreign(predicate: unknown): string {
  const honest = JSON.parse(gateStatement(sampleReport())) as Record<string, unknown>;
  return JSON.stringify(signStatement(JSON.stringify({ ...honest, predicate }), newKey()));
}

const MALFORMED: Readonly<Record<string, (candidate: string) => string>> = {
  'no JSON': () => 'nonsense',
  'no envelope': () => '[]',
  'a payload that is no JSON': () =>
    JSON.stringify({ payloadType: 'application/vnd.in-toto+json', payload: '####', signatures: [] }),
  'no predicate': () => foreign(null),
  'a predicate without most of it': candidate =>
    foreign({
      attempt: 1,
      verdict: 'pass',
      rules: [],
      measurements: [],
      bindings: {
        gate: 'digits',
        candidate: { commit: candidate },
        target: { ref: MAIN, tip: 'x' },
        parents: [],
      },
    }),
  'null among models': () => {
    const report = sampleReport();
    const candidate = { ...report.bindings.candidate, models: [null] };
    return foreign({ ...report, bindings: { ...report.bindings, candidate } });
  },
  'text that is not Unicode': () => {
    const report = sampleReport();
    return foreign({ ...report, environment: { device: '\ud800' } });
  },
  'an endless number of attempts': () => foreign(sampleReport({ attempt: 1e300 })),
  'a time that is none': () => foreign({ ...sampleReport(), finishedAt: 7 }),
};

test.for(Object.keys(MALFORMED))("a planted report, %s, stands in nobody's way", async name => {
  await using tree = await gatedWorkTree();
  await tree.contribute('better', 800);
  const candidate = tree.git('rev-parse', 'better');
  await plant(tree, { [`${candidate}/digits/1.dsse.json`]: MALFORMED[name]?.(candidate) ?? '' });
  for (const command of ['log', 'status'])
    expect((await tree.mgit('gate', command)).exitCode, command).toBe(0);
  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main', '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({
    verdict: 'pass',
    gates: [{ reportPath: `${candidate}/digits/2.dsse.json`, report: { attempt: 1 } }],
  });
  expect((await tree.mgit('gate', 'verify', 'main..better', '--onto', 'main')).exitCode).toBe(0);
  expect((await tree.mgit('merge', 'better')).exitCode).toBe(0);
});

test('files that block the place of a report are not carried on', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('better', 800);
  const candidate = tree.git('rev-parse', 'better');
  await plant(tree, { [candidate]: 'a file where a folder belongs', 'readme.md': 'hello' });
  expect((await tree.mgit('merge', 'better')).exitCode).toBe(0);
  expect(tree.git('ls-tree', '-r', '--name-only', 'refs/mgit/reports').split('\n')).toEqual([
    `${candidate}/digits/1.dsse.json`,
    `${candidate}/digits/1.test-result.dsse.json`,
  ]);
});

test('a report by a foreign key neither shows as a verdict nor counts as an attempt', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('worse', 100);
  tree.git('update-ref', `refs/mgit/candidates/${tree.git('rev-parse', 'worse')}`, 'worse');
  await tree.mgit('gate', 'run', 'worse', '--onto', 'main');
  const [commit, main] = [tree.git('rev-parse', 'worse'), tree.git('rev-parse', 'main')] as CommitId[];
  const report = sampleReport();
  const bindings = {
    ...report.bindings,
    candidate: { ...report.bindings.candidate, commit: commit as CommitId },
    target: { ref: MAIN, tip: main as CommitId },
    parents: [main as CommitId],
  };
  const claim = sampleReport({ bindings, attempt: 999, verdict: 'pass' });
  await plant(tree, {
    [`${commit}/digits/999.dsse.json`]: JSON.stringify(signStatement(gateStatement(claim), newKey())),
  });
  const status = await tree.mgit('gate', 'status', '--onto', 'main', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({ candidates: [{ commit, verdicts: {} }] });
  const run = await tree.mgit('gate', 'run', 'worse', '--onto', 'main', '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({ verdict: 'fail', gates: [{ report: { attempt: 1 } }] });
});

test('a claimed tip that is no commit is passed over', async () => {
  await using repository = await gatedRepository();
  const files = { ...repository.files, 'model.safetensors': pretendManifest('better') };
  const candidate = await repository.commit(files, [repository.tip]);
  const { tree } = await repository.history.readCommit(candidate);
  for (const [index, tip] of [tree, objectId('9')].entries()) {
    const target = { ref: MAIN, tip: tip as unknown as CommitId };
    await repository.report(candidate, repository.tip, {
      attempt: index + 1,
      bindings: { target },
      key: newKey(),
    });
  }
  await repository.report(candidate, repository.tip, { attempt: 10 });
  const range = { from: repository.tip, to: candidate };
  expect(await verifyRange(repository.history, range, { ref: MAIN })).toHaveLength(1);
  expect((await readReports(repository.history)).map(({ attempt }) => attempt)).toEqual([1, 2, 10]);
});
