// The module `@azure/functions-core` as the real Node.js worker provides it: what the app registers, and what it logs.
import Module from 'node:module';
import type { Binding, Invocation, InvocationResponse, LoadedFunction } from './protocol';
import type { Level } from './log-lines';

/** What `@azure/functions` hands over to be called by. */
export interface ProgrammingModel {
  getInvocationModel(context: CoreContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], handler: Handler): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<InvocationResponse>;
}

export interface CoreContext {
  readonly invocationId: string;
  readonly request: Invocation & {
    readonly functionId: string;
    readonly retryContext: null;
    readonly traceContext: object;
  };
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, Binding>> };
  state: string | undefined;
  log(level: Level, category: string, message: string): void;
}

export type Handler = (...args: unknown[]) => unknown;
export type Hook = (context: object) => unknown;

export interface Registry {
  readonly functions: Map<string, { readonly metadata: LoadedFunction; readonly handler: Handler }>;
  model(): ProgrammingModel | undefined;
  hooks(name: string): readonly Hook[];
}

class Disposable {
  constructor(readonly dispose: () => void) {}
}

/** Makes `require('@azure/functions-core')` answer, and returns what gets registered through it. */
export function provideCoreApi(
  log: (level: Level, message: string, functionName?: string, invocationId?: string) => void,
): Registry {
  const functions: Registry['functions'] = new Map();
  const hooks = new Map<string, Hook[]>();
  let model: ProgrammingModel | undefined;

  const api = {
    version: '3.9.1',
    hostVersion: '4.1037.0',
    Disposable,
    setProgrammingModel(given: ProgrammingModel) {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction(metadata: LoadedFunction, handler: Handler) {
      if (functions.has(metadata.name))
        throw new Error(`A function with name "${metadata.name}" has already been registered.`);
      functions.set(metadata.name, { metadata: plain(metadata), handler });
      return new Disposable(() => void functions.delete(metadata.name));
    },
    registerHook(name: string, hook: Hook) {
      hooks.set(name, [...(hooks.get(name) ?? []), hook]);
      return new Disposable(
        () =>
          void hooks.set(
            name,
            (hooks.get(name) ?? []).filter((one) => one !== hook),
          ),
      );
    },
    log: (level: Level, _category: string, message: string) => log(level, message),
  };

  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load.bind(loader);
  loader._load = (request, ...rest) => (request === '@azure/functions-core' ? api : load(request, ...rest));
  return { functions, model: () => model, hooks: (name) => hooks.get(name) ?? [] };
}

/** Bindings cross to the host: what is no data stays here. */
const plain = (metadata: LoadedFunction) => JSON.parse(JSON.stringify(metadata)) as LoadedFunction;
