import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commitIter, createRepo, HubApiError } from '@huggingface/hub';
import { isSystemError, MgitError } from '../base/errors.ts';
import type { OnEvent } from '../base/events.ts';
import type { Ports } from '../base/ports/ports.ts';
import type { Destination, Publication, PublishOptions, PublishResult } from './publication.ts';
import { retryingFetch } from './retrying-fetch.ts';

const DEFAULT_URL = 'https://huggingface.co';
const NAME_PATTERN = /^[\w.-]+\/[\w.-]+$/;

/**
 * A model repository on the Hugging Face Hub or a server that speaks its API (`HF_ENDPOINT`). The token comes from `HF_TOKEN` or the file that
 * `hf auth login` writes. Errors: `PUBLISH_TARGET_INVALID`, `HUB_TOKEN_MISSING`, `HUB_TOKEN_INVALID`, `HUB_REFUSED`, `HUB_UNREACHABLE`.
 */
export function huggingFaceDestination(name: string): Destination {
  if (!NAME_PATTERN.test(name))
    throw new MgitError('PUBLISH_TARGET_INVALID', `hf://${name} does not name a repository`, {
      hint: 'write hf://organisation/name',
    });
  return {
    description: `hf://${name}`,
    publish: (publication, options) =>
      upload(name, publication, options).catch(error => Promise.reject(explained(error, name))),
  };
}

async function upload(
  name: string,
  publication: Publication,
  options: PublishOptions,
): Promise<PublishResult> {
  const hubUrl = (options.ports.env.HF_ENDPOINT ?? DEFAULT_URL).replace(/\/+$/, '');
  const access = {
    hubUrl,
    accessToken: await tokenOf(options.ports),
    fetch: retryingFetch(options.ports.fetch, options.ports.clock),
  };
  await ensureRepository(name, access);
  const steps = commitIter({
    ...access,
    repo: { type: 'model', name },
    title: publication.title,
    description: publication.description,
    useXet: false, // Measured slower than multipart upload against servers that offer both.
    ...(options.signal ? { abortSignal: options.signal } : {}),
    operations: publication.files.map(file => ({
      operation: 'addOrUpdate',
      path: file.path,
      content: pathToFileURL(file.source),
    })),
  });
  const commit = await followed(steps, options.onEvent);
  return { url: `${hubUrl}/${name}`, ...(commit ? { revision: commit.commit.oid } : {}) };
}

type Access = { readonly hubUrl: string; readonly accessToken: string; readonly fetch: typeof fetch };

async function ensureRepository(name: string, access: Access): Promise<void> {
  try {
    await createRepo({ ...access, repo: { type: 'model', name } });
  } catch (error) {
    if (!(error instanceof HubApiError && error.statusCode === 409)) throw error; // 409: it exists, which is what we want.
  }
}

type CommitSteps = ReturnType<typeof commitIter>;
type CommitEnd = CommitSteps extends AsyncGenerator<unknown, infer End> ? End : never;

async function followed(steps: CommitSteps, onEvent: OnEvent | undefined): Promise<CommitEnd> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    if (step.value.event === 'fileProgress')
      onEvent?.({
        type: 'progress',
        phase: `${step.value.state} ${step.value.path}`,
        done: Math.round(step.value.progress * 100),
        total: 100,
        unit: 'steps',
      });
  }
}

/** A token as the hub's library accepts it. */
async function tokenOf(ports: Ports): Promise<string> {
  const token = await storedToken(ports);
  if (token.startsWith('hf_')) return token;
  throw new MgitError('HUB_TOKEN_INVALID', 'the access token for the hub does not begin with hf_', {
    hint: 'make a token in the settings of your account on the hub',
  });
}

async function storedToken(ports: Ports): Promise<string> {
  if (ports.env.HF_TOKEN) return ports.env.HF_TOKEN;
  const home = ports.env.HF_HOME ?? join(ports.homeDirectory, '.cache', 'huggingface');
  try {
    return new TextDecoder().decode(await ports.fs.readFile(join(home, 'token'))).trim();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new MgitError('HUB_TOKEN_MISSING', 'no access token for the hub', {
      hint: 'set HF_TOKEN, or log in with `hf auth login`',
    });
  }
}

function explained(error: unknown, name: string): unknown {
  if (error instanceof HubApiError)
    return new MgitError('HUB_REFUSED', `the hub refused ${name}: ${error.message}`, {
      cause: error,
      hint:
        error.statusCode === 401 || error.statusCode === 403
          ? 'the token needs write access to this repository'
          : 'see the message of the hub',
    });
  if (error instanceof TypeError && error.message === 'fetch failed')
    return new MgitError(
      'HUB_UNREACHABLE',
      `the hub cannot be reached: ${String(error.cause ?? error.message)}`,
      { cause: error, hint: 'check the network and HF_ENDPOINT' },
    );
  return error;
}
