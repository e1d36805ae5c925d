import { isSystemError } from '../../../../base/errors.ts';
import { configPath } from '../../config-values.ts';
import { remoteAuth } from '../../remote-errors.ts';
import { basic, type HttpContext } from './smart-http.ts';

/** Asks `GIT_ASKPASS` or `core.askPass` for what the server wants; credential helpers need git. Errors: `REMOTE_AUTH`. */
export async function askCredentials(context: HttpContext, challenge: string): Promise<string | undefined> {
  const { address, ports } = context;
  const configured = (await context.listConfig()).findLast(({ key }) => key === 'core.askpass')?.value;
  const program = ports.env.GIT_ASKPASS || (configured && configPath(configured, ports.homeDirectory));
  if (!program || address.password !== undefined || !/basic/i.test(challenge))
    throw remoteAuth(address.remote, 'HTTP 401');
  const { protocol, host } = new URL(address.url);
  const user = address.user ?? (await ask(context, program, `Username for '${protocol}//${host}': `));
  return basic(user, await ask(context, program, `Password for '${protocol}//${user}@${host}': `));
}

async function ask({ ports, address }: HttpContext, command: string, prompt: string): Promise<string> {
  try {
    const { code, stdout } = await ports.processes.run({ command, args: [prompt], env: ports.env });
    if (code === 0)
      return Buffer.from(stdout)
        .toString('utf8')
        .replace(/\r?\n$/, '');
    throw remoteAuth(address.remote, `${command} gave no answer`);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES'))
      throw remoteAuth(address.remote, `${command} could not be started`);
    throw error;
  }
}
