import { join } from 'node:path';
import type { Ports } from '../../src/base/ports/ports.ts';
import { type GitServer, gitServer } from './git-server.ts';
import type { LfsEndpointOptions } from './lfs-endpoint.ts';
import { type ModelRepository, modelRepository, safetensorsModel } from './model-repository.ts';
import { temporaryDirectory, testPorts } from './world.ts';

/** A server with an empty repository, and people who have it as `origin`. */
export interface RemoteScene extends AsyncDisposable {
  /** The directory that holds everything; every person's repository is a folder of it. */
  readonly home: string;
  readonly server: GitServer;
  readonly url: string;
  readonly ports: Ports;
  person(name: string, address?: string): Promise<ModelRepository>;
}

/** Starts a server for one test. */
export async function remoteScene(options: LfsEndpointOptions = {}): Promise<RemoteScene> {
  const home = await temporaryDirectory();
  const server = await gitServer(join(home.path, 'srv'), options);
  const url = await server.createRepository('model');
  const people: ModelRepository[] = [];
  const ports = testPorts(home.path);
  return {
    home: home.path,
    server,
    url,
    ports,
    person: async (name, address = url) => {
      const repository = await modelRepository(ports, join(home.path, name), safetensorsModel);
      await repository.history.setConfig('remote.origin.url', address, 'local');
      await repository.history.setConfig(
        'remote.origin.fetch',
        '+refs/heads/*:refs/remotes/origin/*',
        'local',
      );
      people.push(repository);
      return repository;
    },
    [Symbol.asyncDispose]: async () => {
      for (const repository of people) await repository[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}
