import type { ObjectId } from '../../../../base/ids.ts';
import type { History, RemoteRef, TransferOptions } from '../../history.ts';
import type { EmbeddedObjects } from '../embedded-objects.ts';
import type { RefFiles } from '../ref-files.ts';
import { fetchPack } from './fetch-pack.ts';
import { remoteAddress } from './remote-url.ts';
import { sendPack } from './send-pack.ts';
import { type Service, type SmartHttp, smartHttp } from './smart-http.ts';

type TransferMethods = Pick<History, 'listRemoteRefs' | 'fetchObjects' | 'pushRefs'>;

/** What transfers need of the rest of a History. */
export interface TransferContext extends Pick<History, 'config' | 'listConfig' | 'isAncestor' | 'walk'> {
  readonly files: RefFiles;
  readonly store: EmbeddedObjects;
}

/** Transfer over smart HTTP without git. */
export function embeddedTransfer(context: TransferContext): TransferMethods {
  const connect = async (
    remote: string,
    service: Service,
    { signal }: TransferOptions,
  ): Promise<SmartHttp> => {
    const address = await remoteAddress(context, remote, service === 'git-upload-pack' ? 'fetch' : 'push');
    const { ports } = context.files;
    return smartHttp({ ports, address, signal, listConfig: context.listConfig }, service);
  };
  return {
    listRemoteRefs: async (remote, options = {}) => {
      const http = await connect(remote, 'git-upload-pack', options);
      const { refs, peeled, capabilities } = await http.advertisement();
      const symbolic = symbolicRefs(capabilities);
      return [...refs].map(([ref, id]) => offer({ ref, id }, symbolic.get(ref), peeled.get(ref)));
    },
    fetchObjects: async (remote, refs, options = {}) => {
      const missing = [];
      // With a depth it is the history behind them that is wanted.
      for (const { id } of refs)
        if (options.depth !== undefined || !(await context.store.has(id))) missing.push(id);
      if (missing.length === 0) return;
      const http = await connect(remote, 'git-upload-pack', options);
      await http.advertisement(); // Finds redirects and credentials.
      await fetchPack({ ...context, http, remote }, [...new Set(missing)], options);
    },
    pushRefs: async (remote, refs, options = {}) => {
      if (refs.length === 0) return [];
      const http = await connect(remote, 'git-receive-pack', options);
      return sendPack({ ...context, http, remote }, refs, options);
    },
  };
}

function offer(
  found: RemoteRef,
  symbolicTarget: string | undefined,
  peeled: ObjectId | undefined,
): RemoteRef {
  return {
    ...found,
    ...(symbolicTarget === undefined ? {} : { symbolicTarget }),
    ...(peeled === undefined ? {} : { peeled }),
  };
}

/** `symref=HEAD:refs/heads/main` */
function symbolicRefs(capabilities: ReadonlySet<string>): ReadonlyMap<string, string> {
  const pairs = [...capabilities].flatMap(capability => {
    const match = /^symref=([^:]+):(.+)$/.exec(capability);
    return match ? [[match[1] as string, match[2] as string] as const] : [];
  });
  return new Map(pairs);
}
