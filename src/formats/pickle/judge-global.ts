import { STANDARD_LIBRARY } from './standard-library.ts';

/**
 * What a name in a pickle is good for: `data` builds plain data; `dangerous` can run code, read files or reach the network when the pickle is loaded by
 * Python; `unknown` is a class of some library, of which only its users can know.
 */
export type Judgement = 'data' | 'unknown' | 'dangerous';

const BUILTINS = ['builtins', '__builtin__'];
const BUILTIN_DATA = words(
  `set frozenset dict list tuple int float complex bool str bytes bytearray object slice range long unicode`,
);

/** Classes and functions of the standard library that only build data. */
const STANDARD_DATA: ReadonlySet<string> = new Set([
  ...BUILTINS.flatMap(module => [...BUILTIN_DATA].map(name => `${module}.${name}`)),
  ...words(`
    collections.OrderedDict collections.defaultdict collections.Counter collections.deque
    _codecs.encode copyreg._reconstructor copy_reg._reconstructor array._array_reconstructor array.array
    argparse.Namespace types.SimpleNamespace uuid.UUID decimal.Decimal fractions.Fraction
    datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone zoneinfo.ZoneInfo._unpickle
    pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.WindowsPath pathlib.PurePosixPath pathlib.PureWindowsPath
    pathlib._local.Path pathlib._local.PosixPath pathlib._local.WindowsPath
  `),
]);
/** Of the standard library too, but common in the settings of training runs: what it wraps is judged by itself. */
const STANDARD_UNKNOWN: ReadonlySet<string> = words('functools.partial _functools.partial');

/** Functions of libraries that checkpoints come with, which run what they are given; and libraries whose job that is. */
const KNOWN_GADGETS: readonly RegExp[] = [
  /^(?:cloudpickle|dill|joblib|pip|setuptools|pkg_resources|requests|httpx|aiohttp|urllib3|paramiko|fabric|IPython|pexpect|nose|pytest|_pytest)\./,
  /^torch\.(?:load|hub|serialization\.load|classes|ops\.load_library|_inductor|_dynamo|fx\.experimental|distributed\.rpc)(?:\.|$)/,
  /^torch\.(?:utils\.(?:bottleneck|collect_env|_config_module|cpp_extension|hipify)|jit\.(?:load|unsupported_tensor_ops)|cuda\._lazy_init)(?:\.|$)/,
  /^torch\.(?:utils\.data\.datapipes\.utils\.decoder\.basichandlers|testing\._internal|multiprocessing|package|_sources)(?:\.|$)/,
  /^numpy\.(?:load|f2py|distutils|testing|lib\.npyio|ctypeslib|loadtxt|genfromtxt|fromfile|memmap)(?:\.|$)/,
  /^(?:pandas\.(?:read_|io)|tensorflow\.(?:io|raw_ops|python\.keras\.utils)|keras\.utils)/,
];

/** Judges a name by lists; nothing is looked up or imported. */
export function judgeGlobal(module: string, name: string): Judgement {
  const full = `${module}.${name}`;
  if (STANDARD_DATA.has(full)) return 'data';
  if (STANDARD_UNKNOWN.has(full)) return 'unknown';
  if (STANDARD_LIBRARY.has(module.split('.')[0] ?? '')) return 'dangerous';
  if (KNOWN_GADGETS.some(gadget => gadget.test(full))) return 'dangerous';
  return isTensorData(module, name) ? 'data' : 'unknown';
}

/** What PyTorch and NumPy write for tensors, arrays and their types; TorchScript's classes live in its own archive. */
function isTensorData(module: string, name: string): boolean {
  if (module === '__torch__' || module.startsWith('__torch__.')) return true;
  if (module === 'torch._utils' || module === 'torch.jit._pickle')
    return /^_?(?:rebuild|build|restore)_/.test(name);
  if (module === 'torch')
    return /^(?:\w+Storage|Size|device|Generator|[a-z]+[0-9]+\w*|bool|strided|per_\w+)$/.test(name);
  if (/^numpy(?:\._?core\.(?:multiarray|numeric))?$/.test(module))
    return /^(?:_reconstruct|scalar|ndarray|dtype|_frombuffer)$/.test(name);
  return (
    /^torch\.(?:storage|nn\.parameter|_tensor)$/.test(module) &&
    /^(?:\w+Storage|Parameter|_rebuild_from_type_v2)$/.test(name)
  );
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
